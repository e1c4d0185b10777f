/**
 * What shoppers' devices can teach everyone's model together, and how much of it is left when each keeps its history:
 *
 *     frozen        the backbone, which has learned from what was before
 *     centralised   the shared vector learned from all that the clients have, in one place
 *     federated     the same vector learned in rounds of clipped updates, a part of which never arrives
 *     with noise    the same for larger crowds, drawn from these clients with repetition, with both aggregators' noise
 *     canary        from random weights, from histories whose items are dealt out again at random: whoever does better than
 *                   popularity there has seen an answer
 */
import { hash32, seeded } from '../../shared/data/random.ts'
import { DELTA, rhoOfGaussian, zcdpEpsilon } from '../../shared/federated/accounting/zcdp.ts'
import { type CompiledModel, compile } from '../../shared/model/compile.ts'
import { LOCAL_TRAINING, type LocalTraining } from '../../shared/model/local-update.ts'
import { initParams } from '../../shared/model/params.ts'
import { sharedLength } from '../../shared/model/shared-vector.ts'
import type { Histories } from '../datasets/histories.ts'
import { type Interval, K, pairedInterval } from '../evaluate.ts'
import type { Part } from '../learning/shoppers.ts'
import type { Preset } from '../presets.ts'
import { recentPopularity } from '../publish.ts'
import { train } from '../train.ts'
import { type Crowd, openCrowd, type Told } from './crowd.ts'
import {
  CENTRALISED,
  type Centralised,
  FEDERATION,
  type Federation,
  learnCentrally,
  learnFederated,
  participations,
} from './learning.ts'
import { type Lesson, type Material, materialOf, type Question } from './material.ts'

/** Rounds that a shopper takes part in at most, where a crowd is imagined: there are as many shoppers as that needs. */
const MOST_PARTICIPATIONS = 2

/** Of an arm, beside the frozen model. */
export interface Gain {
  ndcg: Interval
  /** Of the log-likelihood of what was wanted: above 0 is better. */
  nats: Interval
}

export interface NoisyGain extends Gain {
  /** Devices asked a round. */
  cohort: number
  /** z of each aggregator. */
  noiseMultiplier: number
  participations: number
  epsilon: number
}

export interface FederationEvaluation {
  dataset: string
  simulated: boolean
  split: string
  part: Part
  seeds: string[]
  training: LocalTraining
  federation: Omit<Federation, 'shape'> & { participations: number }
  centralisedTraining: Centralised
  /** d */
  floats: number
  clients: number
  asked: { shoppers: number; events: number }
  /** NDCG@10 */
  frozen: number
  popularity: number
  centralised: Gain
  federated: Gain
  /** Of the centralised gain in NDCG@10, as a share. */
  kept: Interval
  noise: NoisyGain[]
  canary: { ndcg: number; abovePopularity: Interval }
}

export interface FederationOptions {
  seeds: readonly string[]
  part: Part
  preset: Preset
  /** Cohorts and noise multipliers to try together. */
  crowds?: readonly number[]
  noiseMultipliers?: readonly number[]
  federation?: Partial<Omit<Federation, 'shape'>>
  centralised?: Centralised
  training?: LocalTraining
  maxSeconds?: number
  say?: (message: string) => void
}

/** @throws UserError where there is nobody to learn from or to ask */
export async function evaluateFederation(h: Histories, options: FederationOptions): Promise<FederationEvaluation> {
  const { seeds, part, crowds = [], noiseMultipliers = [], centralised = CENTRALISED, say = () => {} } = options
  const training = options.training ?? LOCAL_TRAINING
  const material = materialOf(h, training)
  const federation: Federation = { ...FEDERATION, ...options.federation }
  const questions = material.questions[part]
  const popularity = recentPopularity(h, material.ends)
  const grid = crowds.flatMap((cohort) =>
    noiseMultipliers.map((noiseMultiplier) => ({ ...federation, cohort, noiseMultiplier })),
  )
  const told = {
    frozen: [] as Told[],
    centralised: [] as Told[],
    federated: [] as Told[],
    noise: grid.map(() => [] as Told[]),
  }
  let floats = 0
  for (const seed of seeds) {
    const { compiled, best } = await train(h, material.ends, [], {
      preset: options.preset,
      seed,
      ...(options.maxSeconds ? { maxSeconds: options.maxSeconds } : {}),
    })
    say(`seed ${seed}: backbone of ${best.epoch} passes, loss ${best.loss.toFixed(3)}`)
    const lab = await openLab(compiled, material, questions, popularity, training)
    floats = lab.floats
    try {
      told.frozen.push(await lab.ask(new Float64Array(floats)))
      told.centralised.push(await lab.ask(await lab.centrally(centralised, seed)))
      say(`seed ${seed}: centralised ${gainText(told.centralised, told.frozen)}`)
      told.federated.push(await lab.ask(await lab.federated(federation, seed)))
      say(`seed ${seed}: federated ${gainText(told.federated, told.frozen)}`)
      for (const [n, noisy] of grid.entries()) {
        told.noise[n].push(await lab.ask(await lab.federated(noisy, seed)))
        const what = `${noisy.cohort} a round, noise ${noisy.noiseMultiplier}`
        say(`seed ${seed}: ${what}: ${gainText(told.noise[n], told.frozen)}`)
      }
    } finally {
      await lab.close()
    }
  }
  const shopperOf = questions.flatMap(({ wishes }, n) => wishes.map(() => n))
  const frozen = meanOfSeeds(told.frozen)
  const gain = (arm: readonly Told[]): Gain => {
    const { ndcg, losses } = meanOfSeeds(arm)
    return {
      ndcg: pairedInterval(ndcg, frozen.ndcg, shopperOf),
      nats: pairedInterval(frozen.losses, losses, shopperOf),
    }
  }
  const popular = popularityNdcg(popularity, questions)
  const [first] = seeds
  const canary = await shuffledFromRandom(
    h,
    material,
    questions,
    popularity,
    { ...options, training },
    federation,
    first,
  )
  return {
    dataset: h.name,
    simulated: h.simulated,
    split: material.split,
    part,
    seeds: [...seeds],
    training,
    federation: { ...federation, participations: participations(federation, material.clients.length) },
    centralisedTraining: centralised,
    floats,
    clients: material.clients.length,
    asked: { shoppers: questions.length, events: shopperOf.length },
    frozen: mean(frozen.ndcg),
    popularity: mean(popular),
    centralised: gain(told.centralised),
    federated: gain(told.federated),
    kept: keptShare(
      meanOfSeeds(told.federated).ndcg.map((value, n) => value - frozen.ndcg[n]),
      meanOfSeeds(told.centralised).ndcg.map((value, n) => value - frozen.ndcg[n]),
      shopperOf,
    ),
    noise: grid.map(({ cohort, noiseMultiplier }, n) => ({
      ...gain(told.noise[n]),
      cohort,
      noiseMultiplier,
      participations: MOST_PARTICIPATIONS,
      epsilon: epsilonOf(noiseMultiplier, MOST_PARTICIPATIONS),
    })),
    canary: { ndcg: mean(canary.ndcg), abovePopularity: pairedInterval(canary.ndcg, popular, shopperOf) },
  }
}

/** One honest aggregator's noise, and all of a shopper's rounds. */
export const epsilonOf = (noiseMultiplier: number, rounds: number): number =>
  zcdpEpsilon(rhoOfGaussian(noiseMultiplier, rounds), DELTA)

/** A backbone with its crowd, and what is learned there. */
export async function openLab(
  backbone: CompiledModel,
  { clients, pool }: Pick<Material, 'clients' | 'pool'>,
  questions: readonly Question[],
  popularity: Float32Array,
  training: LocalTraining,
) {
  const floats = sharedLength(backbone.config, training.shared)
  const crowd: Crowd = await openCrowd({ backbone, lessons: [...clients, ...pool], questions, popularity, training })
  const pooled = pool.map(({ wishes }, n) => ({ lesson: clients.length + n, wishes: wishes.length }))
  const numbers = questions.map((_, n) => n)
  return {
    floats,
    ask: async (vector: Float64Array): Promise<Told> => joinedTold(await crowd.foretell(vector, numbers)),
    centrally: (settings: Centralised, seed: string) => learnCentrally(crowd, floats, pooled, settings, seed),
    federated: (settings: Federation, seed: string) => learnFederated(crowd, clients.length, floats, settings, seed),
    close: () => crowd.close(),
  }
}

/** Random weights, and the clients' items dealt out again at random among all their events: nothing true is left to learn. */
async function shuffledFromRandom(
  h: Histories,
  material: Material,
  questions: readonly Question[],
  popularity: Float32Array,
  { preset, training, say = () => {} }: FederationOptions & { training: LocalTraining },
  federation: Federation,
  seed: string,
): Promise<Told> {
  const { width, blocks, heads, window, hidden } = preset
  const config = { items: h.items.length, contentWidth: 0, width, blocks, heads, window, hidden }
  const backbone = compile(config, initParams(config, `${seed} canary`))
  const clients = shuffleItems(material.clients, seed)
  const lab = await openLab(backbone, { clients, pool: [] }, questions, popularity, training)
  try {
    const told = await lab.ask(await lab.federated(federation, `${seed} canary`))
    say(`canary: NDCG@${K} ${mean(told.ndcg).toFixed(4)}`)
    return told
  } finally {
    await lab.close()
  }
}

/** The same histories with each other's items; searches stay what they are. */
export function shuffleItems(lessons: readonly Lesson[], seed: string): Lesson[] {
  const items = lessons.flatMap(({ tokens }) => tokens.flatMap(({ item }) => (item >= 0 ? item : [])))
  const dealt = seeded(`${seed} shuffled items`).shuffle(Int32Array.from(items))
  let at = 0
  return lessons.map((lesson) => ({
    ...lesson,
    tokens: lesson.tokens.map((token) => (token.item >= 0 ? { ...token, item: dealt[at++] } : token)),
  }))
}

/** NDCG@10 of always listing what is wanted most. */
export function popularityNdcg(popularity: Float32Array, questions: readonly Question[]): Float64Array {
  const rankOf = popularity.map(
    (count, item) => popularity.filter((other, n) => other > count || (other === count && n !== item)).length,
  )
  return Float64Array.from(
    questions.flatMap(({ tokens, wishes }) =>
      wishes.map((at) => (rankOf[tokens[at].item] < K ? 1 / Math.log2(rankOf[tokens[at].item] + 2) : 0)),
    ),
  )
}

function joinedTold(told: readonly Told[]): Told {
  const all = (of: (one: Told) => Float64Array) => Float64Array.from(told.flatMap((one) => [...of(one)]))
  return { ndcg: all(({ ndcg }) => ndcg), losses: all(({ losses }) => losses) }
}

function meanOfSeeds(told: readonly Told[]): Told {
  const meanOf = (of: (one: Told) => Float64Array) =>
    of(told[0]).map((_, event) => told.reduce((sum, one) => sum + of(one)[event], 0) / told.length)
  return { ndcg: meanOf(({ ndcg }) => ndcg), losses: meanOf(({ losses }) => losses) }
}

const mean = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length)

function gainText(arm: readonly Told[], frozen: readonly Told[]): string {
  const [last, before] = [arm[arm.length - 1], frozen[frozen.length - 1]]
  return `NDCG@${K} ${mean(before.ndcg).toFixed(4)} → ${mean(last.ndcg).toFixed(4)}, ${(mean(before.losses) - mean(last.losses)).toFixed(4)} nats`
}

const RESAMPLES = 1000

/** Ratio of two mean gains, by a bootstrap over shoppers of both at once. */
export function keptShare(kept: Float64Array, whole: Float64Array, shoppers: ArrayLike<number>): Interval {
  const sums = new Map<number, { kept: number; whole: number }>()
  for (let n = 0; n < kept.length; n++) {
    const sum = sums.get(shoppers[n]) ?? { kept: 0, whole: 0 }
    sums.set(shoppers[n], { kept: sum.kept + kept[n], whole: sum.whole + whole[n] })
  }
  const all = [...sums.values()]
  const shareOf = (drawn: typeof all) =>
    drawn.reduce((sum, one) => sum + one.kept, 0) / drawn.reduce((sum, one) => sum + one.whole, 0)
  const random = seeded(`kept ${hash32(String(all.length))}`)
  const shares = Array.from({ length: RESAMPLES }, () => shareOf(all.map(() => all[random.int(all.length)]))).sort(
    (a, b) => a - b,
  )
  return { mean: shareOf(all), low: shares[Math.floor(RESAMPLES * 0.025)], high: shares[Math.floor(RESAMPLES * 0.975)] }
}
