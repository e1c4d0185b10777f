/**
 * Can content alone place a product that nobody has looked at? Some items are hidden from training, and asked for: among
 * the hidden items only, and among all. What `vitrine evaluate --protocol cold-items` prints.
 *
 *     random    an order drawn for each question
 *     tf-idf    neighbours by title of what is in the history, its decay fitted on validation
 *     vectors   the network's state after the history, and for every item, as if it were new, what content gives it
 *     content   all that content can say (`cold-content.ts`), its weights fitted on validation
 *     network   the network as it ships, in which other items have their id vectors and biases
 *     blend     all that ships: network, rules in which new items are placed, popularity
 *
 * Then every visit is asked, whatever it wants: what does the blend gain by placing new items, and what would it lose if nobody
 * wanted them?
 *
 * A list of new arrivals and a list of everything are two shelves: decay and weights are fitted for each by itself.
 */
import { seeded } from '../shared/data/random.ts'
import { contentOf } from '../shared/model/content.ts'
import type { SparseMatrix } from '../shared/model/sparse.ts'
import { tfIdfScorer } from './baselines/tf-idf.ts'
import type { Scorer } from './baselines.ts'
import { blendScorer } from './blend.ts'
import { type ContentWeights, fitContent, kindsOf, kindsScorer, vectorScorer, withinKinds } from './cold-content.ts'
import { amongHidden, coldQueries, type Hidden, hideCategory, hideShare, withoutItems } from './cold-queries.ts'
import { askVisits, type VisitAnswers, type VisitGain, visitGain } from './cold-visits.ts'
import { type Histories, isTitled } from './datasets/histories.ts'
import { askAll, type Interval, type Means, meanMetrics, networkScorer, pairedInterval } from './evaluate.ts'
import type { Preset } from './presets.ts'
import { datesOf } from './protocol.ts'
import type { Query } from './queries.ts'
import { fitRanking, modelsAt } from './ranking.ts'
import { titleOf } from './title-neighbours.ts'
import { type Trained, type TrainProgress, train } from './train.ts'
import { tuningSplit } from './train-run.ts'
import { UserError } from './user-error.ts'

/** Share of items that is hidden where no category is. */
const HIDDEN_SHARE = 0.1
/** A department of the sample shop that is hidden has at least this share of its products: fewer give few questions. */
const MIN_DEPARTMENT_SHARE = 0.05
const DECAYS = [0.8, 0.9, 0.95, 0.98, 1]

export const COLD_MODELS = ['random', 'tf-idf', 'vectors', 'content', 'network', 'blend'] as const
export type ColdModel = (typeof COLD_MODELS)[number]
const SETS = ['hidden', 'all'] as const
type Among<T> = Record<(typeof SETS)[number], T>

/** What one set of candidates gave, over all seeds. */
export interface ColdTable {
  models: Record<ColdModel, Means>
  /** NDCG@10 of content less that of each other. */
  content_minus: Record<Exclude<ColdModel, 'content'>, Interval>
  /** The same of what ships less TF-IDF. */
  blend_minus_tf_idf: Interval
}

export interface ColdEvaluation {
  dataset: string
  simulated: boolean
  protocol: 'cold-items'
  split: string
  seeds: {
    seed: string
    hidden: string
    items: number
    queries: number
    decay: Among<number>
    weights: Among<ContentWeights>
    /** Strength with which the blend places new items, as validation has it. */
    new_items: number
    epochs: number
  }[]
  queries: number
  among_hidden: ColdTable
  among_all: ColdTable
  /** Every visit: NDCG@10 of the blend, and of what it gains by placing new items. */
  every_visit: {
    /** The hidden items are wanted as they were in truth. */
    wanted: VisitGain
    /** They are in no answer. */
    unwanted: VisitGain
  }
  /** Of content with what is tried less that without, NDCG@10; worth keeping where it helps among the hidden items. */
  tried?: { what: Tried['what']; among_hidden: Interval; among_all: Interval; kept: boolean }
  /** Content is better than random and than TF-IDF neighbours, in both, by intervals that exclude zero. */
  passed: boolean
}

export interface Tried {
  what: 'pictures' | 'text encoder'
  /** A row an item. */
  content: SparseMatrix
}

export interface ColdOptions {
  preset: Preset
  seeds: readonly string[]
  /** Else a tenth of the items; in a simulated shop, a department, another for each seed. */
  hideCategory?: string
  /** More content, in a second network. */
  tried?: Tried
  maxSeconds?: number
  onProgress?: (progress: TrainProgress) => void
}

/** @throws UserError when the history has no times, or what is hidden answers no question */
export async function evaluateColdItems(h: Histories, options: ColdOptions): Promise<ColdEvaluation> {
  if (!h.timed || !isTitled(h)) {
    throw new UserError(
      `${h.name}: ${h.timed ? 'products have no titles' : 'has no times and no titles'}, so a hidden item has no content`,
      'evaluate a shop’s history with its catalogue',
    )
  }
  const V = h.items.length
  const seeds: ColdEvaluation['seeds'] = []
  const asked: Query[] = []
  const answers = { hidden: answersOf(), all: answersOf() }
  const triedOut: Among<number[]> = { hidden: [], all: [] }
  const visits: Record<'wanted' | 'unwanted', VisitAnswers[]> = { wanted: [], unwanted: [] }
  const titles = h.items.map(titleOf)
  const kinds = kindsOf(h.items)
  for (const seed of options.seeds) {
    const { description, hidden } = chooseHidden(h, seed, options.hideCategory)
    const { validation, test } = datesOf(h)
    const queries = coldQueries(h, hidden, test, Number.POSITIVE_INFINITY)
    if (queries.length === 0) {
      throw new UserError(
        `${h.name}: no visit after ${new Date(test).toISOString().slice(0, 10)} wants what is hidden (${description})`,
        'hide another category, or import a longer history',
      )
    }
    const sets = (of: Query[]): Among<Query[]> => ({ hidden: amongHidden(of, hidden, V), all: of })
    const [tuning, tests] = [sets(coldQueries(h, hidden, validation, test)), sets(queries)]
    const known = withoutItems(h, hidden)
    const trained = await trainWithout(known, seed, options)
    const withTried =
      options.tried && (await trainWithout(known, seed, options, contentOf(h.items, options.tried.content)))
    const { trainEnds } = tuningSplit(known)
    // How much new items are wanted is what the month before tells, in which they arrived too.
    const arrived = tuningSplit(withoutItems(h, hidden, validation)).validation
    const ranking = fitRanking(known, trainEnds, trained.compiled, arrived)
    const blendOf = (newItems: number) =>
      blendScorer(modelsAt(known, trainEnds, trained.compiled, newItems), h.queries, ranking.weights, V)
    const blend = blendOf(ranking.newItems)
    const random = seeded(`random ${seed}`)
    const fits = {} as Among<{ decay: number; weights: ContentWeights }>
    for (const among of SETS) {
      const decay = best(DECAYS, (value) => meanMetrics(tfIdfScorer(titles, value), tuning[among], V).ndcg)
      const words = tfIdfScorer(titles, decay, h.queries)
      const fitted = (network: Trained) => {
        const vectors = vectorScorer(network, h, hidden)
        const signals = { words, kinds: kindsScorer(kinds), vectors, within: withinKinds(vectors, kinds) }
        return { vectors, ...fitContent(signals, tuning[among], V) }
      }
      const { vectors, weights, scorer: content } = fitted(trained)
      const scorers: Record<ColdModel, Scorer> = {
        random(_, scores) {
          for (let item = 0; item < scores.length; item++) scores[item] = random.next()
        },
        'tf-idf': tfIdfScorer(titles, decay),
        vectors,
        content,
        network: networkScorer(trained.compiled, h.queries),
        blend,
      }
      for (const model of COLD_MODELS) answers[among][model].push(askAll(scorers[model], tests[among], V))
      if (withTried) triedOut[among].push(...askAll(fitted(withTried).scorer, tests[among], V).ndcg)
      fits[among] = { decay, weights }
    }
    visits.wanted.push(askVisits(withoutItems(h, hidden, test), blend, blendOf(0)))
    visits.unwanted.push(askVisits(known, blend, blendOf(0)))
    asked.push(...queries)
    seeds.push({
      seed,
      hidden: description,
      items: hidden.size,
      queries: queries.length,
      decay: { hidden: fits.hidden.decay, all: fits.all.decay },
      weights: { hidden: fits.hidden.weights, all: fits.all.weights },
      new_items: ranking.newItems,
      epochs: trained.epochs.length,
    })
  }
  const shoppers = asked.map(({ shopper }) => shopper)
  const tables = { hidden: tableOf(answers.hidden, shoppers), all: tableOf(answers.all, shoppers) }
  const gain = (among: 'hidden' | 'all') =>
    pairedInterval(
      Float64Array.from(triedOut[among]),
      Float64Array.from(answers[among].content.flatMap(({ ndcg }) => [...ndcg])),
      shoppers,
    )
  const day = (time: number) => new Date(time).toISOString().slice(0, 10)
  return {
    dataset: h.name,
    simulated: h.simulated,
    protocol: 'cold-items',
    split: `hidden items in no event of training (before ${day(datesOf(h).validation)}); they arrive, and are asked for, on ${day(datesOf(h).test)}`,
    seeds,
    queries: asked.length,
    among_hidden: tables.hidden,
    among_all: tables.all,
    every_visit: { wanted: visitGain(visits.wanted), unwanted: visitGain(visits.unwanted) },
    ...(options.tried
      ? {
          tried: {
            what: options.tried.what,
            among_hidden: gain('hidden'),
            among_all: gain('all'),
            kept: gain('hidden').low > 0,
          },
        }
      : {}),
    passed: Object.values(tables).every(
      ({ content_minus }) => content_minus.random.low > 0 && content_minus['tf-idf'].low > 0,
    ),
  }
}

export function chooseHidden(h: Histories, seed: string, category?: string): { description: string; hidden: Hidden } {
  if (category !== undefined) return { description: category, hidden: hideCategory(h.items, category) }
  if (!h.simulated) return { description: 'a tenth of the items', hidden: hideShare(h, HIDDEN_SHARE, seed) }
  const sizes = new Map<string, number>()
  for (const { category } of h.items) {
    if (category.length > 0) sizes.set(category[0], (sizes.get(category[0]) ?? 0) + 1)
  }
  const large = [...sizes].filter(([, size]) => size >= MIN_DEPARTMENT_SHARE * h.items.length)
  if (large.length < 2) throw new UserError(`${h.name}: no department to hide`, 'name a category with --hide-category')
  const name = seeded(`hidden ${seed}`).pick(large.map(([name]) => name).sort())
  return { description: name, hidden: hideCategory(h.items, name) }
}

/** @param known the history without what is hidden, which has no part in the choice of the best pass either */
async function trainWithout(
  known: Histories,
  seed: string,
  options: ColdOptions,
  content?: SparseMatrix,
): Promise<Trained> {
  const { preset, maxSeconds, onProgress } = options
  const { trainEnds, validation } = tuningSplit(known)
  return train(known, trainEnds, validation, {
    preset,
    seed,
    ...(content ? { content } : {}),
    ...(maxSeconds === undefined ? {} : { maxSeconds }),
    ...(onProgress ? { onProgress } : {}),
  })
}

function best(values: readonly number[], worthOf: (value: number) => number): number {
  const worths = values.map(worthOf)
  return values[worths.indexOf(Math.max(...worths))]
}

type Answers = Record<ColdModel, ReturnType<typeof askAll>[]>
const answersOf = () => ofModels((): Answers[ColdModel] => [])

const ofModels = <T, Name extends ColdModel = ColdModel>(
  of: (model: Name) => T,
  names: readonly ColdModel[] = COLD_MODELS,
): Record<Name, T> => Object.fromEntries(names.map((name) => [name, of(name as Name)])) as Record<Name, T>

/** Questions of all seeds together; a shopper's stay together when the bootstrap draws. */
function tableOf(answers: Answers, shoppers: number[]): ColdTable {
  const joined = (model: ColdModel, metric: keyof Means) =>
    Float64Array.from(answers[model].flatMap((result) => [...result[metric]]))
  const mean = (model: ColdModel, metric: keyof Means) => {
    const values = joined(model, metric)
    return values.reduce((sum, value) => sum + value, 0) / values.length
  }
  const means = (model: ColdModel): Means => ({
    hr: mean(model, 'hr'),
    ndcg: mean(model, 'ndcg'),
    mrr: mean(model, 'mrr'),
    recall: mean(model, 'recall'),
  })
  const difference = (a: ColdModel, b: ColdModel) => pairedInterval(joined(a, 'ndcg'), joined(b, 'ndcg'), shoppers)
  return {
    models: ofModels(means),
    content_minus: ofModels<Interval, Exclude<ColdModel, 'content'>>(
      (model) => difference('content', model),
      COLD_MODELS.filter((name) => name !== 'content'),
    ),
    blend_minus_tf_idf: difference('blend', 'tf-idf'),
  }
}
