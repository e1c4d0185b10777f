/** Runs in the page: all engines on one model, taking turns, after they have been seen to agree. */
import type { Token } from '../../shared/data/sequence.ts'
import { withKernel } from '../../shared/model/kernel.ts'
import { onnxStep } from './onnx-step.ts'
import { randomModel } from './random-model.ts'
import { type Best, ourEngine, type StepEngine, TOP } from './step-engine.ts'
import { loadOnnx, onnxEngine } from './step-onnx.ts'
import { loadTfjs, tfjsEngine } from './step-tfjs.ts'

export interface StepTimes {
  engine: string
  times: number[]
  /** Largest difference of a score of the top 20 from the plain loop's. */
  offBy: number
}

export interface StepPlan {
  items: number
  /** Turns of each engine, and steps a turn. */
  rounds: number
  steps: number
  /** The bytes of `kernels/rank.ts`. */
  kernel: number[]
}

/** More than the window: the cache has moved. */
const AGREED_TOKENS = 60
/** Float32 sums of 64 products in another order; scores are about 1. */
const TOLERANCE = 1e-3

window.stepTimes = async ({ items, rounds, steps, kernel }) => {
  const model = randomModel(items)
  const fast = withKernel(model, await WebAssembly.compile(Uint8Array.from(kernel)))
  await loadTfjs('/tfjs/')
  const onnx = await loadOnnx(new URL('/onnx/', location.href).href)
  const engines: [string, StepEngine][] = [
    ['plain loop', ourEngine(model)],
    ['kernel', ourEngine(fast)],
    ['onnxruntime-web', await onnxEngine(onnx, onnxStep(model, TOP), model.config)],
    ['tfjs wasm', tfjsEngine(model)],
  ]
  const results = engines.map(([engine]): StepTimes => ({ engine, times: [], offBy: 0 }))
  for (let t = 0; t < AGREED_TOKENS; t++) {
    const expected = await engines[0][1].step(tokenAt(t, items))
    for (let n = 1; n < engines.length; n++) {
      const [name, engine] = engines[n]
      const found = await engine.step(tokenAt(t, items))
      const difference = largestDifference(found, expected)
      if (!(difference <= TOLERANCE)) throw new Error(`${name} differs by ${difference} at token ${t + 1}`)
      results[n].offBy = Math.max(results[n].offBy, difference)
    }
  }
  let next = AGREED_TOKENS
  for (let round = 0; round < rounds; round++) {
    for (let n = 0; n < engines.length; n++) {
      for (let t = 0; t < steps; t++) {
        const token = tokenAt(next + t, items)
        const began = performance.now()
        const best = await engines[n][1].step(token)
        results[n].times.push(performance.now() - began)
        if (best.items.length !== TOP) throw new Error(`${results[n].engine}: ${best.items.length} items`)
      }
    }
    next += steps
  }
  for (const [, engine] of engines) await engine.dispose()
  return results
}

function tokenAt(t: number, items: number): Token {
  return { item: (t * 7919) % items, action: t % 3, time: 1_780_000_000_000 + t * t * 1000 }
}

/** Items of nearly the same score may change places; NaN when the lists differ by more than that. */
function largestDifference(found: Best, expected: Best): number {
  if (found.items.length !== expected.items.length) return Number.NaN
  return Math.max(
    ...found.scores.map((score, place) => {
      const here = expected.items.indexOf(found.items[place])
      const bySwap = here < 0 ? Math.abs(score - expected.scores[place]) : Math.abs(score - expected.scores[here])
      return Math.max(bySwap, Math.abs(score - expected.scores[place]))
    }),
  )
}
