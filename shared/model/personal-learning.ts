/**
 * Whether what a shopper's device has learned is used. Learning from one person's few events may as well do harm, so it
 * has to show on that person's newest wishes, which it did not learn from:
 *
 *     history ─┬─ earlier wishes ─ fit ─▶ adapter ─┐
 *              └─ newest wishes ───────────────────┴─ loss at a share α of it ─▶ the best α, if by more than noise
 *
 * Where no share helps by more than noise, the model stays everyone's.
 */
import type { Token } from '../data/sequence.ts'
import { type Adapter, foldAdapter, shrinkAdapter } from './adapter.ts'
import type { AnyModel } from './infer.ts'
import { fitPersonally, type PersonalFit } from './personal-fit.ts'
import { foretell, type Wishes, wishesOf } from './wishes.ts'

export interface PersonalLearning extends PersonalFit {
  /** Of the tokens. */
  latest: number
  /** Share of the wishes that is held out; never fewer than `leastHeldOut`. */
  heldOut: number
  leastHeldOut: number
  /** Fewer wishes teach nothing. */
  leastWishes: number
  /** Standard errors by which the held-out loss must fall. */
  noise: number
}

/** Chosen on one half of Online Retail's and the sample shop's shoppers: docs/quality.md. */
export const PERSONAL_LEARNING: PersonalLearning = {
  adapter: { rank: 2, matrices: [] },
  latest: 200,
  heldOut: 0.25,
  leastHeldOut: 4,
  leastWishes: 12,
  steps: 20,
  negatives: 256,
  shiftRate: 1e-2,
  lowRankRate: 1e-3,
  decay: 1e-3,
  noise: 1,
  seed: 1,
}

/** What can be tried; 1 is all that was learned, 0 is everyone's model. */
export const SHARES = [1 / 4, 1 / 2, 1] as const

/** Held-out loss, in nats a wish. */
export interface Trial {
  wishes: number
  before: number
  after: number
  /** Of the mean difference. */
  standardError: number
  share: number
}

export type Decision = { outcome: 'accepted'; adapter: Adapter; trial: Trial } | { outcome: 'rejected'; trial: Trial }

/** The latest tokens, and which of their wishes teach and which are held out. */
export function divide(
  tokens: readonly Token[],
  { latest, heldOut, leastHeldOut, leastWishes }: PersonalLearning,
): { tokens: readonly Token[]; taught: Wishes; heldOut: Wishes } | undefined {
  const last = tokens.slice(-latest)
  const wishes = wishesOf(last)
  if (wishes.length < Math.max(leastWishes, leastHeldOut + 1)) return undefined
  const kept = Math.max(leastHeldOut, Math.round(heldOut * wishes.length))
  return { tokens: last, taught: wishes.slice(0, -kept), heldOut: wishes.slice(-kept) }
}

/** What was learned, whole, and how each share of it does. */
export interface Lesson {
  adapter: Adapter
  trials: Trial[]
  /** Before each step. */
  losses: number[]
}

/**
 * @param modelName which network this is: the adapter is of no use to another
 * @param history the whole of it, oldest first
 * @param popularity (V) how often everyone wanted each item
 * @param between see `fitPersonally`
 * @returns undefined where there is too little to learn from
 */
export async function learnPersonally(
  model: AnyModel,
  modelName: string,
  history: readonly Token[],
  popularity: Float32Array,
  settings: PersonalLearning,
  between: () => Promise<void> = async () => {},
): Promise<Lesson | undefined> {
  const parts = divide(history, settings)
  if (!parts) return undefined
  const { tokens, taught, heldOut } = parts
  const { params, losses } = await fitPersonally({ model, tokens, wishes: taught, popularity }, settings, between)
  const adapter: Adapter = { ...settings.adapter, model: modelName, params }
  const before = foretell(model, tokens, heldOut).losses
  const trials: Trial[] = []
  for (const share of SHARES) {
    await between()
    const changed = foldAdapter(model, { ...adapter, params: shrinkAdapter(params, share) })
    trials.push(compare(before, foretell(changed, tokens, heldOut).losses, share))
  }
  return { adapter, trials, losses }
}

/** @param noise standard errors by which the best share must help */
export function decide({ adapter, trials }: Lesson, noise: number): Decision {
  const trial = trials.reduce((best, next) => (next.after < best.after ? next : best))
  if (!(trial.before - trial.after > noise * trial.standardError)) return { outcome: 'rejected', trial }
  return { outcome: 'accepted', adapter: { ...adapter, params: shrinkAdapter(adapter.params, trial.share) }, trial }
}

function compare(before: Float64Array, after: Float64Array, share: number): Trial {
  const wishes = before.length
  const mean = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0) / wishes
  const differences = before.map((loss, n) => loss - after[n])
  const gain = mean(differences)
  const variance = differences.reduce((sum, value) => sum + (value - gain) ** 2, 0) / Math.max(1, wishes - 1)
  return { wishes, before: mean(before), after: mean(after), standardError: Math.sqrt(variance / wishes), share }
}
