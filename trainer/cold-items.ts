/**
 * Can content alone place a product that nobody has looked at? Some items are hidden from training, and asked for: among
 * the hidden items only, and among all. What `vitrine evaluate --protocol cold-items` prints.
 *
 *     random    an order drawn for each question
 *     tf-idf    neighbours by title of what is in the history, its decay fitted on validation
 *     vectors   the network's state after the history, and for every item, as if it were new, content · W and what
 *               trained items of like titles lend: no id vector of its own, no bias
 *     searched  tf-idf that reads searches as titles
 *     content   vectors ⊕ searched, the weight fitted on validation: all that content can say
 *     network   the network as it ships, in which other items have their id vectors and biases
 */
import { CATEGORY_SEPARATOR } from '../shared/data/catalog.ts'
import { seeded } from '../shared/data/random.ts'
import { contentOf } from '../shared/model/content.ts'
import { standardise, stateAfter } from '../shared/model/rank.ts'
import { product, type SparseMatrix } from '../shared/model/sparse.ts'
import { lent } from '../shared/model/untrained.ts'
import { tfIdfScorer } from './baselines/tf-idf.ts'
import type { Scorer } from './baselines.ts'
import { endsBefore } from './batches.ts'
import { amongHidden, coldQueries, type Hidden, hideCategory, hideShare, withoutItems } from './cold-queries.ts'
import type { Histories } from './datasets/histories.ts'
import {
  askAll,
  type Interval,
  type Means,
  meanMetrics,
  networkScorer,
  pairedInterval,
  tokensOfQuery,
} from './evaluate.ts'
import type { Preset } from './presets.ts'
import { datesOf } from './protocol.ts'
import { type Query, sampleQueries, visitQueries, withoutSeen } from './queries.ts'
import { titleNeighbours, titleOf } from './title-neighbours.ts'
import { type Trained, type TrainProgress, train } from './train.ts'
import { TUNING_QUERIES } from './train-run.ts'
import { UserError } from './user-error.ts'

/** Share of items that is hidden where no category is. */
const HIDDEN_SHARE = 0.1
/** A category of the sample shop that is hidden has at least this share of its products: fewer give few questions. */
const MIN_CATEGORY_SHARE = 0.015
const DECAYS = [0.8, 0.9, 0.95, 0.98, 1]
/** Of neighbours beside vectors, each in its standard deviations. */
const WEIGHTS = [0, 0.1, 0.2, 0.3, 0.45, 0.6, 0.8, 1, 1.5, 2]

export const COLD_MODELS = ['random', 'tf-idf', 'searched', 'vectors', 'content', 'network'] as const
export type ColdModel = (typeof COLD_MODELS)[number]

/** What one set of candidates gave, over all seeds. */
export interface ColdTable {
  models: Record<ColdModel, Means>
  /** NDCG@10 of content less that of each other. */
  content_minus: Record<Exclude<ColdModel, 'content'>, Interval>
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
    decay: number
    weight: number
    epochs: number
  }[]
  queries: number
  among_hidden: ColdTable
  among_all: ColdTable
  /** Of content with pictures less that without, NDCG@10; kept where it helps among the hidden items. */
  pictures?: { among_hidden: Interval; among_all: Interval; kept: boolean }
  /** Content is better than random and than TF-IDF neighbours, in both, by intervals that exclude zero. */
  passed: boolean
}

export interface ColdOptions {
  preset: Preset
  seeds: readonly string[]
  /** Else a tenth of the items; in a simulated shop, one of its categories, another for each seed. */
  hideCategory?: string
  /** Features of the items' pictures, tried in a second network. */
  pictures?: SparseMatrix
  maxSeconds?: number
  onProgress?: (progress: TrainProgress) => void
}

/** @throws UserError when the history has no times, or what is hidden answers no question */
export async function evaluateColdItems(h: Histories, options: ColdOptions): Promise<ColdEvaluation> {
  if (!h.timed || h.items.every(({ title, item_id }) => title === item_id)) {
    throw new UserError(
      `${h.name}: ${h.timed ? 'products have no titles' : 'has no times and no titles'}, so a hidden item has no content`,
      'evaluate a shop’s history with its catalogue',
    )
  }
  const seeds: ColdEvaluation['seeds'] = []
  const asked: Query[] = []
  const answers = { hidden: answersOf(), all: answersOf() }
  const pictured: Record<'hidden' | 'all', number[]> = { hidden: [], all: [] }
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
    const sets = (of: Query[]) => ({ hidden: amongHidden(of, hidden, h.items.length), all: of })
    const tuning = sets(coldQueries(h, hidden, validation, test))
    const titles = h.items.map(titleOf)
    const decay = best(DECAYS, (value) => worth(tfIdfScorer(titles, value), tuning, titles.length))
    const neighbours = tfIdfScorer(titles, decay)
    const searched = tfIdfScorer(titles, decay, h.queries)
    /** What content says when the network has learned from this content, without and with neighbours by title. */
    const learned = async (content?: SparseMatrix) => {
      const trained = await trainWithout(h, hidden, seed, options, content)
      const vectors = vectorScorer(trained, h, hidden)
      const weight = best(WEIGHTS, (value) => worth(both(vectors, searched, value), tuning, titles.length))
      return { trained, vectors, weight, content: both(vectors, searched, weight) }
    }
    const { trained, vectors, weight, content } = await learned()
    const withPictures = options.pictures && (await learned(contentOf(h.items, options)))
    const random = seeded(`random ${seed}`)
    const scorers: Record<ColdModel, Scorer> = {
      random(_, scores) {
        for (let item = 0; item < scores.length; item++) scores[item] = random.next()
      },
      'tf-idf': neighbours,
      searched,
      vectors,
      content,
      network: networkScorer(trained.compiled, h.queries),
    }
    const tests = sets(queries)
    for (const among of ['hidden', 'all'] as const) {
      for (const model of COLD_MODELS) answers[among][model].push(askAll(scorers[model], tests[among], h.items.length))
      if (withPictures) {
        pictured[among].push(...askAll(withPictures.content, tests[among], h.items.length).ndcg)
      }
    }
    asked.push(...queries)
    const epochs = trained.epochs.length
    seeds.push({ seed, hidden: description, items: hidden.size, queries: queries.length, decay, weight, epochs })
  }
  const shoppers = asked.map(({ shopper }) => shopper)
  const tables = { hidden: tableOf(answers.hidden, shoppers), all: tableOf(answers.all, shoppers) }
  const gain = (among: 'hidden' | 'all') =>
    pairedInterval(
      Float64Array.from(pictured[among]),
      Float64Array.from(answers[among].content.flatMap(({ ndcg }) => [...ndcg])),
      shoppers,
    )
  const day = (time: number) => new Date(time).toISOString().slice(0, 10)
  return {
    dataset: h.name,
    simulated: h.simulated,
    protocol: 'cold-items',
    split: `hidden items in no event of training (before ${day(datesOf(h).validation)}), asked for from ${day(datesOf(h).test)}`,
    seeds,
    queries: asked.length,
    among_hidden: tables.hidden,
    among_all: tables.all,
    ...(options.pictures
      ? { pictures: { among_hidden: gain('hidden'), among_all: gain('all'), kept: gain('hidden').low > 0 } }
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
    const path = category.join(CATEGORY_SEPARATOR)
    sizes.set(path, (sizes.get(path) ?? 0) + 1)
  }
  const large = [...sizes].filter(([path, size]) => path !== '' && size >= MIN_CATEGORY_SHARE * h.items.length)
  if (large.length < 2) throw new UserError(`${h.name}: no category to hide`, 'name one with --hide-category')
  const path = seeded(`hidden ${seed}`).pick(large.map(([path]) => path).sort())
  return { description: path, hidden: hideCategory(h.items, path) }
}

/** The network is stopped by what it is for, visits under way: the hidden items have no part in that either. */
async function trainWithout(
  h: Histories,
  hidden: Hidden,
  seed: string,
  options: ColdOptions,
  content?: SparseMatrix,
): Promise<Trained> {
  const { validation, test } = datesOf(h)
  const known = withoutItems(h, hidden)
  const tuning = withoutSeen(visitQueries(known, validation, test, 'during'))
  const { preset, maxSeconds, onProgress } = options
  return train(known, endsBefore(known, validation), sampleQueries(tuning, TUNING_QUERIES, 'tuning'), {
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

/** NDCG@10 among the hidden items and among all, together. */
function worth(scorer: Scorer, { hidden, all }: { hidden: Query[]; all: Query[] }, items: number): number {
  return meanMetrics(scorer, hidden, items).ndcg + meanMetrics(scorer, all, items).ndcg
}

/** State · vector, where every item is what the network makes of one of which it knows no more than the catalogue does. */
function vectorScorer({ compiled, params, content }: Trained, { items, queries }: Histories, hidden: Hidden): Scorer {
  const d = compiled.config.width
  const vectors = product(content as SparseMatrix, params['item.content'].values)
  const lenders = titleNeighbours(items, (item) => !hidden.has(item))
  const id = params['item.id'].values
  items.forEach((_, item) => {
    lent(id, d, lenders(item)).forEach((value, j) => {
      vectors[item * d + j] += value
    })
  })
  const states = new WeakMap<Int32Array, Float32Array>()
  return (query, scores) => {
    // Asked again and again while weights are fitted.
    let state = states.get(query.items)
    if (!state) {
      state = stateAfter(compiled, tokensOfQuery(query, queries)).state
      states.set(query.items, state)
    }
    for (let item = 0; item < scores.length; item++) {
      let sum = 0
      for (let j = 0; j < d; j++) sum += vectors[item * d + j] * state[j]
      scores[item] = sum
    }
  }
}

/** a + weight · b, each in standard deviations from its mean over the catalogue. */
function both(a: Scorer, b: Scorer, weight: number): Scorer {
  return (query, scores) => {
    const other = new Float32Array(scores.length)
    a(query, scores)
    b(query, other)
    standardise(scores)
    standardise(other)
    for (let item = 0; item < scores.length; item++) scores[item] += weight * other[item]
  }
}

type Answers = Record<ColdModel, ReturnType<typeof askAll>[]>
const answersOf = (): Answers => ({ random: [], 'tf-idf': [], searched: [], vectors: [], content: [], network: [] })

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
  const minus = (model: ColdModel) => pairedInterval(joined('content', 'ndcg'), joined(model, 'ndcg'), shoppers)
  return {
    models: {
      random: means('random'),
      'tf-idf': means('tf-idf'),
      searched: means('searched'),
      vectors: means('vectors'),
      content: means('content'),
      network: means('network'),
    },
    content_minus: {
      random: minus('random'),
      'tf-idf': minus('tf-idf'),
      searched: minus('searched'),
      vectors: minus('vectors'),
      network: minus('network'),
    },
  }
}
