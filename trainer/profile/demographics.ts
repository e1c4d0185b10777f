/**
 * Whether a frozen state holds more of a shopper than how popular the things are that they like: linear probes for what they
 * said of themselves. The network learns the next item alone and never sees these facts; the probes are cross-validated by
 * shopper. This measures what a state could give away, and is a reason for it to stay on the device: no page runs these probes.
 */
import { seeded } from '../../shared/data/random.ts'
import { VIEW } from '../../shared/data/sequence.ts'
import type { CompiledModel } from '../../shared/model/compile.ts'
import { startState, step } from '../../shared/model/infer.ts'
import type { Demographics } from '../datasets/demographics.ts'
import type { Histories } from '../datasets/histories.ts'
import { type Interval, pairedInterval } from '../evaluate.ts'
import { type Asked, askAll, fitHead } from './heads.ts'

export interface ProbeScore {
  fact: string
  classes: number
  /** Nats a shopper. */
  log_loss: { shares: number; popularity: number; state: number }
  /** Share right. */
  right: { shares: number; popularity: number; state: number }
  /** Log-loss of popularity less that of the state, by shopper. */
  better_than_popularity: Interval
}

const FOLDS = 10
/** Chosen for each fold on shoppers of another. */
const L2 = [0.003, 0.01, 0.03, 0.1, 0.3]
/** Years at which a band begins. */
const AGE_BANDS = [0, 25, 35, 45]

export async function probeDemographics(
  { histories, facts }: Demographics,
  network: CompiledModel,
  seed: string,
): Promise<ProbeScore[]> {
  const states = meanStates(histories, network)
  const popularity = popularityFeatures(histories)
  const order = seeded(`${seed} folds`).shuffle(Int32Array.from(facts, (_, n) => n))
  const foldOf = new Int32Array(facts.length)
  order.forEach((shopper, place) => {
    foldOf[shopper] = place % FOLDS
  })
  const asked: Record<string, string[]> = {
    gender: facts.map(({ gender }) => gender),
    'age band': facts.map(({ age }) => String(AGE_BANDS.findLast((from) => age >= from))),
    occupation: facts.map(({ occupation }) => occupation),
  }
  const scores: ProbeScore[] = []
  for (const [fact, values] of Object.entries(asked)) {
    const classes = [...new Set(values)].sort()
    const answers = Int32Array.from(values, (value) => classes.indexOf(value))
    const said = {
      shares: foldShares(answers, classes.length, foldOf),
      popularity: await crossValidated(popularity, answers, classes.length, foldOf),
      state: await crossValidated(states, answers, classes.length, foldOf),
    }
    const losses = (all: readonly Float64Array[]) =>
      Float64Array.from(all, (probabilities, n) => -Math.log(Math.max(1e-12, probabilities[answers[n]])))
    const each = (of: (all: readonly Float64Array[]) => number) => ({
      shares: of(said.shares),
      popularity: of(said.popularity),
      state: of(said.state),
    })
    scores.push({
      fact,
      classes: classes.length,
      log_loss: each((all) => meanOf(losses(all))),
      right: each((all) =>
        meanOf(Float64Array.from(all, (own, n) => (own.indexOf(Math.max(...own)) === answers[n] ? 1 : 0))),
      ),
      better_than_popularity: pairedInterval(losses(said.popularity), losses(said.state), [...answers.keys()], seed),
    })
  }
  return scores
}

/** (shoppers) of (d): the mean of all states along the history; the last alone knows little but the last things. */
function meanStates(h: Histories, network: CompiledModel): Float32Array[] {
  return h.shoppers.map((_, shopper) => {
    const state = startState(network)
    const mean = new Float32Array(network.config.width)
    const [from, to] = [h.start[shopper], h.start[shopper + 1]]
    for (let at = from; at < to; at++) {
      step(network, state, { item: h.item[at], action: VIEW, time: h.time[at] })
      state.state.forEach((value, j) => {
        mean[j] += value / (to - from)
      })
    }
    return mean
  })
}

const TENTHS = 10

/**
 * (shoppers) of (13): how many things, mean and deviation of ln of how many shoppers had each, and the share in each tenth of
 * all histories, from the most popular things to the least.
 */
function popularityFeatures({ item, items, shoppers, start }: Histories): Float32Array[] {
  const counts = new Float64Array(items.length)
  for (const n of item) counts[n]++
  const tenthOf = new Uint8Array(items.length)
  let [before, last, tenth] = [0, Number.POSITIVE_INFINITY, 0]
  for (const n of [...counts.keys()].sort((a, b) => counts[b] - counts[a])) {
    // Things equally popular are in one tenth.
    if (counts[n] < last) tenth = Math.min(TENTHS - 1, Math.floor((TENTHS * before) / item.length))
    tenthOf[n] = tenth
    before += counts[n]
    last = counts[n]
  }
  return shoppers.map((_, shopper) => {
    const own = item.subarray(start[shopper], start[shopper + 1])
    const logs = Float64Array.from(own, (n) => Math.log(counts[n]))
    const mean = meanOf(logs)
    const deviation = Math.sqrt(meanOf(logs.map((log) => (log - mean) ** 2)))
    const shares = new Float32Array(TENTHS)
    for (const n of own) shares[tenthOf[n]] += 1 / own.length
    return Float32Array.from([Math.log(own.length), mean, deviation, ...shares])
  })
}

/** How many of the others are of each class: what one says who knows nothing of a shopper. */
function foldShares(answers: Int32Array, classes: number, foldOf: Int32Array): Float64Array[] {
  return Array.from(answers, (_, shopper) => {
    const shares = new Float64Array(classes).fill(1)
    answers.forEach((answer, n) => {
      if (foldOf[n] !== foldOf[shopper]) shares[answer]++
    })
    const total = shares.reduce((sum, count) => sum + count, 0)
    return shares.map((count) => count / total)
  })
}

/** (shoppers) of (classes): what a probe says of each that was taught others. */
async function crossValidated(
  inputs: readonly Float32Array[],
  answers: Int32Array,
  classes: number,
  foldOf: Int32Array,
): Promise<Float64Array[]> {
  const said: Float64Array[] = new Array(answers.length)
  const part = (isOwn: (fold: number) => boolean): Asked & { own: number[] } => {
    const own = [...answers.keys()].filter((n) => isOwn(foldOf[n]))
    return {
      own,
      inputs: Float32Array.from(own.flatMap((n) => [...inputs[n]])),
      answers: Int32Array.from(own, (n) => answers[n]),
    }
  }
  for (let fold = 0; fold < FOLDS; fold++) {
    const next = (fold + 1) % FOLDS
    const [training, validation, test] = [
      part((own) => own !== fold && own !== next),
      part((own) => own === next),
      part((own) => own === fold),
    ]
    let best: { loss: number; said: Float64Array[] } | undefined
    for (const l2 of L2) {
      const head = await fitHead(training, validation, classes, { l2 })
      const loss = meanOf(
        Float64Array.from(askAll(head, validation), (all, n) => -Math.log(Math.max(1e-12, all[validation.answers[n]]))),
      )
      if (!best || loss < best.loss) best = { loss, said: askAll(head, test) }
    }
    best?.said.forEach((probabilities, n) => {
      said[test.own[n]] = probabilities
    })
  }
  return said
}

const meanOf = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0) / values.length
