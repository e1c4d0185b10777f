import { describe, expect, it } from 'vitest'
import { LOCAL_TRAINING } from '../../../shared/model/local-update.ts'
import { materialOf, roleOf } from '../../../trainer/federation/material.ts'
import { historiesOf, type Step } from '../small-histories.ts'

const DAY_MS = 24 * 3_600_000
const START = 1_700_000_000_000
/** A step a day for 100 days: half of all events have happened on day 50, four fifths on day 80. */
const shoppers = Array.from({ length: 60 }, (_, s): Step[] =>
  Array.from({ length: 100 }, (_, day) => ({ item: (s + 3 * day) % 40, time: START + day * DAY_MS })),
)
const h = historiesOf(shoppers, 40)
const dayOf = (time: number) => Math.round((time - START) / DAY_MS)

describe('what is learned and asked', () => {
  const material = materialOf(h, LOCAL_TRAINING)

  it('of the backbone is before the first cut, of the clients between the cuts, and asked is what comes after', () => {
    material.ends.forEach((end, s) => {
      expect(end - h.start[s]).toBe(50)
    })
    for (const { tokens, wishes } of [...material.clients, ...material.pool]) {
      for (const at of wishes) {
        expect(dayOf(tokens[at].time)).toBeGreaterThanOrEqual(50)
        expect(dayOf(tokens[at].time)).toBeLessThan(80)
      }
      expect(Math.max(...tokens.map(({ time }) => dayOf(time)))).toBeLessThan(80)
    }
    for (const { tokens, wishes } of [...material.questions.tune, ...material.questions.report]) {
      for (const at of wishes) expect(dayOf(tokens[at].time)).toBeGreaterThanOrEqual(80)
    }
  })

  it('never lets anyone teach of whom figures are reported, nor tunes on them', () => {
    const teaching = new Set([...material.clients, ...material.pool].map(({ shopper }) => shopper))
    const tuning = new Set(material.questions.tune.map(({ shopper }) => shopper))
    expect(material.questions.report.length).toBeGreaterThan(8)
    for (const { shopper } of material.questions.report) {
      expect(teaching.has(shopper)).toBe(false)
      expect(tuning.has(shopper)).toBe(false)
      expect(roleOf(shopper)).toEqual({ teaches: false, asked: 'report' })
    }
    expect(teaching.size + material.questions.report.length).toBe(h.shoppers.length)
  })

  it('in one place is each of the clients’ wishes once, however long a device remembers', () => {
    for (const latest of [12, 30, 96]) {
      const { clients, pool } = materialOf(h, { ...LOCAL_TRAINING, latest })
      const wishes = pool.reduce((sum, part) => sum + part.wishes.length, 0)
      expect(wishes).toBe(clients.length * 30)
      const seen = pool.flatMap(({ shopper, tokens, wishes }) => wishes.map((at) => `${shopper} ${tokens[at].time}`))
      expect(new Set(seen).size).toBe(wishes)
      for (const { tokens } of [...clients, ...pool]) expect(tokens.length).toBeLessThanOrEqual(latest)
    }
  })

  it('is cut by each history’s own length where there are no times', () => {
    const untimed = historiesOf(
      Array.from({ length: 40 }, (_, s) => Array.from({ length: 10 + s }, (_, n) => ({ item: (s + n) % 40 }))),
      40,
    )
    const { ends } = materialOf(untimed, LOCAL_TRAINING)
    ends.forEach((end, s) => {
      expect(end - untimed.start[s]).toBe(Math.floor((10 + s) / 2))
    })
  })

  it('of a history too short for anyone to be asked is refused', () => {
    expect(() => materialOf(historiesOf([[{ item: 1 }]], 3), LOCAL_TRAINING)).toThrow('0 shoppers can teach')
  })
})
