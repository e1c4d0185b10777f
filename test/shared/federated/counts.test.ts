/** One shopper's answer to what is counted, from a history whose answer is known. */
import { describe, expect, it } from 'vitest'
import { BUY, CART, SEARCH, type Token, VIEW } from '../../../shared/data/sequence.ts'
import { SHELF_KINDS } from '../../../shared/data/shelf-kinds.ts'
import { type CountedHistory, type CountName, countOf, VDAFS } from '../../../shared/federated/counts.ts'
import type { Arm } from '../../../shared/model/stage.ts'
import { foretell } from '../../../shared/model/wishes.ts'
import { figuresOf, vdafFor } from '../../../trainer/rounds/figures.ts'
import { history, smallNetwork } from '../model/small-network.ts'
import { TASK_ENTRY } from '../tlog/sample-task.ts'

const model = smallNetwork('counts')
const categories = ['Lamps', 'Mugs', 'Clocks', 'Mugs', 'Lamps']
const did = (...actions: number[]): Token[] => actions.map((action, n) => ({ item: n, action, time: 1000 * n }))

const task = (name: string, vdaf: (typeof TASK_ENTRY)['vdaf']) => ({ ...TASK_ENTRY, name, vdaf })
function answer(name: CountName, known: Partial<CountedHistory>, vdaf = vdafFor(name, categories)) {
  return countOf(task(name, vdaf))?.({ model, tokens: [], categories, sights: [], since: 0, ...known })
}
const stage = (arm?: Arm) => ({ release: 'a'.repeat(64), since: 0, arm })
const labelOf = (name: CountName, number: number) =>
  figuresOf(name, vdafFor(name, categories), categories).find(({ part }) => part.includes(number))?.label

describe('the furthest step', () => {
  const step = (tokens: Token[], since = 0) => answer('furthest-step', { tokens, since })

  it('is the one furthest along, of what was done since the last answer', () => {
    expect(step(did(VIEW, VIEW))).toEqual([0])
    expect(step(did(VIEW, CART, VIEW))).toEqual([1])
    expect(step(did(BUY, VIEW))).toEqual([2])
    expect(step(did(BUY, VIEW), 500)).toEqual([0])
  })

  it('is no answer where nothing was done, or only searched', () => {
    expect(step([])).toBeUndefined()
    expect(step(did(BUY, VIEW), 5000)).toBeUndefined()
    expect(step(did(SEARCH).map((token) => ({ ...token, item: -1 })))).toBeUndefined()
  })
})

describe('the hit rate', () => {
  it('is 1 where the newest wish is among the ten that the model ranks first before it, and else 0', () => {
    const answers = Array.from({ length: 60 }, (_, n) => {
      const tokens = history(`counted ${n}`, 12).filter(({ item }) => item >= 0)
      const given = answer('hit-rate-10', { tokens })
      const newest = tokens.findLastIndex(
        ({ action, item }, at) => at > 0 && item !== tokens[at - 1].item && action !== 3 && action !== 5,
      )
      const { ranks } = foretell(model, tokens, [newest])
      if (given) expect(given[0]).toBe(ranks[0] <= 10 ? 1 : 0)
      return given?.[0]
    })
    expect(answers).toContain(0)
    expect(answers).toContain(1)
  })

  it('is no answer where the newest wish was counted before', () => {
    const tokens = did(VIEW, VIEW)
    expect(answer('hit-rate-10', { tokens, since: 1000 })).toBeDefined()
    expect(answer('hit-rate-10', { tokens, since: 1001 })).toBeUndefined()
  })

  it('by arm is the same, in the bucket of the arm, and none outside of a release', () => {
    for (let n = 0; n < 20; n++) {
      const tokens = history(`counted ${n}`, 12).filter(({ item }) => item >= 0)
      const [hit] = answer('hit-rate-10', { tokens }) ?? []
      if (hit === undefined) continue
      expect(answer('hit-rate-10-by-arm', { tokens, stage: stage('control') })).toEqual([hit])
      expect(answer('hit-rate-10-by-arm', { tokens, stage: stage('staged') })).toEqual([2 + hit])
      expect(answer('hit-rate-10-by-arm', { tokens })).toBeUndefined()
      expect(answer('hit-rate-10-by-arm', { tokens, stage: stage() })).toBeUndefined()
    }
    expect(labelOf('hit-rate-10-by-arm', 3)).toContain('released to some')
  })
})

describe('the click-through', () => {
  const sight = (placement: string, time: number, clicked = false) => ({ placement, time, clicked })
  const ones = (bits: number[] | undefined) => bits?.flatMap((bit, n) => (bit ? [n] : []))

  it('says of each kind of shelf whether anything was seen on it, and whether any of that was followed', () => {
    const sights = [sight('for-you', 10), sight('for-you', 11), sight('related', 12), sight('related', 13, true)]
    const [seen, seenToo, followed] = ones(answer('click-through', { sights })) ?? []
    expect([seen, seenToo, followed]).toEqual([0, 2, 3])
    expect(ones(answer('click-through', { sights, stage: stage('staged') }))).toEqual(
      [0, 2, 3].map((n) => n + 2 * SHELF_KINDS.length),
    )
    expect(ones(answer('click-through', { sights, since: 12 }))).toEqual([2, 3])
    // What was seen before a release had begun was of neither arm; nor is what is seen by who drew none.
    expect(ones(answer('click-through', { sights, stage: { ...stage('control'), since: 12 } }))).toEqual([2, 3])
    expect(answer('click-through', { sights, stage: stage() })).toBeUndefined()
    expect(labelOf('click-through', 3)).toMatch(/saw related: everyone’s model/)
  })

  it('is no answer where nothing was seen, or on no shelf that is known; and never has more weight than is asked for', () => {
    expect(answer('click-through', {})).toBeUndefined()
    expect(answer('click-through', { sights: [sight('for-you', 10)], since: 11 })).toBeUndefined()
    expect(answer('click-through', { sights: [sight('the shop window', 10)] })).toBeUndefined()
    const all = SHELF_KINDS.map((kind) => sight(kind, 1, true))
    expect(ones(answer('click-through', { sights: all }))).toHaveLength(VDAFS['click-through'].maxWeight)
  })
})

describe('the demand', () => {
  const demanded = (tokens: Token[], since = 0) => labelOf('demand', (answer('demand', { tokens, since }) ?? [])[0])
  const wanted = (...items: number[]): Token[] => items.map((item, n) => ({ item, action: VIEW, time: 1000 * n }))

  it('is the category that was wanted most since the last answer, the newest of two', () => {
    expect(demanded(wanted(2, 0, 4, 1))).toBe('Lamps')
    expect(demanded(wanted(2, 0, 4, 1, 3))).toBe('Mugs')
    expect(demanded(wanted(2, 0, 4, 1), 2500)).toBe('Mugs')
    expect(answer('demand', { tokens: wanted(2, 0), since: 9000 })).toBeUndefined()
  })

  it('has a bucket for each category of a shop, which follows from its name alone', () => {
    for (const size of [1, 12, 200]) {
      const names = Array.from({ length: size }, (_, n) => `Category ${n}`)
      const vdaf = vdafFor('demand', names)
      const figures = figuresOf('demand', vdaf, names)
      expect(figures.map(({ label }) => label).sort()).toEqual([...names].sort())
      // Of a catalogue in another order, and with one category more, it is the same bucket.
      const [other] = answer('demand', { categories: ['New', ...names], tokens: wanted(0, 1) }, vdaf) ?? []
      expect(figures.find(({ label }) => label === 'Category 0')?.part).toEqual([other])
    }
  })

  it('counts together what too few buckets cannot keep apart, and says so', () => {
    const names = Array.from({ length: 20 }, (_, n) => `Category ${n}`)
    const figures = figuresOf('demand', { kind: 'histogram', length: 16 }, names)
    expect(figures.length).toBeLessThan(20)
    expect(figures.flatMap(({ label }) => label.split(', or ')).sort()).toEqual([...names].sort())
  })
})

it('who allows contributions says so, whatever they did', () => {
  expect(answer('opted-in', {})).toEqual([1])
})

it('a task is known by its name and its shape: by nothing that an object has of its own', () => {
  const isKnown = (...of: Parameters<typeof task>) => countOf(task(...of)) !== undefined
  for (const [name, vdaf] of Object.entries(VDAFS)) expect(isKnown(name, vdaf)).toBe(true)
  expect(isKnown('demand', { kind: 'histogram', length: 64 })).toBe(true)
  expect(isKnown('demand', { kind: 'sum', max: 3 })).toBe(false)
  expect(isKnown('hit-rate-10', { kind: 'sum', max: 3 })).toBe(false)
  expect(isKnown('furthest-step', { kind: 'histogram', length: 4 })).toBe(false)
  expect(isKnown('constructor', { kind: 'count' })).toBe(false)
})
