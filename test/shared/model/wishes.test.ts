import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BUY, CART, REFUND, SEARCH, type Token, VIEW } from '../../../shared/data/sequence.ts'
import { scoreItems } from '../../../shared/model/infer.ts'
import { stateAfter } from '../../../shared/model/rank.ts'
import { foretell, wishesOf } from '../../../shared/model/wishes.ts'
import { history, SMALL, smallNetwork } from './small-network.ts'

const token = (item: number, action: number): Token => ({ item, action, time: 0 })

describe('wishes', () => {
  it('are items wanted anew: one that is viewed, carted and bought is one', () => {
    const tokens = [token(3, VIEW), token(5, VIEW), token(5, CART), token(5, BUY), token(-1, SEARCH), token(5, VIEW)]
    expect(wishesOf(tokens)).toEqual([1, 5])
    expect(wishesOf([token(3, VIEW), token(4, REFUND), token(6, BUY)])).toEqual([2])
    expect(wishesOf([])).toEqual([])
  })
})

describe('what a model foretells', () => {
  it('is the softmax and the place of each item after everything before it, however far back that reaches', () => {
    const model = smallNetwork('foretell')
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 40 }),
        fc.integer({ min: 0, max: 39 }),
        fc.integer(),
        (length, from, seed) => {
          const tokens = history(`foretell ${seed}`, length)
          const wishes = wishesOf(tokens).filter((at) => at >= from)
          const { losses, ranks } = foretell(model, tokens, wishes)
          wishes.forEach((at, n) => {
            const scores = new Float32Array(SMALL.items)
            scoreItems(model, stateAfter(model, tokens.slice(0, at)).state, scores)
            const powers = Array.from(scores, (value) => Math.exp(value))
            const share = powers[tokens[at].item] / powers.reduce((sum, power) => sum + power, 0)
            expect(losses[n]).toBeCloseTo(-Math.log(share), 4)
            expect(ranks[n]).toBe(scores.filter((value) => value >= scores[tokens[at].item]).length)
          })
        },
      ),
      { numRuns: 25 },
    )
  })
})
