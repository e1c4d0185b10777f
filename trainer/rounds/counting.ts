/** Sums that rounds of counting release, and what they say: shares, each with what chance and noise make of it. */

import { vdafOf } from '../../shared/federated/vdaf.ts'
import type { ResultEntry, TaskEntry } from '../../shared/tlog/entry.ts'
import { field64 } from '../field64.ts'
import type { Figure } from './figures.ts'
import type { Ended } from './rounds.ts'

const AGGREGATORS = 2

export interface Counted {
  reports: number
  /** Noised. */
  sums: number[]
  /** Of the noise in each. */
  variance: number
}

/** Of each number of a sum, with the noise of both. @param squaredSensitivity of a report */
export const noiseVariance = (
  { noiseMultiplier }: Pick<TaskEntry, 'noiseMultiplier'>,
  squaredSensitivity = 1,
): number => AGGREGATORS * noiseMultiplier ** 2 * squaredSensitivity

/** @returns undefined where nothing was released */
export async function countedOf(task: TaskEntry, { result, aggregate }: Ended): Promise<Counted | undefined> {
  if (result.outcome === 'aborted' || !aggregate) return undefined
  const vdaf = vdafOf(task, await field64())
  return {
    reports: result.reports,
    // It is the sum of both shares already: the other one is nothing.
    sums: vdaf.unshard([aggregate, new Uint8Array(aggregate.length)]).map(Number),
    variance: noiseVariance(task, Number(vdaf.squaredSensitivity)),
  }
}

export const reasonOf = (result: ResultEntry): string => (result.outcome === 'aborted' ? result.reason : '')

export interface Rate {
  /** 0 … 1, but for the noise. */
  rate: number
  /** What it is a share of. */
  whole: number
  /** Variances of the rate, from who happened to answer, and from the noise. */
  chance: number
  noise: number
}

/** @returns undefined where the noise has left nothing to take a share of */
export function rateOf({ reports, sums, variance }: Counted, { part, whole }: Omit<Figure, 'label'>): Rate | undefined {
  const total = (of: readonly number[]) => of.reduce((sum, n) => sum + sums[n], 0)
  const size = whole ? total(whole) : reports
  if (size < 1) return undefined
  const rate = total(part) / size
  const bounded = Math.min(1, Math.max(0, rate))
  // d(A / B) = (dA − rate · dB) / B, of each number's own noise (delta method).
  const weights = sums.map((_, n) => (part.includes(n) ? 1 : 0) - (whole?.includes(n) ? rate : 0))
  return {
    rate,
    whole: size,
    chance: (bounded * (1 - bounded)) / size,
    noise: (variance * weights.reduce((sum, weight) => sum + weight ** 2, 0)) / size ** 2,
  }
}
