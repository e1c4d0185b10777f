/** One shopper's answer to what is counted, from a history whose answer is known. */
import { describe, expect, it } from 'vitest'
import { BUY, CART, SEARCH, type Token, VIEW } from '../../../shared/data/sequence.ts'
import { COUNTS, countOf } from '../../../shared/federated/counts.ts'
import { foretell } from '../../../shared/model/wishes.ts'
import { history, smallNetwork } from '../model/small-network.ts'
import { TASK_ENTRY } from '../tlog/sample-task.ts'

const model = smallNetwork('counts')
const did = (...actions: number[]): Token[] => actions.map((action, n) => ({ item: n, action, time: 1000 * n }))

describe('the furthest step', () => {
  const step = (tokens: Token[], since = 0) => COUNTS['furthest-step'].measure({ model, tokens, since })

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
      const answer = COUNTS['hit-rate-10'].measure({ model, tokens, since: 0 })
      const newest = tokens.findLastIndex(
        ({ action, item }, at) => at > 0 && item !== tokens[at - 1].item && action !== 3 && action !== 5,
      )
      const { ranks } = foretell(model, tokens, [newest])
      if (answer) expect(answer[0]).toBe(ranks[0] <= 10 ? 1 : 0)
      return answer?.[0]
    })
    expect(answers).toContain(0)
    expect(answers).toContain(1)
  })

  it('is no answer where the newest wish was counted before', () => {
    const tokens = did(VIEW, VIEW)
    expect(COUNTS['hit-rate-10'].measure({ model, tokens, since: 1000 })).toBeDefined()
    expect(COUNTS['hit-rate-10'].measure({ model, tokens, since: 1001 })).toBeUndefined()
  })
})

it('a task is known by its name and its shape: by nothing that an object has of its own', () => {
  const task = (name: string, vdaf: (typeof TASK_ENTRY)['vdaf']) => ({ ...TASK_ENTRY, name, vdaf })
  expect(countOf(task('hit-rate-10', { kind: 'count' }))).toBe(COUNTS['hit-rate-10'])
  expect(countOf(task('hit-rate-10', { kind: 'sum', max: 3 }))).toBeUndefined()
  expect(countOf(task('furthest-step', { kind: 'histogram', length: 4 }))).toBeUndefined()
  expect(countOf(task('constructor', { kind: 'count' }))).toBeUndefined()
})
