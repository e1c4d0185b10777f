/**
 * What the shopper's device has learned for itself, kept beside the log where remembering is allowed, and deleted with it:
 * the last attempt, and the adapter that was last accepted. An adapter is of one network: under another it is as if it were
 * not there, and the next lesson takes its place.
 */
import type { Change } from '../../shared/model/adapter.ts'
import type { Manifest } from '../../shared/model/bundle.ts'
import type { Trial } from '../../shared/model/personal-gate.ts'
import type { BackendName, MeasuredBackends } from '../learning/backend-choice.ts'
import type { LessonResult } from '../learning/protocol.ts'

export interface LastAttempt {
  outcome: LessonResult['outcome'] | 'timed-out' | 'forgotten'
  /** When it began, in milliseconds since 1970: what the shopper did later is new to it. */
  at: number
  trial?: Trial
  backend?: BackendName
}

export interface KeptAdapter {
  /** Names the network that it changes. */
  model: string
  change: Change
  /** When, in milliseconds since 1970, and how it did. */
  accepted: { at: number; trial: Trial }
}

export interface Learned {
  last: LastAttempt
  /** Names the network that was tried; absent where what was learned was forgotten. */
  model?: string
  measured?: MeasuredBackends
  /** The last that was accepted, by this attempt or an earlier one. */
  adapter?: KeptAdapter
}

/** The chunks that make the network: a bundle that changes only prices or rules leaves it the same. */
export function networkName({ chunks }: Pick<Manifest, 'chunks'>): string {
  const hashOf = (name: string) => chunks.find((chunk) => chunk.name === name)?.sha256 ?? ''
  return `${hashOf('vectors')} ${hashOf('encoder')}`
}

/** @returns undefined for what says of no time what came of it */
export function decodeLearned(value: unknown): Learned | undefined {
  const { last } = Object(value) as Learned
  return Number.isFinite(last?.at) ? (value as Learned) : undefined
}
