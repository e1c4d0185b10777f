import { describe, expect, it } from 'vitest'
import { seeded } from '../../../shared/data/random.ts'
import { CART, REMOVE, SEARCH, type Token, VIEW } from '../../../shared/data/sequence.ts'
import { actsOf, contributionsOf, extendTrail, reasonsFor, trailAfter } from '../../../shared/model/contributions.ts'
import { blend, type Models, signalsOf, stateAfter } from '../../../shared/model/rank.ts'
import { countRules } from '../../../shared/model/rules.ts'
import { randomModel } from '../../bench/random-model.ts'

const V = 300
const random = seeded('contributions')
const network = randomModel(V)
const next = countRules(
  Array.from({ length: 400 }, () => {
    const first = random.int(V)
    return Int32Array.from({ length: 6 }, (_, n) => (first + n) % V)
  }),
  V,
)
const popularity = Float32Array.from({ length: V }, () => random.next())
const models: Models = {
  network,
  rules: { next, together: next, popularity },
  popularity,
  weights: { network: 0.7, rules: 1.5, popularity: 0.2, buyAgain: 0 },
}
const NOW = 1_800_000_000_000
const history = (length: number): Token[] =>
  Array.from({ length }, (_, n) =>
    n % 9 === 4
      ? { item: -1, action: SEARCH, time: NOW + n * 60_000, query: `mug ${n % 2}` }
      : { item: random.int(V), action: n % 11 === 7 ? REMOVE : n % 5 ? VIEW : CART, time: NOW + n * 60_000 },
  )
/** The blend's scores, the slow way. */
function scoresOf(of: Models, tokens: Token[]): Float32Array {
  const scores = new Float32Array(V)
  blend(signalsOf(of, tokens, of.network && stateAfter(of.network, tokens), NOW), of.weights, scores)
  return scores
}

describe('what acts contribute', () => {
  it('in a shop of rules alone is the difference that leaving them out makes', () => {
    const { network: _, ...counted } = models
    for (const length of [1, 5, 30, 200]) {
      const tokens = history(length)
      const items = [3, 77, 150]
      const whole = scoresOf(counted, tokens)
      for (const { act, scores } of contributionsOf(counted, tokens, items)) {
        const without = scoresOf(
          counted,
          tokens.filter((_, at) => !act.tokens.includes(at)),
        )
        for (const [n, item] of items.entries()) expect(scores[n]).toBeCloseTo(whole[item] - without[item], 5)
      }
    }
  })

  it('orders items as leaving acts out of the network does', () => {
    const onlyNetwork = { ...models, weights: { network: 1, rules: 0, popularity: 0, buyAgain: 0 } }
    for (const length of [4, 40, 130]) {
      const tokens = history(length)
      const items = [3, 77, 150, 299]
      const whole = scoresOf(onlyNetwork, tokens)
      for (const { act, scores } of contributionsOf(onlyNetwork, tokens, items)) {
        const left = tokens.filter((_, at) => !act.tokens.includes(at))
        const { state } = stateAfter(network, left)
        const before = stateAfter(network, tokens).state
        // Differences between items, before they are put into standard deviations.
        const raw = (of: Float32Array, item: number) => {
          let score = network.bias[item]
          for (let j = 0; j < 64; j++) score += of[j] * network.table.values[item * 64 + j] * network.table.scales[item]
          return score
        }
        const moved = items.map((item) => raw(before, item) - raw(state, item))
        const unit = (scores[1] - scores[0]) / (moved[1] - moved[0])
        expect(unit).toBeGreaterThan(0)
        for (let n = 2; n < items.length; n++) {
          expect((scores[n] - scores[0]) / unit).toBeCloseTo(moved[n] - moved[0], 2)
        }
      }
      expect(whole.every(Number.isFinite)).toBe(true)
    }
  })

  it('are acts of the latest places, one for each item and query, without what was put back', () => {
    const at = (item: number, n: number, action = VIEW): Token => ({ item, action, time: NOW + n })
    const tokens = [at(9, 0), ...Array.from({ length: 20 }, (_, n) => at(n % 3, n + 1)), at(5, 30, REMOVE)]
    const acts = actsOf(tokens)
    expect(acts.map(({ latest }) => latest.item)).toEqual([2, 0, 1])
    expect(acts.flatMap(({ tokens }) => tokens).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 19 }, (_, n) => n + 2),
    )
    expect(actsOf(tokens, 2).map(({ latest }) => latest.item)).toEqual([0, 1])
    expect(actsOf([])).toEqual([])
    expect(contributionsOf(models, [], [1])).toEqual([])
  })

  it('are the same along a trail that grew token by token', () => {
    const tokens = history(60)
    const trail = trailAfter(network, tokens.slice(0, 10))
    for (const token of tokens.slice(10)) extendTrail(network, trail, token)
    const items = [1, 2, 3]
    const fresh = contributionsOf(models, tokens, items)
    contributionsOf(models, tokens, items, trail).forEach(({ act, scores }, n) => {
      expect(act).toEqual(fresh[n].act)
      for (const [item, score] of scores.entries()) expect(score).toBeCloseTo(fresh[n].scores[item], 4)
    })
  })

  it('make reasons: the strongest first, and each beside those that are still there', () => {
    const tokens = history(40)
    const reasons = reasonsFor(models, tokens, 42, 3)
    expect(reasons).toHaveLength(3)
    const all = contributionsOf(models, tokens, [42], undefined, 20)
    expect(reasons[0].score).toBeCloseTo(Math.max(...all.map(({ scores }) => scores[0])), 5)
    expect(new Set(reasons.flatMap(({ act }) => act.tokens)).size).toBe(reasons.flatMap(({ act }) => act.tokens).length)
    expect(reasonsFor(models, tokens.slice(0, 1), 42, 3)).toHaveLength(1)
  })
})
