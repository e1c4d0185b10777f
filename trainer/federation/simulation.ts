/**
 * Federated learning as a shop would see it, round by round, with shoppers as they are: some go away, some are too late, a few
 * lie. What a device does is what a browser does; what is between devices and trainer is an `Aggregation`, so that the same
 * updates can take another way.
 *
 * Everything follows from the seed: who is asked, who goes, who lies, what is drawn and rounded. Sums of floats are the same
 * for any number of threads, because reports are whole numbers.
 */
import { seeded } from '../../shared/data/random.ts'
import type { UpdateShape } from '../../shared/federated/model-update.ts'
import { type Aggregation, reportOf } from './aggregation.ts'
import type { Crowd } from './crowd.ts'
import { type ServerOptimiser, type ServerState, serverStep, startServer } from './server-step.ts'

export interface Population {
  shoppers: number
  /** Lessons 0 … lessons − 1 are somebody's real history; shoppers beyond have one of them, drawn with repetition. */
  lessons: number
  /** Share of the shoppers who send their update the other way round, as long as the proof lets it be. */
  malicious: number
  /** Share of them that are one party, which sends the same each time: against where the model went last. */
  sybils: number
}

export interface SimulatedRounds {
  cohort: number
  rounds: number
  /** Share of those asked of whom nothing comes. */
  dropout: number
  /** Share whose report comes when the round has closed. */
  stragglers: number
  shape: UpdateShape
  optimiser: ServerOptimiser
}

export type Kind = 'honest' | 'malicious' | 'sybil'

export interface Shopper {
  lesson: number
  kind: Kind
}

/** Shoppers by number: as many of each kind as the shares say, drawn. */
export function populationOf({ shoppers, lessons, malicious, sybils }: Population, seed: string): Shopper[] {
  const random = seeded(`${seed} population`)
  const order = random.shuffle(Int32Array.from({ length: shoppers }, (_, n) => n))
  const all = Array.from(
    { length: shoppers },
    (_, n): Shopper => ({
      lesson: n < lessons ? n : random.int(lessons),
      kind: 'honest',
    }),
  )
  const [liars, copies] = [malicious, sybils].map((share) => Math.round(share * shoppers))
  order.slice(0, liars).forEach((n) => {
    all[n].kind = 'malicious'
  })
  order.slice(liars, liars + copies).forEach((n) => {
    all[n].kind = 'sybil'
  })
  return all
}

/** Who was asked in a round, and what became of it. */
export interface Turnout {
  asked: number
  lost: number
  late: number
  arrived: number
  /** Of those that arrived. */
  lying: number
  /** How often anyone has sent a report by now, at most. */
  participations: number
}

export interface Rounds {
  /** Draws the next round's devices. */
  draw(): { turnout: Turnout; reporting: number[] }
}

/** Each shopper's turn comes before anyone's next, so that what a shopper's privacy pays for is as little as can be. */
export function drawRounds(population: readonly Shopper[], plan: SimulatedRounds, seed: string): Rounds {
  const random = seeded(`${seed} rounds`)
  const sent = new Uint32Array(population.length)
  let waiting: number[] = []
  return {
    draw() {
      const turnout: Turnout = { asked: 0, lost: 0, late: 0, arrived: 0, lying: 0, participations: 0 }
      const reporting: number[] = []
      for (; turnout.asked < plan.cohort; turnout.asked++) {
        if (waiting.length === 0) waiting = Array.from(random.shuffle(Int32Array.from(population.keys())))
        const shopper = waiting.pop() as number
        const fate = random.next()
        if (fate < plan.dropout) {
          turnout.lost++
          continue
        }
        sent[shopper]++
        if (fate < plan.dropout + plan.stragglers) {
          turnout.late++
          continue
        }
        turnout.arrived++
        if (population[shopper].kind !== 'honest') turnout.lying++
        reporting.push(shopper)
      }
      turnout.participations = sent.reduce((most, count) => Math.max(most, count), 0)
      return { turnout, reporting }
    },
  }
}

/** One course of the model through the rounds: with one way of aggregating. */
export interface Course {
  state(): ServerState
  round(reporting: readonly number[], number: number): Promise<void>
}

export function openCourse(
  crowd: Crowd,
  population: readonly Shopper[],
  { shape, optimiser }: SimulatedRounds,
  aggregate: Aggregation,
  seed: string,
): Course {
  const random = seeded(`${seed} rounding`)
  let state = startServer(shape.dimension)
  let before = state
  return {
    state: () => state,
    async round(reporting, number) {
      const moved = state.vector.map((value, n) => value - before.vector[n])
      // A Sybil has nothing to learn from; it would be asked for nothing.
      const learning = reporting.filter((shopper) => population[shopper].kind !== 'sybil')
      const updates = await crowd.updates(
        state.vector,
        learning.map((shopper) => ({ lesson: population[shopper].lesson, seed: `${seed} ${number} ${shopper}` })),
      )
      const learned = new Map(learning.map((shopper, n) => [shopper, updates[n]]))
      const reports = reporting.map((shopper) =>
        reportOf(sentBy(population[shopper].kind, learned.get(shopper), moved, shape), shape, random),
      )
      before = state
      if (reports.length > 0) state = serverStep(state, await aggregate(reports), optimiser)
    },
  }
}

/** What a shopper sends: `reportOf` clips it, as the proof would have it rejected if it were longer. */
function sentBy(
  kind: Kind,
  update: Float32Array | undefined,
  moved: Float64Array,
  { clipNorm, dimension }: UpdateShape,
): ArrayLike<number> {
  if (kind === 'honest' && update) return update
  return against(update ?? moved, clipNorm, dimension)
}

/** The other way round, and as long as it may be. */
function against(vector: ArrayLike<number>, clipNorm: number, dimension: number): Float64Array {
  let square = 0
  for (let n = 0; n < dimension; n++) square += vector[n] ** 2
  const scale = square > 0 ? clipNorm / Math.sqrt(square) : 0
  return Float64Array.from({ length: dimension }, (_, n) => -scale * vector[n])
}
