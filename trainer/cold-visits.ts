/** What placing new items is worth to every visit, whatever it wants. */
import type { Scorer } from './baselines.ts'
import type { Histories } from './datasets/histories.ts'
import { askAll, type Interval, pairedInterval } from './evaluate.ts'
import { datesOf } from './protocol.ts'
import { sampleQueries, visitQueries, withoutSeen } from './queries.ts'

/** Of all that could be asked. */
const VISITS = 3_000

/** NDCG@10 of each visit. */
export interface VisitAnswers {
  placed: Float64Array
  not: Float64Array
  shoppers: number[]
}

export interface VisitGain {
  queries: number
  /** With new items placed. */
  ndcg: number
  placed_minus_not: Interval
}

/** Visits under way since the test began. */
export function askVisits(h: Histories, placed: Scorer, not: Scorer): VisitAnswers {
  const visits = withoutSeen(visitQueries(h, datesOf(h).test, Number.POSITIVE_INFINITY, 'during'))
  const asked = sampleQueries(visits, VISITS, 'every visit')
  const ndcgOf = (scorer: Scorer) => askAll(scorer, asked, h.items.length).ndcg
  return { placed: ndcgOf(placed), not: ndcgOf(not), shoppers: asked.map(({ shopper }) => shopper) }
}

/** Of all seeds together. */
export function visitGain(answers: readonly VisitAnswers[]): VisitGain {
  const joined = (side: 'placed' | 'not') => Float64Array.from(answers.flatMap((of) => [...of[side]]))
  const [placed, not] = [joined('placed'), joined('not')]
  const shoppers = answers.flatMap((of) => of.shoppers)
  return {
    queries: placed.length,
    ndcg: placed.reduce((sum, value) => sum + value, 0) / placed.length,
    placed_minus_not: pairedInterval(placed, not, shoppers),
  }
}
