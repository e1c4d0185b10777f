/** One step of the network, as each engine takes it: a token in, the 20 best items out, the cache kept between. */
import { gapBucket, type Token } from '../../shared/data/sequence.ts'
import type { CompiledModel } from '../../shared/model/compile.ts'
import { scoreItems, startState, step } from '../../shared/model/infer.ts'
import { topK } from '../../shared/model/metrics.ts'

export const TOP = 20

export interface Best {
  items: number[]
  scores: number[]
}

export interface StepEngine {
  step(token: Token): Best | Promise<Best>
  dispose(): void | Promise<void>
}

/** `infer.ts`, on the kernel where the model has one. */
export function ourEngine(model: CompiledModel): StepEngine {
  const state = startState(model)
  const scores = model.kernel?.columns.network ?? new Float32Array(model.config.items)
  return {
    step(token) {
      step(model, state, token)
      scoreItems(model, state.state, scores)
      const items = model.kernel?.top(scores, TOP) ?? topK(scores, TOP)
      return { items, scores: items.map((item) => scores[item]) }
    },
    dispose() {},
  }
}

/** What the other engines are given of a token, and of how much of the window is history. */
export class Clock {
  private tokens = 0
  private lastTime: number | undefined
  private readonly window: number

  constructor(window: number) {
    this.window = window
  }

  /** `mask` is oldest first: 0 for what is there, this token included. */
  next({ item, action, time }: Token): { item: number; action: number; gap: number; mask: Float32Array } {
    const gap = gapBucket(time, this.lastTime)
    this.lastTime = time
    this.tokens++
    const mask = Float32Array.from({ length: this.window }, (_, at) => (this.window - at <= this.tokens ? 0 : -1e9))
    return { item, action, gap, mask }
  }
}
