/**
 * Compares the kernel with the plain loops: sizes around powers of two and odd ones, ties, NaN, what is left out, more
 * asked for than there is. Runs in Node and, bundled, in Chromium.
 */
import { seeded } from '../../../shared/data/random.ts'
import { VIEW } from '../../../shared/data/sequence.ts'
import { type CompiledModel, compile } from '../../../shared/model/compile.ts'
import { scoreItems, startState, step } from '../../../shared/model/infer.ts'
import { withKernel } from '../../../shared/model/kernel.ts'
import { topK } from '../../../shared/model/metrics.ts'
import { initParams } from '../../../shared/model/params.ts'

export interface Agreement {
  compared: number
  /** Each in words: empty is what a test wants. */
  disagreements: string[]
}

const ITEMS = [1, 2, 3, 4, 5, 7, 8, 9, 31, 33, 64, 65, 257]
const WIDTHS = [1, 2, 4, 7, 8, 9, 15, 16, 17, 31, 33, 64]
/** The widest that there may be: sums of this many products just fit 32 bits. */
const WIDEST = 512

export function compareKernel(module: WebAssembly.Module): Agreement {
  const agreement: Agreement = { compared: 0, disagreements: [] }
  const expect = (holds: boolean, what: () => string) => {
    agreement.compared++
    if (!holds) agreement.disagreements.push(what())
  }
  for (const items of ITEMS) for (const width of WIDTHS) compareModel(module, items, width, expect)
  compareModel(module, 5, WIDEST, expect)
  for (const length of [...ITEMS, 1000, 1023, 1025]) compareTop(module, length, expect)
  return agreement
}

type Expect = (holds: boolean, what: () => string) => void

function madeUp(items: number, width: number): CompiledModel {
  const config = { items, contentWidth: 0, width, blocks: 2, heads: 1, window: 5, hidden: Math.min(width, 64) + 3 }
  const params = initParams(config, `${items} ${width}`)
  const random = seeded(`kernel ${items} ${width}`)
  for (const [name, { values }] of Object.entries(params))
    if (name.startsWith('item') || name.startsWith('token'))
      for (let i = 0; i < values.length; i++) values[i] = random.normal()
  const model = compile(config, params)
  // The largest numbers that there can be, in the first row and, of the other sign, in the last.
  model.table.values.fill(127, 0, width)
  model.table.values.fill(-128, (items - 1) * width)
  return model
}

function compareModel(module: WebAssembly.Module, items: number, width: number, expect: Expect): void {
  const plain = madeUp(items, width)
  const model = withKernel(plain, module)
  const named = `${items} × ${width}`
  expect(model.kernel !== undefined, () => `${named}: no kernel`)
  const random = seeded(named)
  const [a, b] = [startState(plain), startState(model)]
  for (let t = 0; t < 8; t++) {
    const token = { item: random.int(items), action: VIEW, time: t * 60_000 }
    step(plain, a, token)
    step(model, b, token)
    const worst = Math.max(...a.state.map((value, j) => Math.abs(value - b.state[j])))
    expect(worst < 1e-4, () => `${named}: after ${t + 1} tokens the states differ by ${worst}`)
  }
  const states: Record<string, Float32Array> = {
    'after tokens': a.state,
    'of one sign': new Float32Array(width).fill(0.3),
    'of zeros': new Float32Array(width),
    large: Float32Array.from({ length: width }, () => 1e6 * random.normal()),
    small: Float32Array.from({ length: width }, () => 1e-6 * random.normal()),
    'with one peak': Float32Array.from({ length: width }, (_, j) => (j === width >> 1 ? 1000 : random.normal())),
    'with NaN first': Float32Array.from({ length: width }, (_, j) => (j === 0 ? Number.NaN : 0.5)),
    'with NaN last': Float32Array.from({ length: width }, (_, j) => (j === width - 1 ? Number.NaN : 0.5)),
  }
  for (const [kind, state] of Object.entries(states)) {
    const expected = new Float32Array(items)
    scoreItems(plain, state, expected)
    // In the kernel's memory and outside of it.
    for (const scores of [model.kernel?.columns.network ?? new Float32Array(0), new Float32Array(items)]) {
      scoreItems(model, state, scores)
      for (let i = 0; i < items; i++) {
        let size = Math.abs(plain.bias[i])
        for (let j = 0; j < width; j++)
          size += Math.abs(plain.table.values[i * width + j] * plain.table.scales[i] * state[j])
        const close = Math.abs(scores[i] - expected[i]) <= 5e-7 * size
        const same = close || (Number.isNaN(expected[i]) && Number.isNaN(scores[i]))
        expect(same, () => `${named}, state ${kind}, item ${i}: ${scores[i]} instead of ${expected[i]}`)
      }
    }
  }
}

function compareTop(module: WebAssembly.Module, length: number, expect: Expect): void {
  const { kernel } = withKernel(madeUp(length, 8), module)
  const random = seeded(`top ${length}`)
  const made = (value: (i: number) => number) => Float32Array.from({ length }, (_, i) => value(i))
  const odd = [Number.NaN, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY, -0, 0, 1, -1]
  const lists: Record<string, Float32Array> = {
    random: made(() => random.normal()),
    rising: made((i) => i),
    falling: made((i) => -i),
    'all alike': made(() => 0.3),
    'of few values': made(() => random.int(4)),
    'of odd values': made(() => random.pick(odd)),
    'all left out': made(() => Number.NEGATIVE_INFINITY),
    'all NaN': made(() => Number.NaN),
    'all but one left out': made((i) => (i === length - 1 ? -5 : Number.NEGATIVE_INFINITY)),
  }
  for (const [kind, scores] of Object.entries(lists)) {
    for (const k of [0, 1, 2, 3, 10, 20, length - 1, length, length + 1, 1024, 1025]) {
      const expected = topK(scores, k).join()
      kernel?.columns.scores.set(scores)
      for (const list of [kernel?.columns.scores, scores]) {
        const found = list && kernel?.top(list, k).join()
        expect(found === expected, () => `top ${k} of ${length} ${kind}: ${found} instead of ${expected}`)
      }
    }
  }
}
