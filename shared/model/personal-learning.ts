/** Learns a shopper's adapter and tries it on their newest wishes; `personal-gate.ts` says what becomes of it. */
import type { Token } from '../data/sequence.ts'
import { type Adapter, foldAdapter, shrinkAdapter } from './adapter.ts'
import type { AnyModel } from './infer.ts'
import { fitPersonally } from './personal-fit.ts'
import { compare, divide, type Lesson, type PersonalLearning, type Trial } from './personal-gate.ts'
import { foretell } from './wishes.ts'

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
  for (const share of settings.shares) {
    await between()
    const changed = foldAdapter(model, { ...adapter, params: shrinkAdapter(params, share) })
    trials.push(compare(before, foretell(changed, tokens, heldOut).losses, share))
  }
  return { adapter, trials, losses }
}
