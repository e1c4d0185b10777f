/**
 * What a task may ask for: the terms below which nobody takes part, be it a browser, by the policy that is pinned in the tag, or an
 * aggregator, by its own.
 */
import type { TaskEntry } from '../tlog/entry.ts'

export interface ContributionTerms {
  /** Of an update, d; of counts, their number. */
  maxDimension: number
  /** S */
  maxClipNorm: number
  /** k, of a shopper in an epoch. */
  maxParticipations: number
  /** z */
  minNoiseMultiplier: number
  /** Reports of a round, of which fewer are never released. */
  minBatch: number
}

/** The fewest reports of a round that a browser's policy takes part in, outside of demonstrations. */
export const LEAST_MIN_BATCH = 500

/** What production asks for at least; the noise is that of a first, small cohort. */
export const DEFAULT_TERMS: ContributionTerms = {
  maxDimension: 16_384,
  maxClipNorm: 1,
  maxParticipations: 10,
  minNoiseMultiplier: 0.5,
  minBatch: LEAST_MIN_BATCH,
}

export type TermsProblem =
  | 'dimension-too-large'
  | 'clip-norm-too-large'
  | 'participations-too-many'
  | 'noise-too-small'
  | 'batch-too-small'

/** Why nobody takes part in a task under these terms; undefined where they do. */
export function termsProblem(task: TaskEntry, terms: ContributionTerms): TermsProblem | undefined {
  const { vdaf } = task
  if (lengthOf(vdaf) > terms.maxDimension) return 'dimension-too-large'
  if (vdaf.kind === 'pine' && vdaf.clipNorm > terms.maxClipNorm) return 'clip-norm-too-large'
  if (task.participations > terms.maxParticipations) return 'participations-too-many'
  if (task.noiseMultiplier < terms.minNoiseMultiplier) return 'noise-too-small'
  if (task.minBatch < terms.minBatch) return 'batch-too-small'
  return undefined
}

function lengthOf(vdaf: TaskEntry['vdaf']): number {
  switch (vdaf.kind) {
    case 'pine':
      return vdaf.dimension
    case 'histogram':
    case 'multihot':
      return vdaf.length
    default:
      return 1
  }
}
