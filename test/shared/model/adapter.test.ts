import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { seeded } from '../../../shared/data/random.ts'
import { gapBucket, type Token } from '../../../shared/data/sequence.ts'
import {
  ADAPTABLE,
  type AdapterConfig,
  adapterShapes,
  foldAdapter,
  initAdapter,
  shrinkAdapter,
} from '../../../shared/model/adapter.ts'
import { type CompiledModel, decompile } from '../../../shared/model/compile.ts'
import { scoreItems } from '../../../shared/model/infer.ts'
import { withKernel } from '../../../shared/model/kernel.ts'
import { encode, firstOfRows, itemTable, score, tensorsOf } from '../../../shared/model/model.ts'
import { flatten, type Params, unflattenTo } from '../../../shared/model/params.ts'
import { stateAfter } from '../../../shared/model/rank.ts'
import { readyBackend } from '../../../trainer/backend.ts'
import { kernel } from '../../../trainer/kernel.ts'
import { history, SMALL, smallNetwork } from './small-network.ts'

beforeAll(() => readyBackend('wasm'))

const anyConfig: fc.Arbitrary<AdapterConfig> = fc.record({
  rank: fc.integer({ min: 2, max: 4 }),
  matrices: fc.subarray([...ADAPTABLE]),
})

/** As if it had learned a lot. */
function randomAdapter(config: AdapterConfig, seed: string): Params {
  const random = seeded(seed)
  const params = initAdapter(SMALL, config, seed)
  for (const { values } of Object.values(params))
    for (let i = 0; i < values.length; i++) values[i] += 0.3 * random.normal()
  return params
}

/** By `model.ts`: W + A·B where the matrices are, h + u where the state is. */
function expectedScores(model: CompiledModel, adapter: Params, tokens: readonly Token[]): Float32Array {
  const { config, params } = decompile(model)
  return tf.tidy(() => {
    const weights = tensorsOf(params)
    const change = tensorsOf(adapter)
    for (const name of Object.keys(adapter)) {
      if (!name.endsWith('.a')) continue
      const matrix = name.slice(0, -2)
      weights[matrix] = tf.add(
        weights[matrix],
        tf.matMul(change[name] as tf.Tensor2D, change[`${matrix}.b`] as tf.Tensor2D),
      )
    }
    const states = encode(weights, config, itemTable(weights), {
      rows: Int32Array.from(tokens, ({ item }) => item),
      actions: Int32Array.from(tokens, ({ action }) => action),
      gaps: Int32Array.from(tokens, ({ time }, n) => gapBucket(time, tokens[n - 1]?.time)),
      first: firstOfRows(1, tokens.length, config.window),
      sequences: 1,
      length: tokens.length,
    })
    const last = tf.add(tf.slice(states, [tokens.length - 1, 0], [1, -1]), change.shift) as tf.Tensor2D
    return score(weights, itemTable(weights), last).dataSync() as Float32Array
  })
}

function foldedScores(model: CompiledModel, tokens: readonly Token[]): Float32Array {
  const scores = new Float32Array(model.config.items)
  scoreItems(model, stateAfter(model, tokens).state, scores)
  return scores
}

describe('a folded adapter', () => {
  it.each([
    [['qkv'], 2],
    [['out'], 3],
    [['up', 'down'], 4],
    [[...ADAPTABLE], 2],
    [[], 2],
  ] as const)('on %j with rank %i scores as the adapted network does in TF.js, within 1e-5', (matrices, rank) => {
    const model = smallNetwork('folded')
    const adapter = randomAdapter({ matrices, rank }, `adapter ${matrices}`)
    const folded = foldAdapter(model, { matrices, rank, params: adapter })
    for (const length of [1, 5, 17]) {
      const tokens = history(`history ${length}`, length)
      const expected = expectedScores(model, adapter, tokens)
      const found = foldedScores(folded, tokens)
      const largest = Math.max(1, ...expected.map(Math.abs))
      found.forEach((value, item) => {
        expect(Math.abs(value - expected[item]) / largest).toBeLessThan(1e-5)
      })
      // Else nothing was compared.
      const plain = foldedScores(model, tokens)
      expect(Math.max(...plain.map((value, item) => Math.abs(value - expected[item])))).toBeGreaterThan(0.05)
    }
  })

  it('that has learned nothing changes nothing, bit for bit', () => {
    const model = smallNetwork('untouched')
    const bytes = ({ bias, blocks, table }: CompiledModel) =>
      [bias, table.values, table.scales, ...blocks.flatMap((block) => Object.values(block))].map((array) =>
        Buffer.from(array.buffer, array.byteOffset, array.byteLength).toString('hex'),
      )
    fc.assert(
      fc.property(anyConfig, fc.integer(), (config, seed) => {
        const folded = foldAdapter(model, { ...config, params: initAdapter(SMALL, config, seed) })
        expect(bytes(folded)).toEqual(bytes(model))
      }),
      { numRuns: 20 },
    )
  })

  it('leaves the model that it is folded into as it was, and runs on the kernel', async () => {
    const model = smallNetwork('kernel')
    const config: AdapterConfig = { rank: 2, matrices: ['qkv', 'down'] }
    const tokens = history('kernel', 9)
    const before = foldedScores(model, tokens)
    const fast = withKernel(model, await WebAssembly.compile(await kernel('rank', { importMemory: true })))
    const folded = foldAdapter(fast, { ...config, params: randomAdapter(config, 'kernel') })
    expect(folded.kernel).toBeUndefined()
    expect(foldedScores(model, tokens)).toEqual(before)
    const again = withKernel(folded, await WebAssembly.compile(await kernel('rank', { importMemory: true })))
    const [found, expected] = [foldedScores(again, tokens), foldedScores(folded, tokens)]
    found.forEach((value, item) => {
      expect(value).toBeCloseTo(expected[item], 4)
    })
  })

  it('of another network is refused', () => {
    const model = smallNetwork('refused')
    const config: AdapterConfig = { rank: 2, matrices: ['up'] }
    const params = initAdapter({ ...SMALL, hidden: 16 }, config, 1)
    expect(() => foldAdapter(model, { ...config, params })).toThrow(
      'adapter: "block0.up.b" has 64 numbers, the model\'s 2,24',
    )
    expect(() => foldAdapter(model, { ...config, params: initAdapter({ ...SMALL, blocks: 1 }, config, 1) })).toThrow(
      'adapter: "block1.up.a" has undefined numbers',
    )
  })
})

describe('an adapter', () => {
  it('is one flat vector and back', () => {
    fc.assert(
      fc.property(anyConfig, (config) => {
        const params = randomAdapter(config, 'flat')
        expect(unflattenTo(adapterShapes(SMALL, config), flatten(params))).toEqual(params)
      }),
      { numRuns: 20 },
    )
    const config: AdapterConfig = { rank: 2, matrices: ['qkv'] }
    const flat = flatten(initAdapter(SMALL, config, 1))
    expect(flat.length).toBe(16 + 2 * (16 * 2 + 2 * 48))
    expect(() => unflattenTo(adapterShapes(SMALL, { ...config, rank: 3 }), flat)).toThrow(/parameters: 272 floats, but/)
  })

  it('shrunk to a share changes matrices and biases by that share', () => {
    const model = smallNetwork('shrunk')
    fc.assert(
      fc.property(anyConfig, fc.double({ min: 0, max: 1, noNaN: true }), (config, share) => {
        const params = randomAdapter(config, 'shrunk')
        const whole = foldAdapter(model, { ...config, params })
        const part = foldAdapter(model, { ...config, params: shrinkAdapter(params, share) })
        const arrays = (of: CompiledModel) => [
          of.bias,
          ...of.blocks.flatMap(({ qkv, out, up, down }) => [qkv, out, up, down]),
        ]
        const worst = arrays(model).map((original, n) => {
          const [ofWhole, ofPart] = [arrays(whole)[n], arrays(part)[n]]
          return Math.max(...original.map((value, at) => Math.abs(ofPart[at] - value - share * (ofWhole[at] - value))))
        })
        expect(Math.max(...worst)).toBeLessThan(1e-5)
      }),
      { numRuns: 20 },
    )
  })
})
