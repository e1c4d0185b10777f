/**
 * Moments at which a profile is asked something whose answer the shopper gave later.
 *
 *     intent    within a visit, before anything is bought in it: will it end in a purchase?
 *     return    on fixed days, of whoever was here before: will there be another visit within 30 days?
 */
import type { ShopEvent } from '../../shared/data/events.ts'
import { seeded } from '../../shared/data/random.ts'
import { visitsOf } from '../../shared/profile/entries.ts'
import type { FactsOf } from '../../shared/profile/facts.ts'
import { featuresOf } from '../../shared/profile/features.ts'
import { emptyMemory, type Memory, remember } from '../../shared/profile/memory.ts'

export const DAY_MS = 86_400_000
export const RETURN_DAYS = 30
/** Between the days on which everyone is asked whether they will return. */
const RETURN_STEP_DAYS = 7

/** The last days of a history are asked about, those before them tune. */
export const TEST_DAYS = 30
export const VALIDATION_DAYS = 15
/** Of the latest moments, those that tune what ships. */
export const VALIDATION_SHARE = 0.15

export interface Moment {
  shopper: number
  time: number
  /** Events before it. */
  seen: number
  features: Float32Array
  answer: 0 | 1
}

export interface Moments {
  intent: Moment[]
  return: Moment[]
}

/**
 * @param end of the data: what comes after is not known
 */
export function momentsOf(
  shoppers: readonly { events: readonly ShopEvent[] }[],
  factsOf: FactsOf,
  end: number,
  seed: string,
): Moments {
  const random = seeded(seed)
  const moments: Moments = { intent: [], return: [] }
  const returnTimes: number[] = []
  for (let time = end - RETURN_DAYS * DAY_MS; time > 0 && returnTimes.length < 100; time -= RETURN_STEP_DAYS * DAY_MS) {
    returnTimes.unshift(time)
  }
  shoppers.forEach(({ events }, shopper) => {
    const memory = emptyMemory()
    /** One moment of each visit, before it has a purchase: long ones do not speak louder. */
    const asked = new Map<number, number>()
    for (const { from, to } of visitsOf(events)) {
      const bought = events.findIndex(({ name }, at) => at >= from && (at === to || name === 'purchase'))
      if (bought !== from) asked.set(from + random.int((bought < 0 ? to : bought) - from), to)
    }
    let due = returnTimes.findIndex((time) => time >= (events[0]?.time ?? end))
    if (due < 0) due = returnTimes.length
    events.forEach((event, at) => {
      for (; due < returnTimes.length && returnTimes[due] < event.time; due++) {
        const time = returnTimes[due]
        if (memory.visits) moments.return.push(momentAt(shopper, at, memory, time, comesBack(events, at, time) ? 1 : 0))
      }
      remember(memory, event, factsOf)
      const to = asked.get(at)
      if (to === undefined || !memory.visits) return
      const buys = events.slice(at + 1, to).some(({ name }) => name === 'purchase')
      moments.intent.push(momentAt(shopper, at + 1, memory, event.time, buys ? 1 : 0))
    })
    for (; due < returnTimes.length; due++) {
      if (memory.visits) moments.return.push(momentAt(shopper, events.length, memory, returnTimes[due], 0))
    }
  })
  return moments
}

function momentAt(shopper: number, seen: number, memory: Memory, time: number, answer: 0 | 1): Moment {
  return { shopper, time, seen, features: featuresOf(memory, time), answer }
}

function comesBack(events: readonly ShopEvent[], from: number, time: number): boolean {
  const next = events[from]
  return next !== undefined && next.time <= time + RETURN_DAYS * DAY_MS
}

/** @param horizonDays after a moment until its answer is known: no training moment's answer lies in the test */
export function partsOf<T extends { time: number }>(moments: readonly T[], end: number, horizonDays: number) {
  const test = end - TEST_DAYS * DAY_MS
  const validation = test - VALIDATION_DAYS * DAY_MS
  const horizon = horizonDays * DAY_MS
  return {
    training: moments.filter(({ time }) => time < validation - horizon),
    validation: moments.filter(({ time }) => time >= validation - horizon && time < test - horizon),
    test: moments.filter(({ time }) => time >= test),
  }
}
