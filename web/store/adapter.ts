/**
 * What the shopper's device has learned for itself, kept beside the log where remembering is allowed, and deleted with it:
 * the last attempt, and the adapter that was last accepted. An adapter is of one network: under another it is as if it were
 * not there, and the next lesson takes its place.
 */
import type { Change } from '../../shared/model/adapter.ts'
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

const OUTCOMES = ['accepted', 'rejected', 'too-few', 'no-backend', 'device-lost', 'failed', 'timed-out', 'forgotten']

/** @returns undefined for what is not whole; whether the change fits is the network's to say */
export function decodeLearned(value: unknown): Learned | undefined {
  const { last, measured, adapter } = Object(value) as Learned
  const isWhole =
    OUTCOMES.includes(last?.outcome) &&
    areFinite(last.at) &&
    (last.trial === undefined || isTrial(last.trial)) &&
    (measured === undefined || (areFinite(measured?.measuredAt) && measured.stepMs instanceof Object)) &&
    (adapter === undefined || (areFinite(adapter?.accepted?.at) && isTrial(adapter.accepted.trial)))
  return isWhole ? (value as Learned) : undefined
}

const isTrial = (trial: Trial) =>
  areFinite(trial?.wishes, trial?.before, trial?.after, trial?.standardError, trial?.share)

function areFinite(...numbers: unknown[]): boolean {
  return numbers.every(Number.isFinite)
}
