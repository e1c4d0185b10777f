/** From histories to what learning on the device is worth, with a network per seed or one that is given. */
import { seeded } from '../../shared/data/random.ts'
import type { CompiledModel } from '../../shared/model/compile.ts'
import { divide, PERSONAL_LEARNING, type PersonalLearning } from '../../shared/model/personal-gate.ts'
import { endsBefore } from '../batches.ts'
import type { Histories } from '../datasets/histories.ts'
import type { Preset } from '../presets.ts'
import { datesOf } from '../protocol.ts'
import { recentPopularity } from '../publish.ts'
import { sampleQueries, visitQueries, withoutSeen } from '../queries.ts'
import { train } from '../train.ts'
import { TUNING_QUERIES } from '../train-run.ts'
import { UserError } from '../user-error.ts'
import { type Asked, askLearners } from './evaluation.ts'
import { type Group, groupReport, verdict } from './report.ts'
import { type Learner, learnerOf, mayTeach, type Part, partOf } from './shoppers.ts'

export interface LearningEvaluation {
  dataset: string
  simulated: boolean
  split: string
  part: Part
  seeds: string[]
  settings: PersonalLearning
  /** Shoppers of this part with enough before the date to learn from, and something after it. */
  able: number
  /** Share of adapters that their owners' held-out wishes accepted. */
  acceptance: number
  all: Group
  /** Of a simulated shop: whose taste changed before the date, and whose did not. */
  drifting?: Group
  steady?: Group
  /** In a sentence. */
  verdict: string
}

export interface LearningOptions {
  seeds: readonly string[]
  part: Part
  preset: Preset
  settings?: PersonalLearning
  /** Else one is trained a seed, on other shoppers. */
  network?: CompiledModel
  /** When the tastes of simulated shoppers changed: `readDrifts`. */
  drifts?: ReadonlyMap<string, number>
  maxShoppers?: number
  /** Of each training. */
  maxSeconds?: number
  say?: (message: string) => void
}

/** @throws UserError where there are no times, or nobody has enough of a history */
export async function evaluateLearning(h: Histories, options: LearningOptions): Promise<LearningEvaluation> {
  const { seeds, part, network, drifts, say = () => {}, settings = PERSONAL_LEARNING } = options
  if (!h.timed)
    throw new UserError(`${h.name}: has no times`, 'give a history with times: there is no "later" in this one')
  const cut = datesOf(h).validation
  const able = learnersOf(h, cut, part, network !== undefined, settings)
  if (able.length === 0) {
    throw new UserError(
      `${h.name}: no shopper has ${settings.leastWishes} wishes before ${day(cut)} and one after it`,
      'import a longer history',
    )
  }
  const learners = sampled(able, options.maxShoppers)
  const popularity = recentPopularity(h, endsBefore(h, cut))
  const asked: Asked[][] = []
  for (const seed of seeds) {
    const model = network ?? (await taughtByOthers(h, cut, seed, options))
    asked.push(
      await askLearners(model, learners, popularity, { ...settings, seed }, (done) => {
        if (done % 100 === 0) say(`seed ${seed}: ${done} of ${learners.length} shoppers`)
      }),
    )
  }
  const groupOf = (keep: (shopper: string) => boolean) => {
    const kept = asked.map((ofSeed) => ofSeed.filter(({ shopper }) => keep(shopper)))
    return kept[0].length > 0 ? groupReport(kept) : undefined
  }
  const hasDrifted = (shopper: string) => (drifts?.get(shopper) ?? Number.POSITIVE_INFINITY) < cut
  const [drifting, steady] = drifts ? [groupOf(hasDrifted), groupOf((shopper) => !hasDrifted(shopper))] : []
  const all = groupReport(asked)
  const accepted = asked.flat().filter(({ decision }) => decision.outcome === 'accepted').length
  const taught = network ? 'a network of everyone’s' : 'a network that half of all shoppers taught, not these'
  return {
    dataset: h.name,
    simulated: h.simulated,
    split: `learned before ${day(cut)}, asked after it, ${taught}, by shoppers on whom nothing was ${part === 'tune' ? 'reported' : 'tuned'}`,
    part,
    seeds: [...seeds],
    settings,
    able: able.length,
    acceptance: accepted / asked.flat().length,
    all,
    ...(drifting ? { drifting } : {}),
    ...(steady ? { steady } : {}),
    verdict: verdict(all),
  }
}

const day = (time: number) => new Date(time).toISOString().slice(0, 10)

function learnersOf(
  h: Histories,
  cut: number,
  part: Part,
  mayHaveTaught: boolean,
  settings: PersonalLearning,
): Learner[] {
  return h.shoppers.flatMap((shopper, s) => {
    if (partOf(shopper) !== part || (mayTeach(shopper) && !mayHaveTaught)) return []
    const learner = learnerOf(h, s, cut)
    return learner && divide(learner.tokens.slice(0, learner.known), settings) ? learner : []
  })
}

function sampled(learners: Learner[], most = learners.length): Learner[] {
  if (most >= learners.length) return learners
  return seeded('learners')
    .shuffle([...learners])
    .slice(0, most)
}

async function taughtByOthers(
  h: Histories,
  cut: number,
  seed: string,
  options: LearningOptions,
): Promise<CompiledModel> {
  const { preset, maxSeconds, say } = options
  const ends = endsBefore(h, cut).map((end, s) => (mayTeach(h.shoppers[s]) ? end : h.start[s]))
  const visits = visitQueries(h, cut, datesOf(h).test, 'during').filter(({ shopper }) => mayTeach(h.shoppers[shopper]))
  const validation = sampleQueries(withoutSeen(visits), TUNING_QUERIES, 'tuning')
  const { compiled, best } = await train(h, ends, validation, { preset, seed, ...(maxSeconds ? { maxSeconds } : {}) })
  say?.(`seed ${seed}: network after pass ${best.epoch}, validation NDCG@10 ${best.ndcg.toFixed(4)}`)
  return compiled
}
