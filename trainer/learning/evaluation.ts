/**
 * What learning on the device is worth to shoppers: each one's adapter is learned from what they did before a date, and
 * asked about what they did after it, with all that came before each question in the context of every arm.
 *
 *     frozen    everyone's model, which adapts by reading the history alone
 *     plain     the adapter, always used
 *     gated     the adapter where the shopper's own held-out wishes accept it, shrunk as they say
 *     placebo   another shopper's accepted adapter: what is left of the gain when the learning is about somebody else
 */
import { foldAdapter } from '../../shared/model/adapter.ts'
import type { AnyModel } from '../../shared/model/infer.ts'
import { type Decision, decide, type PersonalLearning } from '../../shared/model/personal-gate.ts'
import { learnPersonally } from '../../shared/model/personal-learning.ts'
import { type Foretold, foretell } from '../../shared/model/wishes.ts'
import type { Learner } from './shoppers.ts'

export const ARMS = ['plain', 'gated', 'placebo'] as const
export type Arm = (typeof ARMS)[number]

/** One shopper with one seed. */
export interface Asked {
  shopper: string
  decision: Decision
  frozen: Foretold
  arms: Record<Arm, Foretold>
}

/**
 * @param learners all of them could learn something
 * @param onAsked told how many are done
 */
export async function askLearners(
  model: AnyModel,
  learners: readonly Learner[],
  popularity: Float32Array,
  settings: PersonalLearning,
  onAsked: (done: number) => void = () => {},
): Promise<Asked[]> {
  const asked: Asked[] = []
  const accepted: (AnyModel | undefined)[] = []
  for (const { shopper, tokens, later, known } of learners) {
    const lesson = await learnPersonally(model, '', tokens.slice(0, known), popularity, settings)
    if (!lesson) throw new Error(`${shopper}: has too little to learn from`)
    const decision = decide(lesson, settings.noise)
    const frozen = foretell(model, tokens, later)
    const plain = foretell(foldAdapter(model, lesson.adapter), tokens, later)
    const own = decision.outcome === 'accepted' ? foldAdapter(model, decision.adapter) : undefined
    const gated = own ? foretell(own, tokens, later) : frozen
    accepted.push(own)
    asked.push({ shopper, decision, frozen, arms: { plain, gated, placebo: frozen } })
    onAsked(asked.length)
  }
  learners.forEach(({ tokens, later }, n) => {
    const others = accepted[(n + 1) % learners.length]
    if (others) asked[n].arms.placebo = foretell(others, tokens, later)
  })
  return asked
}
