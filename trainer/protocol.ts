/**
 * The protocols of TARGETS A: which part of a history trains, which validates and tunes, which tests.
 *
 *     leave-one-out   train on all but each shopper's last two items; the second last validates, the last tests
 *     time-split      train before a date, validate up to a second, test after it; one query a visit
 *     sessions        a benchmark's own test prefixes; the last of its training sessions validate, then train as well
 */

import { endsBefore, endsWithoutLast, type TrainingEnds } from './batches.ts'
import type { Histories } from './datasets/histories.ts'
import { sessionQuery } from './datasets/session-benchmark.ts'
import { K } from './evaluate.ts'
import { leaveOneOut, type Query, sampleQueries, visitQueries } from './queries.ts'
import { UserError } from './user-error.ts'

export const PROTOCOLS = ['time-split', 'leave-one-out', 'sessions'] as const
export type ProtocolName = (typeof PROTOCOLS)[number]

export interface Split {
  protocol: ProtocolName
  train: TrainingEnds
  /** What models learn from before they are tested, once they are tuned; absent where that is `train`. */
  refit?: TrainingEnds
  /** Everything that had happened when the test is asked: what a shop would ship a model of. */
  beforeTest: TrainingEnds
  validation: Query[]
  test: Query[]
  /** Length of the lists that are measured. */
  k: number
  /** In words, for reports. */
  description: string
}

/** Online Retail's own dates; other histories are cut where 80 % and 90 % of their events have happened. */
const ONLINE_RETAIL_DATES = { validation: Date.UTC(2011, 9, 1), test: Date.UTC(2011, 10, 1) }

export interface SplitDates {
  /** Milliseconds since 1970; training ends here. */
  validation: number
  /** Validation ends here. */
  test: number
}

export function datesOf(h: Histories): SplitDates {
  if (/online.?retail/i.test(h.name)) return ONLINE_RETAIL_DATES
  const times = Float64Array.from(h.time).sort()
  return { validation: times[Math.floor(times.length * 0.8)], test: times[Math.floor(times.length * 0.9)] }
}

const LONGER_HISTORY =
  'import a longer history, of several visits; "vitrine import --map shopper=COLUMN" says whose a visit is'

/**
 * @param remedy for an empty part: what the command that asks can do about it
 * @throws UserError when a part is empty
 */
export function split(h: Histories, protocol: ProtocolName, remedy = LONGER_HISTORY): Split {
  const dates = h.timed ? datesOf(h) : undefined
  let found: Split
  if (protocol === 'leave-one-out') {
    found = {
      protocol,
      train: endsWithoutLast(h, 2),
      beforeTest: endsWithoutLast(h, 1),
      validation: leaveOneOut(h, 2),
      test: leaveOneOut(h, 1),
      k: K,
      description: 'last item tests, second last validates, all items ranked, seen items removed',
    }
  } else if (protocol === 'sessions') {
    found = sessionsSplit(h)
  } else {
    if (!dates) throw new UserError(`${h.name}: has no times`, 'evaluate it with --protocol leave-one-out')
    const day = (time: number) => new Date(time).toISOString().slice(0, 10)
    found = {
      protocol,
      train: endsBefore(h, dates.validation),
      beforeTest: endsBefore(h, dates.test),
      validation: visitQueries(h, dates.validation, dates.test),
      test: visitQueries(h, dates.test, Number.POSITIVE_INFINITY),
      k: K,
      description: `train < ${day(dates.validation)} ≤ validation < ${day(dates.test)} ≤ test, one query a visit, all items ranked`,
    }
  }
  if (found.validation.length === 0 || found.test.length === 0) {
    throw new UserError(
      `${h.name}: ${found.validation.length} validation and ${found.test.length} test queries are left by this split`,
      remedy,
    )
  }
  return found
}

/** Published figures of session benchmarks are of lists of 20 (GRU4Rec and those after it). */
const SESSIONS_K = 20
/** The last 2 % of Diginetica's sessions are three days, its test is seven. What is older no longer says what is in fashion. */
const VALIDATION_SHARE = 0.02
const VALIDATION_QUERIES = 4000

/** Every place of a validation session is asked about, as in the test; nothing seen is removed. */
function sessionsSplit(h: Histories): Split {
  if (!h.test) {
    throw new UserError(
      `${h.name}: brings no test sessions`,
      'give --data NAME.train-sessions.txt with NAME.test-prefix-target.txt beside it, or another --protocol',
    )
  }
  const sessions = h.shoppers.length
  const first = sessions - Math.ceil(sessions * VALIDATION_SHARE)
  const validation: Query[] = []
  for (let s = first; s < sessions; s++) {
    const items = h.item.subarray(h.start[s], h.start[s + 1])
    for (let at = 1; at < items.length; at++) validation.push(sessionQuery(s, items.subarray(0, at), items[at]))
  }
  const whole = h.start.slice(1)
  return {
    protocol: 'sessions',
    train: whole.map((end, s) => (s < first ? end : h.start[s])),
    refit: whole,
    beforeTest: whole,
    validation: sampleQueries(validation, VALIDATION_QUERIES, 'validation'),
    test: h.test.queries,
    k: SESSIONS_K,
    description: `test prefixes as given; the last ${sessions - first} of ${sessions} training sessions validate, then all train; all items ranked, seen ones too`,
  }
}
