/**
 * What a shopper's own history asks and answers: after these tokens, which item was wanted next? The newest questions are
 * held out; whether something learned from the others helps, they decide.
 */
import { isPositive, type Token } from '../data/sequence.ts'
import { type AnyModel, scoreItems, startState, step } from './infer.ts'

/** `tokens[at]` is by which the shopper wanted an item: asked of the state before it. */
export type Wishes = number[]

/** Viewing, carting and buying one thing is one wish, and the first token has nothing before it. */
export function wishesOf(tokens: readonly Token[]): Wishes {
  const wishes: Wishes = []
  for (let at = 1; at < tokens.length; at++) {
    const { item, action } = tokens[at]
    if (item >= 0 && isPositive(action) && item !== tokens[at - 1].item) wishes.push(at)
  }
  return wishes
}

/** What a model said of each wish before it was made. */
export interface Foretold {
  /** −ln of the item's share in the softmax over all items, in nats. */
  losses: Float64Array
  /** The item's place, from 1; behind all others of its score. */
  ranks: Float64Array
}

/**
 * Asks a model about each wish, with all that came before it in its context.
 * @param wishes ascending
 */
export function foretell(model: AnyModel, tokens: readonly Token[], wishes: Wishes): Foretold {
  const state = startState(model)
  const scores = new Float32Array(model.config.items)
  const foretold = { losses: new Float64Array(wishes.length), ranks: new Float64Array(wishes.length) }
  // Tokens further back than every block's window cannot change a state.
  const reach = model.config.blocks * (model.config.window - 1) + 1
  let read = Math.max(0, (wishes[0] ?? 0) - reach)
  if (read > 0) state.lastTime = tokens[read - 1].time
  wishes.forEach((at, n) => {
    while (read < at) step(model, state, tokens[read++])
    scoreItems(model, state.state, scores)
    const own = scores[tokens[at].item]
    let [sum, rank] = [0, 0]
    for (let item = 0; item < scores.length; item++) {
      sum += Math.exp(scores[item] - own)
      if (scores[item] >= own) rank++
    }
    foretold.losses[n] = Math.log(sum)
    foretold.ranks[n] = rank
  })
  return foretold
}
