/**
 * Tells when training no longer learns but runs away: a loss that is no number, or one that stays above what a model that
 * knows nothing would have.
 */
import { UserError } from './user-error.ts'

/** One batch may be odd: this many in a row are not. */
const STEPS = 20
/**
 * Times ln V, the loss of a guess among all V items, or times the first loss where that is higher. In a small training
 * (200 items), rates that learn stayed below 1.2, one that only stalls at 1.1, which harms nobody, and those that
 * ran away at 8 and more.
 */
const TOLERATED = 1.5

export interface DivergenceWatch {
  /**
   * Looks at the loss of a step.
   * @param checkpoint the last one that was written, if any
   * @throws UserError when training has diverged
   */
  see(loss: number, step: number, checkpoint?: { file: string; step: number }): void
  /** Whether the last loss was above the limit: what has been learned is then not worth a checkpoint. */
  isHigh(): boolean
  /** Above which a loss is that of a model that knows nothing; undefined before the first. */
  limit(): number | undefined
}

/**
 * @param items V
 * @param limit of the training that this one goes on from: the first loss seen here may be one that has run away
 */
export function watchDivergence(items: number, learningRate: number, limit?: number): DivergenceWatch {
  const recent: number[] = []
  return {
    isHigh: () => limit !== undefined && recent.length > 0 && recent[recent.length - 1] > limit,
    limit: () => limit,
    see(loss, step, checkpoint) {
      if (!Number.isFinite(loss)) throw diverged(`the loss is ${loss} at step ${step}`, learningRate, checkpoint)
      limit ??= TOLERATED * Math.max(Math.log(items), loss)
      recent.push(loss)
      if (recent.length > STEPS) recent.shift()
      if (recent.length < STEPS || recent.some((value) => value <= (limit as number))) return
      const [mean, guess] = [recent.reduce((sum, value) => sum + value, 0) / STEPS, Math.log(items)].map((value) =>
        value.toFixed(2),
      )
      const what = `the loss has been ${mean} for ${STEPS} steps at step ${step}, where guessing has ${guess}`
      throw diverged(what, learningRate, checkpoint)
    },
  }
}

function diverged(what: string, learningRate: number, checkpoint?: { file: string; step: number }): UserError {
  const kept = checkpoint ? `; the last good checkpoint is ${checkpoint.file}, of step ${checkpoint.step}` : ''
  const lower = Number((learningRate / 3).toPrecision(2))
  const anew = checkpoint ? 'train from the start with --anew, and ' : ''
  return new UserError(
    `training: ${what}${kept}`,
    `lower the learning rate, now ${learningRate}, with --learning-rate ${lower}; if that does not help, ${anew}look for broken prices and times in the import report`,
  )
}
