/**
 * The shared vector learned by each of the ways that are compared, all from the same devices:
 *
 *     centralised   every client's data in one place, in small batches, no clipping
 *     federated     rounds of clipped updates, some of which never arrive, with or without noise
 */
import { seeded } from '../../shared/data/random.ts'
import type { UpdateShape } from '../../shared/federated/model-update.ts'
import { meanOf, reportOf } from './aggregation.ts'
import type { Crowd } from './crowd.ts'
import { type ServerOptimiser, serverStep, startServer } from './server-step.ts'

export interface Centralised {
  /** Over all the data. */
  passes: number
  /** Lessons in a batch. */
  batch: number
  optimiser: Extract<ServerOptimiser, { kind: 'adam' }>
}

/** Chosen on shoppers that no figure is reported of. The rate falls to nothing over the passes. */
export const CENTRALISED: Centralised = {
  passes: 2,
  batch: 32,
  optimiser: { kind: 'adam', rate: 3e-3, beta1: 0.9, beta2: 0.98, adaptivity: 1e-8 },
}

/**
 * @param lessons their numbers, with how much each counts: its wishes
 * @param onStep told which share of the steps is done
 */
export async function learnCentrally(
  crowd: Crowd,
  d: number,
  lessons: readonly { lesson: number; wishes: number }[],
  { passes, batch, optimiser }: Centralised,
  seed: string,
  onStep: (done: number, vector: Float64Array) => void = () => {},
): Promise<Float64Array> {
  const random = seeded(`${seed} centralised`)
  const steps = passes * Math.ceil(lessons.length / batch)
  let state = startServer(d)
  for (let pass = 0; pass < passes; pass++) {
    const order = random.shuffle([...lessons])
    for (let at = 0; at < order.length; at += batch) {
      const part = order.slice(at, at + batch)
      const updates = await crowd.updates(
        state.vector,
        part.map(({ lesson }) => ({ lesson, seed: `${seed} ${pass} ${lesson}` })),
      )
      const wishes = part.reduce((sum, lesson) => sum + lesson.wishes, 0)
      const mean = new Float64Array(d)
      updates.forEach((update, n) => {
        for (let i = 0; i < d; i++) mean[i] += (part[n].wishes / wishes) * update[i]
      })
      const rate = optimiser.rate * (1 - state.rounds / steps)
      state = serverStep(state, mean, { ...optimiser, rate })
      onStep(state.rounds / steps, state.vector)
    }
  }
  return state.vector
}

export interface Federation {
  rounds: number
  /** Devices asked in each round. */
  cohort: number
  /** Share of them of whom nothing arrives. */
  dropout: number
  /** S: the largest norm of an update. */
  clipNorm: number
  fractionBits: number
  optimiser: ServerOptimiser
  /** z of each aggregator; 0 for none. */
  noiseMultiplier: number
}

/**
 * Chosen on shoppers that no figure is reported of. One step of a device is about three times as long as the clip norm: each then
 * counts as much as another, and noise is in proportion to what is left.
 */
export const FEDERATION: Federation = {
  rounds: 16,
  cohort: 600,
  dropout: 0.3,
  clipNorm: 0.25,
  fractionBits: 16,
  optimiser: { kind: 'adam', rate: 0.01, beta1: 0.9, beta2: 0.99, adaptivity: 1e-4 },
  noiseMultiplier: 0,
}

/**
 * Rounds over lessons 0 … clients − 1, each shopper's turn coming before anyone's next. A cohort that is larger than there
 * are clients is drawn from them with repetition: every client then learns once and is counted as often as it is drawn, which
 * says what noise a larger crowd bears and not what more data would teach.
 */
export async function learnFederated(
  crowd: Crowd,
  clients: number,
  d: number,
  federation: Federation,
  seed: string,
  onRound: (round: number, vector: Float64Array) => Promise<void> = async () => {},
): Promise<Float64Array> {
  const { rounds, cohort, dropout, clipNorm, fractionBits, optimiser, noiseMultiplier } = federation
  const shape: UpdateShape = { dimension: d, clipNorm, fractionBits }
  const random = seeded(`${seed} federated`)
  const turn = turns(clients, random)
  let state = startServer(d)
  for (let round = 1; round <= rounds; round++) {
    const counts = new Map<number, number>()
    for (let n = 0; n < cohort; n++) {
      const lesson = cohort > clients ? random.int(clients) : turn()
      if (random.next() >= dropout) counts.set(lesson, (counts.get(lesson) ?? 0) + 1)
    }
    const devices = [...counts.keys()].map((lesson) => ({ lesson, seed: `${seed} ${round} ${lesson}` }))
    const updates = await crowd.updates(state.vector, devices)
    const sum = new Float64Array(d)
    let reports = 0
    updates.forEach((update, n) => {
      const count = counts.get(devices[n].lesson) as number
      const report = reportOf(update, shape, random)
      for (let i = 0; i < d; i++) sum[i] += count * report[i]
      reports += count
    })
    state = serverStep(state, meanOf(sum, reports, shape, noiseMultiplier, random), optimiser)
    await onRound(round, state.vector)
  }
  return state.vector
}

/** Numbers below n, all of them before one comes again. */
function turns(n: number, random: ReturnType<typeof seeded>): () => number {
  let left: number[] = []
  return () => {
    if (left.length === 0) left = Array.from(random.shuffle(Int32Array.from({ length: n }, (_, at) => at)))
    return left.pop() as number
  }
}

/** How often a shopper takes part at most. */
export const participations = ({ rounds, cohort }: Pick<Federation, 'rounds' | 'cohort'>, clients: number): number =>
  cohort > clients ? rounds : Math.ceil((rounds * cohort) / clients)
