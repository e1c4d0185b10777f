import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { seeded } from '../../../shared/data/random.ts'
import { BUY, type Token, VIEW } from '../../../shared/data/sequence.ts'
import { compile } from '../../../shared/model/compile.ts'
import { startState, step } from '../../../shared/model/infer.ts'
import { initParams, type ModelConfig } from '../../../shared/model/params.ts'
import {
  blend,
  checkProbes,
  type Models,
  popularityShare,
  runProbe,
  scoreBuyAgain,
  shareOfBest,
  standardise,
  stateAfter,
} from '../../../shared/model/rank.ts'
import { countRules } from '../../../shared/model/rules.ts'

const ITEMS = 40
const DAY = 86_400_000
const config: ModelConfig = { items: ITEMS, contentWidth: 0, width: 8, blocks: 2, heads: 2, window: 3, hidden: 12 }

function models(seed: string): Models {
  const random = seeded(seed)
  const params = initParams(config, seed)
  for (const { values } of Object.values(params)) for (let i = 0; i < values.length; i++) values[i] *= 5
  const sequences = Array.from({ length: 60 }, () => Array.from({ length: 6 }, () => random.int(ITEMS)))
  const next = countRules(sequences, ITEMS)
  const popularity = Float32Array.from({ length: ITEMS }, () => random.int(50))
  return {
    rules: { next, together: next, popularity },
    popularity: popularityShare(popularity),
    network: compile(config, params),
    weights: { network: 0.3, rules: 1, popularity: 0.2, buyAgain: 0.1 },
  }
}

const token: fc.Arbitrary<Token> = fc.record({
  item: fc.integer({ min: 0, max: ITEMS - 1 }),
  action: fc.integer({ min: 0, max: 5 }),
  time: fc.nat(1e9),
})

describe('scales', () => {
  it('of the network are standard deviations from the mean; one value everywhere is 0', () => {
    // 2, 4, 4, 4, 5, 5, 7, 9: mean 5, deviation 2
    expect([...standardise(Float32Array.of(2, 4, 4, 4, 5, 5, 7, 9))]).toEqual([-1.5, -0.5, -0.5, -0.5, 0, 0, 1, 2])
    expect([...standardise(Float32Array.of(3, 3, 3))]).toEqual([0, 0, 0])
  })

  it('of rules are shares of the best, of popularity shares of the largest logarithm', () => {
    expect([...shareOfBest(Float32Array.of(0, 1, 4))]).toEqual([0, 0.25, 1])
    expect([...shareOfBest(Float32Array.of(0, 0))]).toEqual([0, 0])
    const shares = popularityShare(Float32Array.of(0, 9, 99)) // ln 1, ln 10, ln 100
    expect(shares[0]).toBe(0)
    expect(shares[1]).toBeCloseTo(0.5, 6)
    expect(shares[2]).toBe(1)
  })

  it('of buying again: a purchase is worth half after 60 days, and views are worth nothing', () => {
    const scores = new Float32Array(4)
    scoreBuyAgain(
      [0, 1, 1, 2, -1],
      [BUY, BUY, BUY, VIEW, BUY],
      [100 * DAY, 40 * DAY, 160 * DAY, 0, 0],
      100 * DAY,
      scores,
    )
    expect([...scores]).toEqual([1, 1.5, 0, 0]) // a purchase in the future is one of now
  })

  it('are added up with the weights', () => {
    const scores = Float32Array.of(9, 9)
    const signals = {
      network: Float32Array.of(1, 2),
      rules: Float32Array.of(Number.NaN, 1),
      popularity: Float32Array.of(0, 1),
    }
    blend(signals, { network: 0.5, rules: 0, popularity: 2, buyAgain: 1 }, scores)
    expect([...scores]).toEqual([0.5, 3])
  })
})

describe('the state after a history', () => {
  it('is that of every token one after the other, bit for bit, though only the last ones are read', () => {
    const { network } = models('state')
    if (!network) throw new Error('no network')
    fc.assert(
      fc.property(fc.array(token, { maxLength: 25 }), token, (tokens, later) => {
        const whole = startState(network)
        for (const one of tokens) step(network, whole, one)
        const short = stateAfter(network, tokens)
        expect(short.state).toEqual(whole.state)
        // And it goes on the same.
        step(network, whole, later)
        step(network, short, later)
        expect(short.state).toEqual(whole.state)
      }),
    )
  })
})

describe('probes', () => {
  const publisher = models('probes')
  const now = 2e9
  const random = seeded('histories')
  const probes = [3, 7].map((length) => {
    const tokens = Array.from({ length }, (_, n) => ({ item: random.int(ITEMS), action: n % 3, time: n * 60_000 }))
    return { tokens, now, ...runProbe(publisher, tokens, now) }
  })
  const network = () => publisher.network as NonNullable<Models['network']>

  it('hold for the models that they were made with', () => {
    expect(() => checkProbes(publisher, probes)).not.toThrow()
    expect(() => checkProbes(publisher, JSON.parse(JSON.stringify(probes)))).not.toThrow()
  })

  const other: [string, () => Models][] = [
    ['another network', () => ({ ...publisher, network: models('another').network })],
    ['no network', () => ({ ...publisher, network: undefined })],
    [
      'one weight of the encoder changed',
      () => {
        const { blocks } = network()
        const out = Float32Array.from(blocks[0].out)
        out[5] += 1
        return { ...publisher, network: { ...network(), blocks: [{ ...blocks[0], out }, blocks[1]] } }
      },
    ],
    [
      'a weight that is no number',
      () => {
        const norm = Float32Array.from(network().norm)
        norm[0] = Number.NaN
        return { ...publisher, network: { ...network(), norm } }
      },
    ],
    ['other weights of the blend', () => ({ ...publisher, weights: { ...publisher.weights, rules: 0.9 } })],
    ['other popularity', () => ({ ...publisher, popularity: publisher.popularity.map((share) => share * 0.9) })],
  ]
  it.each(other)('do not hold for %s', (_what, changed) => {
    expect(() => checkProbes(changed(), probes)).toThrow(/^probe \d of 2: the list differs from the publisher's$/)
  })

  it('do not hold when the scores are right and the items are not', () => {
    // All items change names: every score is the publisher's, of another item.
    const { rules, popularity } = publisher
    const counting = { rules, popularity, weights: { network: 0, rules: 0, popularity: 1, buyAgain: 0 } }
    const probe = { tokens: [], now, ...runProbe(counting, [], now) }
    expect(() => checkProbes(counting, [probe])).not.toThrow()
    expect(() => checkProbes({ ...counting, popularity: popularity.toReversed() }, [probe])).toThrow('the list differs')
  })

  it('hold within a thousandth of a score, and for no shorter list', () => {
    const { top, scores, tokens } = probes[0]
    const close = { tokens, now, top, scores: [...scores] }
    close.scores[1] += 5e-4
    expect(() => checkProbes(publisher, [close])).not.toThrow()
    const short = { tokens, now, top: top.slice(1), scores: scores.slice(1) }
    expect(() => checkProbes(publisher, [short])).toThrow('the list differs')
  })
})
