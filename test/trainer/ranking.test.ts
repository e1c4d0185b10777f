import { describe, expect, it } from 'vitest'
import { compile } from '../../shared/model/compile.ts'
import { contentOf } from '../../shared/model/content.ts'
import { initParams } from '../../shared/model/params.ts'
import { rulesAfter } from '../../shared/model/rules.ts'
import { leaveOneOut, type Query } from '../../trainer/queries.ts'
import { fitRanking, modelsAt } from '../../trainer/ranking.ts'
import { historiesOf, viewsOf } from './small-histories.ts'

/** Twenty things in a ring, each looked at after the one before; twenty new ones bear the same titles. */
const [KNOWN, ITEMS] = [20, 40]
const shoppers = Array.from({ length: 60 }, (_, first) =>
  viewsOf(...Array.from({ length: 8 }, (_, step) => (first + step) % KNOWN)),
)
const titled = (titleAt: (n: number) => string) => {
  const h = historiesOf(shoppers, ITEMS)
  h.items = h.items.map((item, n) => ({ ...item, title: titleAt(n) }))
  return h
}
const h = titled((n) => `mug number${n % KNOWN}`)
const ends = h.start.slice(1)
const content = contentOf(h.items)
const config = { items: ITEMS, contentWidth: content.width, width: 8, blocks: 1, heads: 1, window: 8, hidden: 8 }
const network = compile(config, initParams(config, 'ranking'), content)

const wanting = (follower: (last: number) => number): Query[] =>
  leaveOneOut(h, 1).map((query) => ({
    ...query,
    excluded: new Set(),
    relevant: new Set([follower(query.items[query.items.length - 1])]),
  }))
const usual = wanting((last) => (last + 1) % KNOWN)
/** What has the title of what was looked at last. */
const arrivals = wanting((last) => KNOWN + last)

describe('how a bundle ranks', () => {
  it('places new items more strongly where validation wants them first, and as usual where it does not tell', () => {
    expect(fitRanking(h, ends, network, arrivals).newItems).toBeGreaterThan(1)
    expect(fitRanking(h, ends, network, usual).newItems).toBe(1)
  })

  it('asks models that place new items as strongly as they are told', () => {
    const firstNew = (strength: number) =>
      Math.max(
        0,
        ...[...rulesAfter(modelsAt(h, ends, network, strength)(0).rules.next, 3)]
          .filter(([to]) => to >= KNOWN)
          .map(([, w]) => w),
      )
    expect(firstNew(0)).toBe(0)
    expect(firstNew(0.5)).toBeCloseTo(firstNew(1) / 2, 6)
  })
})
