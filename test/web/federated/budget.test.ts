/** What a browser's ledger still allows, against a plain count of what was joined. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DEFAULT_TERMS } from '../../../shared/federated/policy.ts'
import { entryId, type RoundEntry, type TaskEntry } from '../../../shared/tlog/entry.ts'
import { budgetOf, budgetProblem, costOf, epochOf, spent } from '../../../web/federated/budget.ts'
import type { JoinedEntry, LedgerEntry } from '../../../web/store/ledger.ts'
import { roundEntry, TASK_ENTRY } from '../../shared/tlog/sample-task.ts'

const TERMS = { ...DEFAULT_TERMS, minNoiseMultiplier: 0.3 }

const taskOf = fc
  .record({
    name: fc.constantFrom('model-updates', 'another'),
    noiseMultiplier: fc.constantFrom(0.3, 0.5, 0.7, 1.3),
    participations: fc.integer({ min: 1, max: 10 }),
    separation: fc.integer({ min: 1, max: 5 }),
    epochRounds: fc.integer({ min: 1, max: 12 }),
  })
  .map((of): TaskEntry => ({ ...TASK_ENTRY, ...of }))

const roundOf = (task: TaskEntry, round: number): RoundEntry => roundEntry(round, { task: entryId(task) })

/** @param at what the clock said then */
function joinedIn(task: TaskEntry, round: RoundEntry, at: number): JoinedEntry {
  const { name, vdaf } = task
  const of = { name, kind: vdaf.kind, number: round.round, epoch: epochOf(task, round), closes: round.closes, at }
  const report = { url: task.leader.url, report: '', secret: new Uint8Array(), bytes: 1, sends: 1 }
  return {
    ...{ round: entryId(round), task: round.task, ...of },
    did: { what: 'joined', state: 'sent', ...report, rho: costOf(task) },
  }
}

/** Joins whatever it may, in any order. @returns the numbers of the rounds, and the ledger */
function join(task: TaskEntry, numbers: readonly number[], clock: (n: number) => number) {
  const ledger: LedgerEntry[] = []
  const joined: number[] = []
  for (const [n, number] of numbers.entries()) {
    const round = roundOf(task, number)
    if (budgetProblem(ledger, task, round, TERMS)) continue
    ledger.push(joinedIn(task, round, clock(n)))
    joined.push(number)
  }
  return { ledger, joined }
}

const numbers = fc.array(fc.integer({ min: 1, max: 30 }), { maxLength: 60 })

describe('the ledger', () => {
  it('keeps reports of a task apart, few in each epoch, and within the budget, in whichever order its rounds are met', () => {
    fc.assert(
      fc.property(taskOf, numbers, (task, met) => {
        const { joined } = join(task, met, (n) => n)
        const inOrder = joined.toSorted((a, b) => a - b)
        for (const [n, number] of inOrder.entries()) {
          if (n > 0) expect(number - inOrder[n - 1]).toBeGreaterThanOrEqual(task.separation)
        }
        // Rounds 1 … T are the first epoch, T + 1 … 2T the second.
        const epochs = joined.map((number) => Math.ceil(number / task.epochRounds))
        for (const epoch of epochs) {
          const ofEpoch = epochs.filter((other) => other === epoch)
          expect(ofEpoch.length).toBeLessThanOrEqual(task.participations)
          expect(ofEpoch.length / (2 * task.noiseMultiplier ** 2)).toBeLessThanOrEqual(10 / (2 * 0.3 ** 2) + 1e-9)
        }
      }),
    )
  })

  it('allows as many as the terms say with the least noise that they ask for, and not one more, of all tasks together', () => {
    for (const noiseMultiplier of [0.07, 0.3, 0.5, 0.7, 1.3]) {
      const terms = { ...DEFAULT_TERMS, minNoiseMultiplier: noiseMultiplier }
      const [one, other] = ['one', 'other'].map((name) => ({ ...TASK_ENTRY, name, noiseMultiplier, separation: 1 }))
      const ledger: LedgerEntry[] = []
      for (let number = 1; number <= 10; number++) {
        const task = number % 3 ? one : other
        expect(budgetProblem(ledger, task, roundOf(task, number), terms)).toBeUndefined()
        ledger.push(joinedIn(task, roundOf(task, number), number))
      }
      expect(budgetProblem(ledger, one, roundOf(one, 50), terms)).toBe('budget-spent')
      expect(spent(ledger)).toBeCloseTo(budgetOf(terms), 9)
    }
  })

  it('allows no more in a year however short the epochs are, and again when a year of rounds has gone by', () => {
    const task = { ...TASK_ENTRY, noiseMultiplier: 0.3, participations: 10, separation: 1, epochRounds: 1 }
    const DAY = 86_400
    /** One a week. */
    const weekly = (number: number) => ({
      ...roundOf(task, number),
      closes: roundOf(task, 1).closes + 7 * DAY * number,
    })
    const ledger: LedgerEntry[] = []
    const joined: number[] = []
    for (let number = 1; number <= 150; number++) {
      if (budgetProblem(ledger, task, weekly(number), TERMS)) continue
      ledger.push(joinedIn(task, weekly(number), 0))
      joined.push(number)
    }
    // 53 weeks are more than a year.
    const ten = Array.from({ length: 10 }, (_, n) => n + 1)
    expect(joined).toEqual([0, 53, 106].flatMap((before) => ten.map((n) => n + before)))
    expect(spent(ledger.slice(0, 10), weekly(10).closes)).toBeCloseTo(budgetOf(TERMS), 9)
    expect(spent(ledger.slice(0, 10), weekly(60).closes)).toBeCloseTo(0.3 * budgetOf(TERMS), 9)
  })

  it('gives nothing back to a clock that is wrong', () => {
    fc.assert(
      fc.property(taskOf, numbers, fc.array(fc.integer(), { minLength: 60, maxLength: 60 }), (task, met, clock) => {
        expect(join(task, met, (n) => clock[n]).joined).toEqual(join(task, met, (n) => n).joined)
      }),
    )
  })

  it('only grows: what is refused in an epoch stays so, whatever else is joined in it', () => {
    const task = { ...TASK_ENTRY, noiseMultiplier: 0.3, participations: 4, separation: 3, epochRounds: 30 }
    fc.assert(
      fc.property(numbers, fc.integer({ min: 1, max: 30 }), (met, number) => {
        const { ledger } = join(task, met, (n) => n)
        const isRefused = (length: number) =>
          budgetProblem(ledger.slice(0, length), task, roundOf(task, number), TERMS) !== undefined
        for (let length = 1; length <= ledger.length; length++) {
          if (isRefused(length - 1)) expect(isRefused(length)).toBe(true)
          expect(spent(ledger.slice(0, length))).toBeGreaterThan(spent(ledger.slice(0, length - 1)))
        }
      }),
    )
  })

  it('counts no refusal, and has no limit but the participations where there is no noise', () => {
    const task = { ...TASK_ENTRY, noiseMultiplier: 0, participations: 3, separation: 1 }
    const terms = { ...DEFAULT_TERMS, minNoiseMultiplier: 0 }
    expect([costOf(task), budgetOf(terms)]).toEqual([Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY])
    const refused = { ...joinedIn(task, roundOf(task, 1), 0), did: { what: 'refused', why: 'too-soon' } as const }
    const ledger: LedgerEntry[] = [refused, refused]
    for (const number of [1, 2, 3]) {
      expect(budgetProblem(ledger, task, roundOf(task, number), terms)).toBeUndefined()
      ledger.push(joinedIn(task, roundOf(task, number), 0))
    }
    expect(spent([refused])).toBe(0)
    expect(budgetProblem(ledger, task, roundOf(task, 3), terms)).toBe('joined-already')
    expect(budgetProblem(ledger, task, roundOf(task, 4), terms)).toBe('participations-spent')
  })
})
