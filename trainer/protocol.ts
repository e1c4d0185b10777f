/**
 * The two protocols of TARGETS A: which part of a history trains, which validates and tunes, which tests.
 *
 *     leave-one-out   train on all but each shopper's last two items; the second last validates, the last tests
 *     time-split      train before a date, validate up to a second, test after it; one query a visit
 */

import { endsBefore, endsWithoutLast, type TrainingEnds } from './batches.ts'
import type { Histories } from './datasets/histories.ts'
import { leaveOneOut, type Query, visitQueries } from './queries.ts'
import { UserError } from './user-error.ts'

export const PROTOCOLS = ['time-split', 'leave-one-out'] as const
export type ProtocolName = (typeof PROTOCOLS)[number]

export interface Split {
  protocol: ProtocolName
  train: TrainingEnds
  validation: Query[]
  test: Query[]
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

/** @throws UserError when a part is empty */
export function split(h: Histories, protocol: ProtocolName, dates = h.timed ? datesOf(h) : undefined): Split {
  let found: Split
  if (protocol === 'leave-one-out') {
    found = {
      protocol,
      train: endsWithoutLast(h, 2),
      validation: leaveOneOut(h, 2),
      test: leaveOneOut(h, 1),
      description: 'last item tests, second last validates, all items ranked, seen items removed',
    }
  } else {
    if (!dates) throw new UserError(`${h.name}: has no times`, 'evaluate it with --protocol leave-one-out')
    const day = (time: number) => new Date(time).toISOString().slice(0, 10)
    found = {
      protocol,
      train: endsBefore(h, dates.validation),
      validation: visitQueries(h, dates.validation, dates.test),
      test: visitQueries(h, dates.test, Number.POSITIVE_INFINITY),
      description: `train < ${day(dates.validation)} ≤ validation < ${day(dates.test)} ≤ test, one query a visit, all items ranked`,
    }
  }
  if (found.validation.length === 0 || found.test.length === 0) {
    throw new UserError(
      `${h.name}: ${found.validation.length} validation and ${found.test.length} test queries are left by this split`,
      'import a longer history, or choose the other --protocol',
    )
  }
  return found
}
