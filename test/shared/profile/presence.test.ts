import { describe, expect, it } from 'vitest'
import { seeded } from '../../../shared/data/random.ts'
import { presenceAtRate, presenceOf } from '../../../shared/profile/presence.ts'

/** Days on which a simulated shopper comes, the first on day 0, and the day on which they go for good. */
function live(random: ReturnType<typeof seeded>, rate: number, until: number): number[] {
  const gone = (-Math.log(1 - random.next()) * 120) / Math.LN2
  const days = [0]
  for (;;) {
    const next = days[days.length - 1] - Math.log(1 - random.next()) / rate
    if (next > Math.min(gone, until)) return days
    days.push(next)
  }
}

describe('whether a shopper comes again', () => {
  it('is what happens to simulated shoppers of a known rate, whatever their silence', () => {
    const random = seeded('lives')
    const [rate, day, horizon] = [0.08, 100, 30]
    const bins = Array.from({ length: 4 }, () => ({ said: 0, came: 0, count: 0 }))
    for (let n = 0; n < 60_000; n++) {
      const days = live(random, rate, day + horizon)
      const last = days.findLast((at) => at <= day) as number
      const bin = bins[Math.min(3, Math.floor((day - last) / 20))]
      bin.said += presenceAtRate(rate, day - last, horizon).visit
      bin.came += days.some((at) => at > day) ? 1 : 0
      bin.count++
    }
    for (const { said, came, count } of bins) {
      expect(count).toBeGreaterThan(1000)
      expect(Math.abs(said - came) / count).toBeLessThan(0.02)
    }
  })

  it('is what happens when nobody knows the rates, drawn around one visit in six weeks', () => {
    const random = seeded('unknown rates')
    const [day, horizon] = [150, 30]
    let [said, came, loss, lossOfMean] = [0, 0, 0, 0]
    const asked: { p: number; yes: number }[] = []
    for (let n = 0; n < 20_000; n++) {
      const rate = Math.exp(1.15 * random.normal()) / 45
      const days = live(random, rate, day + horizon)
      const seen = days.filter((at) => at <= day)
      const p = presenceOf(seen.length, seen[seen.length - 1], day, horizon).visit
      const yes = days.length > seen.length ? 1 : 0
      asked.push({ p, yes })
      said += p
      came += yes
    }
    expect(Math.abs(said - came) / asked.length).toBeLessThan(0.01)
    for (const { p, yes } of asked) {
      loss -= Math.log(yes ? p : 1 - p)
      lossOfMean -= Math.log(yes ? came / asked.length : 1 - came / asked.length)
    }
    expect(loss).toBeLessThan(0.9 * lossOfMean)
  })

  it('falls with silence, rises with visits, and stays a probability after centuries', () => {
    const visit = (visits: number, lastDay: number, day: number) => presenceOf(visits, lastDay, day, 30).visit
    expect(visit(5, 40, 45)).toBeGreaterThan(visit(5, 40, 90))
    expect(visit(9, 40, 45)).toBeGreaterThan(visit(2, 40, 45))
    for (const day of [0, 1, 1e4, 1e6]) {
      const { gone, visit, rate } = presenceOf(1, 0, day, 30)
      for (const p of [gone, visit]) expect(p >= 0 && p <= 1).toBe(true)
      expect(rate).toBeGreaterThan(0)
    }
    expect(presenceOf(400, 100, 1e6, 30)).toMatchObject({ gone: 1, visit: 0 })
  })
})
