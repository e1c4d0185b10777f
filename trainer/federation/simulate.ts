/**
 * `vitrine simulate`: the rounds of `simulation.ts` with real histories, beside the model as it was and as one place with all the
 * data would have taught it.
 */
import { seeded } from '../../shared/data/random.ts'
import { type UpdateShape, updateParameters } from '../../shared/federated/model-update.ts'
import { shareBytes } from '../../shared/federated/pine/parameters.ts'
import { reportBytes } from '../../shared/federated/report.ts'
import { encodeEncoder } from '../../shared/model/chunks.ts'
import type { CompiledModel } from '../../shared/model/compile.ts'
import { LOCAL_TRAINING } from '../../shared/model/local-update.ts'
import { sharedLength } from '../../shared/model/shared-vector.ts'
import type { Histories } from '../datasets/histories.ts'
import type { Interval } from '../evaluate.ts'
import { pairedInterval } from '../evaluate.ts'
import type { Preset } from '../presets.ts'
import { recentPopularity } from '../publish.ts'
import { train } from '../train.ts'
import { brotliBytes } from '../wire-size.ts'
import { type Aggregation, PLAINTEXT, plaintextAggregation } from './aggregation.ts'
import { openCrowd, type Told } from './crowd.ts'
import { epsilonOf } from './evaluate-federation.ts'
import { CENTRALISED, FEDERATION, learnCentrally } from './learning.ts'
import { materialOf, type Question } from './material.ts'
import {
  drawRounds,
  openCourse,
  type Population,
  populationOf,
  type SimulatedRounds,
  type Turnout,
} from './simulation.ts'
import { openWire, WIRE } from './wire.ts'

export const ARMS = ['frozen', 'centralised', 'federated', 'with noise'] as const
export type Arm = (typeof ARMS)[number]

export interface RoundRecord extends Turnout {
  /** Sent by devices, and fetched by them, in this round. */
  sentBytes: number
  fetchedBytes: number
  /** Spent by now by the shopper who has spent most. */
  epsilon: number
  /** NDCG@10, where it was asked. */
  quality?: Record<Arm, number>
}

export interface Simulation {
  /** How reports went from devices to trainer. */
  wire: string
  dataset: string
  /** Whether the shop is. */
  simulated: boolean
  split: string
  population: Population
  plan: SimulatedRounds
  noiseMultiplier: number
  seed: string
  asked: { shoppers: number; events: number }
  reportBytes: number
  modelBytes: number
  rounds: RoundRecord[]
  /** Above frozen at the end, in NDCG@10. */
  gains: Record<Exclude<Arm, 'frozen'>, Interval>
  seconds: number
}

export interface SimulateOptions
  extends Omit<Population, 'lessons'>,
    Pick<SimulatedRounds, 'cohort' | 'rounds' | 'dropout' | 'stragglers'> {
  noiseMultiplier: number
  preset: Preset
  seed: string
  /** Noised sums come through `wire.ts`, and not by the plaintext short cut. */
  wire: boolean
  maxTrainingSeconds?: number
  say?: (message: string) => void
  /** Told after each round, with the share of all work that is done. */
  onRound?: (round: number, record: RoundRecord) => void
}

/** Shoppers asked after every few rounds. */
const MOST_ASKED_SHOPPERS = 400
/** How often quality is asked. */
const ASKED_ROUNDS = 20

/** @throws UserError where there is nobody to learn from or to ask */
export async function simulate(h: Histories, options: SimulateOptions): Promise<Simulation> {
  const { seed, cohort, rounds, dropout, stragglers, noiseMultiplier, say = () => {}, onRound = () => {} } = options
  const started = performance.now()
  const material = materialOf(h, LOCAL_TRAINING)
  const { clients, pool } = material
  const questions = seeded(`${seed} questions`)
    .shuffle([...material.questions.report])
    .slice(0, MOST_ASKED_SHOPPERS)
  const { shoppers, malicious, sybils } = options
  const population: Population = { shoppers, lessons: Math.min(shoppers, clients.length), malicious, sybils }
  say(`training the backbone: ${material.split}`)
  const { compiled: backbone } = await train(h, material.ends, [], {
    preset: options.preset,
    seed,
    ...(options.maxTrainingSeconds ? { maxSeconds: options.maxTrainingSeconds } : {}),
  })
  const dimension = sharedLength(backbone.config, LOCAL_TRAINING.shared)
  const shape: UpdateShape = { dimension, clipNorm: FEDERATION.clipNorm, fractionBits: FEDERATION.fractionBits }
  const plan: SimulatedRounds = { cohort, rounds, dropout, stragglers, shape, optimiser: optimiserFor(rounds) }
  const bytesOfReport = reportBytes(shareBytes(updateParameters(shape)))
  const modelBytes = await modelBytesOf(backbone)
  const crowd = await openCrowd({
    backbone,
    lessons: [...clients, ...pool],
    questions,
    popularity: recentPopularity(h, material.ends),
    training: LOCAL_TRAINING,
  })
  const wire = options.wire ? await openWire(shape, noiseMultiplier) : undefined
  try {
    const numbers = questions.map((_, n) => n)
    const ask = async (vector: Float64Array) => crowd.foretell(vector, numbers)
    const askedAt = new Set(
      Array.from({ length: ASKED_ROUNDS }, (_, n) => Math.ceil(((n + 1) * rounds) / ASKED_ROUNDS)),
    )
    say('learning from all the data in one place, to compare with')
    const central = new Map<number, Float64Array>()
    const pooled = pool.map(({ wishes }, n) => ({ lesson: clients.length + n, wishes: wishes.length }))
    await learnCentrally(crowd, dimension, pooled, CENTRALISED, seed, (done, vector) => {
      for (const round of askedAt) if (done >= round / rounds && !central.has(round)) central.set(round, vector)
    })
    const frozen = await ask(new Float64Array(dimension))
    const all = populationOf(population, seed)
    const draws = drawRounds(all, plan, seed)
    const course = (name: string, aggregate: Aggregation) => openCourse(crowd, all, plan, aggregate, `${seed} ${name}`)
    const plain = course('plain', plaintextAggregation(shape, 0, seeded(`${seed} none`)))
    const noisy = course(
      'noisy',
      wire?.aggregate ?? plaintextAggregation(shape, noiseMultiplier, seeded(`${seed} noise`)),
    )
    const records: RoundRecord[] = []
    let last: Record<Exclude<Arm, 'frozen'>, Told[]> | undefined
    for (let round = 1; round <= rounds; round++) {
      const { turnout, reporting } = draws.draw()
      await plain.round(reporting, round)
      await noisy.round(reporting, round)
      const record: RoundRecord = {
        ...turnout,
        sentBytes: (turnout.arrived + turnout.late) * bytesOfReport,
        fetchedBytes: turnout.asked * modelBytes,
        epsilon: turnout.participations > 0 ? epsilonOf(noiseMultiplier, turnout.participations) : 0,
      }
      if (askedAt.has(round)) {
        last = {
          centralised: await ask(central.get(round) as Float64Array),
          federated: await ask(plain.state().vector),
          'with noise': await ask(noisy.state().vector),
        }
        const told = { frozen, ...last }
        record.quality = Object.fromEntries(ARMS.map((arm) => [arm, ndcgOf(told[arm])])) as Record<Arm, number>
      }
      records.push(record)
      onRound(round, record)
    }
    return {
      wire: wire ? WIRE : PLAINTEXT,
      dataset: h.name,
      simulated: h.simulated,
      split: material.split,
      population,
      plan,
      noiseMultiplier,
      seed,
      asked: { shoppers: questions.length, events: eventsOf(questions) },
      reportBytes: bytesOfReport,
      modelBytes,
      rounds: records,
      gains: gainsOf(last as NonNullable<typeof last>, frozen),
      seconds: (performance.now() - started) / 1000,
    }
  } finally {
    await Promise.all([crowd.close(), wire?.close()])
  }
}

/** Rounds by the hundred take smaller steps each: what was chosen is for sixteen, and noise adds up as its root does. */
function optimiserFor(rounds: number): SimulatedRounds['optimiser'] {
  const share = Math.min(1, Math.sqrt(FEDERATION.rounds / rounds))
  return { ...FEDERATION.optimiser, rate: FEDERATION.optimiser.rate * share }
}

const ndcgs = (told: readonly Told[]) => Float64Array.from(told.flatMap(({ ndcg }) => [...ndcg]))

function ndcgOf(told: readonly Told[]): number {
  const values = ndcgs(told)
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

function gainsOf(arms: Record<Exclude<Arm, 'frozen'>, Told[]>, frozen: readonly Told[]): Simulation['gains'] {
  const shopperOf = frozen.flatMap(({ ndcg }, shopper) => Array.from(ndcg, () => shopper))
  const gain = (told: readonly Told[]) => pairedInterval(ndcgs(told), ndcgs(frozen), shopperOf)
  return {
    centralised: gain(arms.centralised),
    federated: gain(arms.federated),
    'with noise': gain(arms['with noise']),
  }
}

const eventsOf = (questions: readonly Question[]) => questions.reduce((sum, { wishes }) => sum + wishes.length, 0)

/** What a new round's model costs to fetch: its vectors, of items, stay as they are. */
const modelBytesOf = (backbone: CompiledModel): Promise<number> => brotliBytes(encodeEncoder(backbone))
