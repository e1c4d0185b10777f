/** The encoders against their formulas in plain loops, one history at a time. */
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { seeded } from '../../../shared/data/random.ts'
import { tensorsOf, type Weights } from '../../../shared/model/model.ts'
import { type Params, sizeOf } from '../../../shared/model/params.ts'
import { readyBackend } from '../../../trainer/backend.ts'
import { caser } from '../../../trainer/baselines/caser.ts'
import { gru } from '../../../trainer/baselines/gru.ts'
import type { SequenceEncoder } from '../../../trainer/baselines/sequence-network.ts'

const [ITEMS, D] = [6, 4]
const HISTORIES = [[3, 1, 4, 1, 5, 2, 0], [2], [6, 0, 5]] // 6 is a search

beforeAll(async () => {
  await readyBackend()
})

function paramsOf(encoder: SequenceEncoder): Params {
  const shapes: Record<string, number[]> = { table: [ITEMS + 1, D], ...encoder.shapes(D) }
  return Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => {
      const random = seeded(name)
      return [name, { shape, values: Float32Array.from({ length: sizeOf(shape) }, () => 0.7 * random.normal()) }]
    }),
  )
}

/** The states after every item of every history, encoded in one batch of two rows: two histories share the second. */
function statesOf(encoder: SequenceEncoder, params: Params): number[][][] {
  const weights: Weights = tensorsOf(params)
  const length = Math.max(...HISTORIES.map((history) => history.length))
  const rows = new Int32Array(2 * length)
  const first = rows.map((_, place) => place)
  const starts = [0, length, length + HISTORIES[1].length]
  HISTORIES.forEach((history, n) => {
    rows.set(history, starts[n])
    first.fill(starts[n], starts[n], starts[n] + history.length)
  })
  const at = HISTORIES.flatMap((history, n) => history.map((_, place) => starts[n] + place))
  const batch = { rows, actions: rows, gaps: rows, first, sequences: 2, length }
  const states = tf.tidy(() => {
    const encoded = encoder.encode(weights, weights.table as tf.Tensor2D, batch, Int32Array.from(at), (x) => x)
    return encoded.arraySync() as number[][]
  })
  for (const tensor of Object.values(weights)) tensor.dispose()
  return HISTORIES.map((history) => states.splice(0, history.length))
}

/** Row vector times matrix. */
function times(x: number[], { shape: [, columns], values }: Params[string]): number[] {
  return Array.from({ length: columns }, (_, c) =>
    x.reduce((sum, value, r) => sum + value * values[r * columns + c], 0),
  )
}

const plus = (x: number[], { values }: Params[string]) => x.map((value, n) => value + values[n])
const rowOf = (params: Params, item: number) => [...params.table.values.slice(item * D, (item + 1) * D)]
const sigmoid = (x: number) => 1 / (1 + Math.exp(-x))

function expectClose(found: number[][][], expected: (history: number[]) => number[]) {
  HISTORIES.forEach((history, n) => {
    history.forEach((_, place) => {
      const state = expected(history.slice(0, place + 1))
      state.forEach((value, f) => {
        expect(found[n][place][f], `history ${n}, place ${place}, feature ${f}`).toBeCloseTo(value, 4)
      })
    })
  })
}

describe('encoders', () => {
  it('GRU4Rec: gates and state by the formula', () => {
    const params = paramsOf(gru)
    expectClose(statesOf(gru, params), (history) =>
      history.reduce((h, item) => {
        const x = plus(times(rowOf(params, item), params['gru.input']), params['gru.inputBias'])
        const u = plus(times(h, params['gru.state']), params['gru.stateBias'])
        return h.map((old, f) => {
          const r = sigmoid(x[f] + u[f])
          const z = sigmoid(x[D + f] + u[D + f])
          const n = Math.tanh(x[2 * D + f] + r * u[2 * D + f])
          return (1 - z) * n + z * old
        })
      }, new Array<number>(D).fill(0)),
    )
  })

  it('Caser: filters slid over the last five items, nothing before the first', () => {
    const params = paramsOf(caser)
    const relu = (x: number) => Math.max(0, x)
    expectClose(statesOf(caser, params), (history) => {
      const nothing = new Array<number>(D).fill(0)
      const image = [...new Array<number[]>(5).fill(nothing), ...history.map((item) => rowOf(params, item))].slice(-5)
      const horizontal = [1, 2, 3, 4, 5].flatMap((height) => {
        const places = Array.from({ length: 5 - height + 1 }, (_, from) =>
          plus(
            times(image.slice(from, from + height).flat(), params[`horizontal${height}`]),
            params[`horizontalBias${height}`],
          ).map(relu),
        )
        return places[0].map((_, filter) => Math.max(...places.map((place) => place[filter])))
      })
      const vertical = nothing.flatMap((_, f) =>
        times(
          image.map((row) => row[f]),
          params.vertical,
        ),
      )
      return plus(times([...horizontal, ...vertical], params.full), params.fullBias).map(relu)
    })
  })
})
