/**
 * Runs a training step on a batch that may be too large for the memory there is: what does not fit is halved, and the
 * halves' gradients are added with their shares of the targets, which is the whole batch's gradient.
 *
 * The loss is a mean over targets, so with n₁ and n₂ targets in the halves and n in the whole
 *
 *     ∇L = n₁/n · ∇L₁ + n₂/n · ∇L₂
 *
 * as long as both halves see the same negatives, and the same ids and features are dropped as in the whole.
 */
import * as tf from '@tensorflow/tfjs-core'
import type { TrainingBatch } from '../shared/model/fit.ts'
import { divide } from './parallel-learner.ts'
import { UserError } from './user-error.ts'

/** A part of a batch, and how many of the whole batch's targets are in it. */
export interface PartOfBatch {
  batch: TrainingBatch
  /** 0 … 1; those of all parts sum to 1. */
  share: number
}

export interface FittingStep<Result> {
  /** What came of each part, in order; of the whole batch where it fits. @throws UserError when one row does not fit */
  run(batch: TrainingBatch): Promise<{ result: Result; share: number }[]>
}

/**
 * @param compute loss and gradients of a part, say; it must free what it made when it fails, as `tf.tidy` does
 * @param say is told once for each halving
 */
export function createFittingStep<Result>(
  compute: (part: PartOfBatch) => Promise<Result>,
  say: (message: string) => void,
): FittingStep<Result> {
  // Remembered: a batch is not tried again at a size that failed.
  let mostRows = Number.POSITIVE_INFINITY

  async function* fitting(part: PartOfBatch): AsyncGenerator<{ result: Result; share: number }> {
    const { batch, share } = part
    const { sequences, length } = batch
    if (sequences <= mostRows) {
      try {
        yield { result: await compute(part), share }
        return
      } catch (error) {
        if (!isOutOfMemory(error)) throw error
        freeTape()
        const [reason] = (error as Error).message.split('\n')
        if (sequences === 1) {
          throw new UserError(
            `training: a row of ${length} tokens alone does not fit into memory: ${reason}`,
            'train a smaller preset or fewer items, or on a machine with more memory ("vitrine doctor" shows it)',
          )
        }
        mostRows = Math.ceil(sequences / 2)
        say(`a batch of ${sequences} rows does not fit into memory and is halved (${reason})`)
      }
    }
    for (const half of divide(batch, 2)) {
      if (half) yield* fitting({ batch: half, share: (share * half.at.length) / batch.at.length })
    }
  }

  return {
    async run(batch) {
      const parts: { result: Result; share: number }[] = []
      for await (const part of fitting({ batch, share: 1 })) parts.push(part)
      return parts
    },
  }
}

/**
 * TF.js keeps what a forward pass has saved for its gradient until the gradient is made, through every `tidy`. Where a pass
 * failed half-way there will be none, and the memory would be missing for its halves.
 */
function freeTape(): void {
  const { state } = tf.engine()
  for (const { saved } of state.activeTape ?? []) for (const tensor of saved ?? []) tensor.dispose()
  state.activeTape = []
}

/**
 * How the back ends say that there is no memory left.
 *
 *     WASM     our RangeError where malloc fails (`backends/wasm.ts`); "memory access out of bounds" or "Aborted(OOM)" from
 *              the module itself; "Array buffer allocation failed" from V8
 *     WebGPU   GPUOutOfMemoryError; GPUValidationError where a buffer is larger than a limit of the device
 *     CUDA     "OOM when allocating tensor …", ResourceExhausted
 */
export function isOutOfMemory(error: unknown): boolean {
  return error instanceof Error && OUT_OF_MEMORY.test(`${error.constructor.name}: ${error.message}`)
}

const OUT_OF_MEMORY = new RegExp(
  [
    'out of memory',
    'memory access out of bounds',
    'aborted\\(oom',
    'failed to grow|cannot enlarge memory',
    'array buffer allocation failed|invalid (typed )?array( buffer)? length',
    'gpuoutofmemoryerror',
    '(buffer|binding) ?size.*(exceeds|larger than)',
    'createbuffer failed, size',
    'oom when allocating|resource ?exhausted',
  ].join('|'),
  'is',
)
