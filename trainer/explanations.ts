/**
 * Are the reasons on the cards the reasons? For each question the blend's first suggestion is taken, and three acts are left
 * out of the history: its three strongest reasons, three drawn, or the three latest. True reasons move it further down.
 */
import { seeded } from '../shared/data/random.ts'
import type { Token } from '../shared/data/sequence.ts'
import { type Act, actsOf, reasonsFor } from '../shared/model/contributions.ts'
import { topK } from '../shared/model/metrics.ts'
import { blend, type Models, signalsOf, stateAfter } from '../shared/model/rank.ts'
import type { ModelsAt } from './blend.ts'
import { type Interval, pairedInterval, tokensOfQuery } from './evaluate.ts'
import type { Query } from './queries.ts'

const REASONS = 3
/** With fewer acts the three strongest, three drawn and the three latest are nearly the same. */
const MIN_ACTS = 6

export interface ExplanationScore {
  /** Questions with enough acts. */
  questions: number
  /** Mean of log2 of the suggestion's place, from 1, after leaving out. */
  log2_place: Record<Arm, number>
  /** Of the reasons less each of the others, over shoppers. */
  further_down: Record<Exclude<Arm, 'reasons'>, Interval>
}

const ARMS = ['reasons', 'drawn', 'latest'] as const
type Arm = (typeof ARMS)[number]

/** @param modelsAt with the blend's weights */
export function scoreExplanations(
  modelsAt: ModelsAt,
  queries: readonly Query[],
  texts: readonly string[],
  seed: string,
): ExplanationScore {
  const random = seeded(`explanations ${seed}`)
  const places: Record<Arm, number[]> = { reasons: [], drawn: [], latest: [] }
  const shoppers: number[] = []
  for (const query of queries) {
    const tokens = tokensOfQuery(query, texts)
    const acts = actsOf(tokens)
    if (acts.length < MIN_ACTS) continue
    const models = modelsAt(query.time)
    const scores = blended(models, tokens, query)
    const [item] = topK(scores, 1)
    const chosen: Record<Arm, Act[]> = {
      reasons: reasonsFor(models, tokens, item, REASONS).map(({ act }) => act),
      drawn: Array.from(random.shuffle(Int32Array.from(acts.keys())).subarray(0, REASONS), (n) => acts[n]),
      latest: [...acts].sort((a, b) => a.tokens[a.tokens.length - 1] - b.tokens[b.tokens.length - 1]).slice(-REASONS),
    }
    for (const arm of ARMS) {
      const left = new Set(chosen[arm].flatMap((act) => act.tokens))
      const after = blended(
        models,
        tokens.filter((_, at) => !left.has(at)),
        query,
      )
      places[arm].push(Math.log2(1 + after.reduce((ahead, score) => ahead + (score > after[item] ? 1 : 0), 0)))
    }
    shoppers.push(query.shopper)
  }
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
  const further = (arm: Arm) =>
    pairedInterval(Float64Array.from(places.reasons), Float64Array.from(places[arm]), shoppers)
  return {
    questions: shoppers.length,
    log2_place: { reasons: mean(places.reasons), drawn: mean(places.drawn), latest: mean(places.latest) },
    further_down: { drawn: further('drawn'), latest: further('latest') },
  }
}

/** Scores of all items as a shelf has them: nothing that the whole history has seen. */
function blended(models: Models, tokens: readonly Token[], query: Query): Float32Array {
  const scores = new Float32Array(models.popularity.length)
  const state = models.network && stateAfter(models.network, tokens)
  blend(signalsOf(models, tokens, state, query.time), models.weights, scores)
  for (const item of query.items) if (item >= 0) scores[item] = Number.NEGATIVE_INFINITY
  return scores
}
