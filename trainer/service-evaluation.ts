/**
 * What the cross-category shelf and the taste start are worth in a simulated shop: the shelf's relevance and variety at each
 * λ, and a new shopper's first visit with and without three honest answers.
 */
import { CATEGORY_SEPARATOR } from '../shared/data/catalog.ts'
import { itemsOf } from '../shared/data/events.ts'
import { isPositive, tokensOf } from '../shared/data/sequence.ts'
import { rankingMetrics, topK } from '../shared/model/metrics.ts'
import { blend, type Models, popularityShare, signalsOf, standardise } from '../shared/model/rank.ts'
import { countRules, topRules } from '../shared/model/rules.ts'
import { visitsOf } from '../shared/profile/entries.ts'
import { interestsIn } from '../shared/profile/interests.ts'
import { memoryOf } from '../shared/profile/memory.ts'
import { type TasteAnswers, tastePrior, tasteQuestions } from '../shared/profile/taste-start.ts'
import { categoryLikeness, discover } from '../shared/service/discover.ts'
import { type Interval, pairedInterval } from './evaluate.ts'
import { companionsOf } from './profile/companions.ts'
import { DAY_MS } from './profile/moments.ts'
import type { Shoppers } from './profile/shoppers.ts'

const SHELF = 8
const LAMBDAS = [1, 0.9, 0.8, 0.7, 0.6, 0.5, 0.3, 0]
/** Shoppers whose shelves are looked at: two-digit precision in a minute. */
const MAX_SHOPPERS = 600
const COUNTS_ALONE = { network: 0, rules: 1, popularity: 0.1, buyAgain: 0 }
/** How much this visit counts beside what lasts, in what a shopper is taken to know already. */
const VISIT_SHARE = 0.5

export interface ShelfScore {
  lambda: number
  /** Mean score of the shelf's items, as a share of those at λ = 1. */
  relevance: number
  /** Distinct whole categories of 8 items, and first parts. */
  categories: number
  departments: number
  /** Mean over pairs of 1 − likeness of their categories. */
  diversity: number
  /** Share of shelves with a category that the shopper looks into in the 30 days after. */
  came_true: number
  /** Share of items whose reason is another interest of the shopper's. */
  explained: number
}

export function scoreShelves({ shoppers, products, factsOf, end }: Shoppers): ShelfScore[] {
  const cutoff = end - 30 * DAY_MS
  const models = modelsBefore({ shoppers, products }, cutoff)
  const numbers = new Map(products.map(({ item_id }, n) => [item_id, n]))
  const categories = products.map(({ category }) => category.join(CATEGORY_SEPARATOR))
  const leaves = new Set(categories)
  const companions = companionsOf(shoppers, factsOf, cutoff)
  const asked = shoppers
    .map(({ events }) => ({
      before: events.filter(({ time }) => time < cutoff),
      after: new Set(
        events
          .filter(({ name, time }) => name === 'view_item' && time >= cutoff)
          .flatMap((event) => itemsOf(event).map(({ item_id }) => categories[numbers.get(item_id) ?? -1])),
      ),
    }))
    .filter(({ before, after }) => before.length > 0 && after.size > 0)
    .slice(0, MAX_SHOPPERS)
  const totals = LAMBDAS.map(() => ({
    score: 0,
    categories: 0,
    departments: 0,
    apart: 0,
    true: 0,
    explained: 0,
    items: 0,
  }))
  for (const { before, after } of asked) {
    const { interests } = memoryOf(before, factsOf)
    const known = interestsIn(interests, 'category', cutoff, VISIT_SHARE, (label) => leaves.has(label))
    const tokens = tokensOf(before, (id) => numbers.get(id))
    const scores = new Float32Array(products.length)
    blend(signalsOf(models, tokens, undefined, cutoff), models.weights, scores)
    for (const { item } of tokens) if (item >= 0) scores[item] = Number.NEGATIVE_INFINITY
    LAMBDAS.forEach((lambda, at) => {
      const picks = discover({ scores, categories, interests: known, companions, limit: SHELF, lambda })
      const own = picks.map(({ item }) => categories[item])
      const sum = totals[at]
      sum.score += picks.reduce((total, { item }) => total + scores[item], 0) / picks.length
      sum.categories += new Set(own).size
      sum.departments += new Set(own.map((category) => category.split(CATEGORY_SEPARATOR)[0])).size
      sum.apart += meanOverPairs(own, (a, b) => 1 - categoryLikeness(a, b))
      sum.true += Number(own.some((category) => after.has(category)))
      sum.explained += picks.filter(({ reason }) => reason.code === 'others-go-on').length
      sum.items += picks.length
    })
  }
  return LAMBDAS.map((lambda, at) => ({
    lambda,
    relevance: totals[at].score / totals[0].score,
    categories: totals[at].categories / asked.length,
    departments: totals[at].departments / asked.length,
    diversity: totals[at].apart / asked.length,
    came_true: totals[at].true / asked.length,
    explained: totals[at].explained / totals[at].items,
  }))
}

/** Rules and popularity of what was before a time. */
export function modelsBefore({ shoppers, products }: Pick<Shoppers, 'shoppers' | 'products'>, cutoff: number): Models {
  const numbers = new Map(products.map(({ item_id }, n) => [item_id, n]))
  const popularity = new Float32Array(products.length)
  const sequences = shoppers.map(({ events }) => {
    const tokens = tokensOf(
      events.filter(({ time }) => time < cutoff),
      (id) => numbers.get(id),
    )
    const wanted = tokens.filter(({ item, action }) => item >= 0 && isPositive(action))
    for (const { item, time } of wanted) if (time >= cutoff - 30 * DAY_MS) popularity[item]++
    return wanted.map(({ item }) => item)
  })
  const next = topRules(countRules(sequences, products.length), 8)
  return {
    rules: { next, together: next, popularity },
    popularity: popularityShare(popularity),
    weights: COUNTS_ALONE,
  }
}

function meanOverPairs(values: readonly string[], of: (a: string, b: string) => number): number {
  let [sum, pairs] = [0, 0]
  values.forEach((value, n) => {
    for (let other = 0; other < n; other++) [sum, pairs] = [sum + of(value, values[other]), pairs + 1]
  })
  return pairs > 0 ? sum / pairs : 0
}

/** What an honest new shopper would answer. */
export type HonestAnswers = (shopper: string) => TasteAnswers

export interface TasteStartScore {
  answered: string
  shoppers: number
  /** NDCG@10 of what was looked at in the first visit. */
  ndcg: number
  /** Above that of no answer. */
  better: Interval
}

/** New shoppers are those whose first event lies in the last 60 days; popularity is counted before. */
export function scoreTasteStart(
  { shoppers, products, facts, end }: Shoppers,
  answersOf: HonestAnswers,
): TasteStartScore[] {
  const cutoff = end - 60 * DAY_MS
  const { rules, popularity } = modelsBefore({ shoppers, products }, cutoff)
  const numbers = new Map(products.map(({ item_id }, n) => [item_id, n]))
  const offered = tasteQuestions(facts, rules.popularity)
  const scale = standardise(Float32Array.from(popularity))
  const asked = shoppers.flatMap(({ id, events }, shopper) => {
    if (events[0].time < cutoff) return []
    const [{ from, to }] = visitsOf(events)
    const looks = events.slice(from, to).filter(({ name }) => name === 'view_item')
    const relevant = new Set(
      looks.flatMap((event) => itemsOf(event).flatMap(({ item_id }) => numbers.get(item_id) ?? [])),
    )
    return relevant.size > 0 ? [{ id, shopper, relevant }] : []
  })
  const { departments, styles } = offered
  const answers = asked.map(({ id }): TasteAnswers => {
    const said = answersOf(id)
    return {
      departments: said.departments.filter((label) => departments.includes(label)),
      styles: said.styles.filter((label) => styles.includes(label)),
      ...(said.priceLevel ? { priceLevel: said.priceLevel } : {}),
    }
  })
  const nothing: TasteAnswers = { departments: [], styles: [] }
  const arms: [string, (n: number) => TasteAnswers][] = [
    ['nothing', () => nothing],
    ['departments', (n) => ({ ...nothing, departments: answers[n].departments })],
    ['prices', (n) => ({ ...nothing, priceLevel: answers[n].priceLevel })],
    ['styles', (n) => ({ ...nothing, styles: answers[n].styles })],
    ['all three', (n) => answers[n]],
    ['all three, as somebody else would', (n) => answers[(n + 1) % answers.length]],
  ]
  const ndcgs = arms.map(([, answered]) =>
    Float64Array.from(asked, ({ relevant }, n) => {
      const prior = tastePrior(answered(n), facts)
      const scores = prior ? scale.map((value, item) => value + prior[item]) : scale
      return rankingMetrics(
        topK(scores, 10, (item) => relevant.has(item)),
        relevant,
        10,
      ).ndcg
    }),
  )
  const owners = asked.map(({ shopper }) => shopper)
  return arms.map(([answered], at) => ({
    answered,
    shoppers: asked.length,
    ndcg: ndcgs[at].reduce((sum, value) => sum + value, 0) / asked.length,
    better: pairedInterval(ndcgs[at], ndcgs[0], owners),
  }))
}
