/**
 * Whether what a shopper's device has learned is used. Learning from one person's few events may as well do harm, so it
 * has to show on that person's newest wishes, which it did not learn from:
 *
 *     history ─┬─ earlier wishes ─ fit ─▶ adapter ─┐
 *              └─ newest wishes ───────────────────┴─ loss at a share α of it ─▶ the best α, if it helps
 *
 * Where no share helps, by half a standard error at least, the model stays everyone's.
 */
import type { Token } from '../data/sequence.ts'
import { type Adapter, type AdapterConfig, shrinkAdapter } from './adapter.ts'
import { type Wishes, wishesOf } from './wishes.ts'

export interface PersonalFit {
  adapter: AdapterConfig
  steps: number
  /** Drawn anew for each step, in proportion to popularity^.75. */
  negatives: number
  /** Of u, and of A and B. */
  shiftRate: number
  lowRankRate: number
  /** Of the squares of u and B, which draw the adapter back to doing nothing. */
  decay: number
  seed: string | number
}

export interface PersonalLearning extends PersonalFit {
  /** Of the tokens. */
  latest: number
  /** Share of the wishes that is held out; never fewer than `leastHeldOut`. */
  heldOut: number
  leastHeldOut: number
  /** Fewer wishes teach nothing. */
  leastWishes: number
  /** Of what was learned, to be tried; 1 is the whole, 0 would be everyone's model. */
  shares: readonly number[]
  /** Standard errors by which the held-out loss must fall. */
  noise: number
}

/**
 * Chosen on shoppers that no figure is reported of (docs/quality.md, `npm run bench -- learning`). The whole of what was
 * learned is never used: it harms one shopper in eight, the half of it one in thirty.
 */
export const PERSONAL_LEARNING: PersonalLearning = {
  adapter: { rank: 2, matrices: [] },
  latest: 200,
  heldOut: 0.25,
  leastHeldOut: 4,
  leastWishes: 12,
  steps: 20,
  negatives: 1024,
  shiftRate: 1e-2,
  lowRankRate: 1e-3,
  decay: 1e-3,
  shares: [1 / 4, 1 / 2],
  noise: 0.5,
  seed: 1,
}

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

/** @param noise standard errors by which the best share must help */
export function decide({ adapter, trials }: Lesson, noise: number): Decision {
  const trial = trials.reduce((best, next) => (next.after < best.after ? next : best))
  if (!(trial.before - trial.after > noise * trial.standardError)) return { outcome: 'rejected', trial }
  return { outcome: 'accepted', adapter: { ...adapter, params: shrinkAdapter(adapter.params, trial.share) }, trial }
}

/** Loss of each held-out wish without and with a share of the adapter. */
export function compare(before: Float64Array, after: Float64Array, share: number): Trial {
  const wishes = before.length
  const mean = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0) / wishes
  const differences = before.map((loss, n) => loss - after[n])
  const gain = mean(differences)
  const variance = differences.reduce((sum, value) => sum + (value - gain) ** 2, 0) / Math.max(1, wishes - 1)
  return { wishes, before: mean(before), after: mean(after), standardError: Math.sqrt(variance / wishes), share }
}
