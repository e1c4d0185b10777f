/**
 * Trains a network on histories: passes over the training part, validation after each, the best kept.
 * All passes are made: the rate falls to nothing over them, and the last ones are the best.
 * The same histories, options and seed give the same parameters, bit for bit, on the same back end.
 */
import { seeded } from '../shared/data/random.ts'
import { type CompiledModel, compile } from '../shared/model/compile.ts'
import { contentOf, queryRow } from '../shared/model/content.ts'
import { negativeSampler } from '../shared/model/negatives.ts'
import { sparseTensors } from '../shared/model/ops.ts'
import { flatten, initParams, type ModelConfig, type Params, unflatten } from '../shared/model/params.ts'
import { type SparseMatrix, sparseMatrix } from '../shared/model/sparse.ts'
import { settleUntrained } from '../shared/model/untrained.ts'
import { readyBackend } from './backend.ts'
import { nextItems, type TrainingEnds, trainingBatches } from './batches.ts'
import { type JsonValue, readCheckpoint, writeCheckpoint } from './checkpoint.ts'
import type { Histories } from './datasets/histories.ts'
import { watchDivergence } from './divergence.ts'
import { itemsRepeat } from './history-notes.ts'
import { createTrainingLearner, type Task } from './learner.ts'
import { networkMetrics, type Validated } from './network-scorer.ts'
import type { Preset } from './presets.ts'
import type { Query } from './queries.ts'
import { type Begun, identityOf } from './resumption.ts'
import { titleNeighbours } from './title-neighbours.ts'
import { UserError } from './user-error.ts'

export interface TrainProgress {
  epoch: number
  epochs: number
  /** 0 … 1 of all passes. */
  done: number
  loss: number
  /** Validation NDCG@10 after the last pass; undefined before the first. */
  ndcg?: number
  itemsPerSecond: number
  secondsLeft: number
}

export interface EpochRecord {
  epoch: number
  loss: number
  ndcg: number
  seconds: number
}

export interface Trained {
  config: ModelConfig
  params: Params
  content?: SparseMatrix
  compiled: CompiledModel
  epochs: EpochRecord[]
  best: EpochRecord
  /** What the lists of the best pass were worth. */
  validated: Validated
}

export interface TrainOptions {
  preset: Preset
  seed: number | string
  /** Of the items, in place of what their catalogue entries alone say. */
  content?: SparseMatrix
  /** Parameters that stay 0, by the end of their names: what an ablation leaves out. */
  without?: readonly string[]
  /** Each on a core of its own; else one for little work, all cores for more. Results depend on it in the last digits. */
  threads?: number
  /** Ends the pass, and the training, when this is reached. Results then depend on the machine. */
  maxSeconds?: number
  /** A file to go on from, where it is of the same training, and to keep after each pass and when stopped. */
  checkpoint?: string
  /** Stops after the step under way. */
  stop?: AbortSignal
  onProgress?: (progress: TrainProgress) => void
  /** Told what goes differently, such as a batch that does not fit. */
  say?: (message: string) => void
}

/** Queries kept as rows of the table; the rest are seen as a search for nothing in particular. */
const MAX_QUERIES = 2048

/**
 * @param validation asked after each pass; when empty, the last pass counts
 * @throws UserError when there is nothing to learn from, the loss runs away, or it is stopped
 */
export async function train(
  h: Histories,
  ends: TrainingEnds,
  validation: readonly Query[],
  {
    preset,
    seed,
    content: given,
    without = [],
    threads,
    maxSeconds = Number.POSITIVE_INFINITY,
    checkpoint,
    stop,
    onProgress,
    say,
  }: TrainOptions,
): Promise<Trained> {
  const backend = await readyBackend()
  const next = nextItems(h, ends)
  const targets = next.reduce((sum, item) => sum + (item >= 0 ? 1 : 0), 0)
  if (targets === 0) {
    throw new UserError(
      `${h.name}: no shopper did two different things, so there is nothing to learn an order from`,
      'serve popularity and rules, which need no network, or import a longer history',
    )
  }
  const frequency = new Float64Array(h.items.length)
  for (const item of next) if (item >= 0) frequency[item]++
  // Queries are read through the content's projection, whatever else there is.
  const hasContent =
    h.queries.length > 0 || h.items.some((item) => item.title !== item.item_id || item.category.length > 0)
  if (!hasContent && !itemsRepeat(h)) {
    throw new UserError(
      `${h.name}: no item occurs twice and none has a title, so there is nothing that one could tell of another`,
      'check which column names the item, or import the catalogue with --catalog',
    )
  }
  const content = given ?? (hasContent ? contentOf(h.items) : undefined)
  const { width, blocks, heads, window, hidden } = preset
  const config: ModelConfig = {
    items: h.items.length,
    contentWidth: content?.width ?? 0,
    width,
    blocks,
    heads,
    window,
    hidden,
  }
  // What was only ever read, and never asked for, has an id vector that is trained all the same.
  const seen = occurrences(h, ends)
  const lenders = content && titleNeighbours(h.items, (item) => seen[item] > 0)
  const queries = content && queryMatrix(h.queries.slice(0, MAX_QUERIES), content.width)
  const sampled = config.items > preset.negatives || frequency.includes(0)
  const negatives = sampled ? negativeSampler(frequency, preset.negatives) : undefined
  const initial = initParams(config, seed)
  const still = Object.keys(initial).filter((name) => without.some((end) => name.endsWith(end)))
  for (const name of still) initial[name].values.fill(0)
  const task: Task = {
    config,
    still,
    regularisation: { dropout: preset.dropout, idDropout: preset.idDropout },
    content,
    queries,
    logExpected: negatives?.logExpected,
  }
  const about = identityOf(h, ends, config, preset, seed, without)
  const kept = checkpoint === undefined ? undefined : await readCheckpoint(checkpoint, about)
  // What `save` wrote: `readCheckpoint` has compared its hash.
  const begun = kept?.record as unknown as Begun | undefined
  const learner = await createTrainingLearner(
    kept ? unflatten(config, kept.params) : initial,
    task,
    threads ?? threadsFor(targets, preset, backend.threads),
    say,
    kept && { steps: kept.position.step, moments: kept.moments },
  )
  const [contentTensors, queryTensors] = [content, queries].map((matrix) => matrix && sparseTensors(matrix))
  const epochs: EpochRecord[] = begun?.epochs ?? []
  let best: { record: EpochRecord; params: Params; validated: Validated } | undefined
  const started = performance.now() - 1000 * (begun?.seconds ?? 0)
  const seconds = () => (performance.now() - started) / 1000
  const lastRow = config.items + Math.min(MAX_QUERIES, h.queries.length)
  const rows = Math.max(1, Math.round(preset.batchTokens / window))
  const watch = watchDivergence(config.items, preset.learningRate, begun?.lossLimit)
  let saved = kept && checkpoint !== undefined ? { file: checkpoint, step: kept.position.step } : undefined
  let steps = kept?.position.step ?? 0
  /**
   * Keeps the checkpoint that is there where what was learned since has run away, or is not finite: the loss of the last
   * step is the one before its move.
   * @param pass the one under way, of which so many batches are done
   */
  const save = async (pass: number, batches: number, lossSum: number, asked: number) => {
    if (checkpoint === undefined || watch.isHigh()) return
    const [params, moments] = [flatten(await learner.params()), await learner.moments()]
    if (![params, moments.means, moments.squares].every((values) => values.every(Number.isFinite))) return
    const lossLimit = watch.limit()
    const record: Begun = {
      epochs,
      seconds: seconds(),
      lossSum,
      asked,
      lossLimit,
      ...(best ? { best: best.record } : {}),
    }
    await writeCheckpoint(checkpoint, {
      about,
      position: { step: steps, pass, batches },
      record: JSON.parse(JSON.stringify(record)) as JsonValue,
      params,
      moments,
      ...(best ? { best: flatten(best.params) } : {}),
    })
    saved = { file: checkpoint, step: steps }
  }
  try {
    if (kept?.best && begun?.best) {
      const params = unflatten(config, kept.best)
      const validated = await networkMetrics(config, params, contentTensors, queryTensors, validation)
      best = { record: begun.best, params, validated }
    }
    for (let epoch = kept?.position.pass ?? 1; epoch <= preset.epochs; epoch++) {
      // Here, so that a training whose time was up makes no further pass when it is taken up again.
      if (best && seconds() > maxSeconds) break
      const random = seeded(`${seed} pass ${epoch}`)
      const resumed = epoch === kept?.position.pass ? kept.position.batches : 0
      let [lossSum, asked] = resumed > 0 && begun ? [begun.lossSum, begun.asked] : [0, 0]
      let batches = 0
      const learningRate = learningRateAfter(epoch - 1, preset, seconds() / maxSeconds)
      for (const batch of trainingBatches(h, ends, next, { length: window, window, rows }, random)) {
        const drawn = negatives?.draw(random)
        // Drawn again all the same, so that what follows is what would have followed.
        if (++batches <= resumed) continue
        batch.rows.forEach((row, at) => {
          if (row > lastRow) batch.rows[at] = lastRow
        })
        const loss = await learner.step(batch, drawn, ++steps, learningRate)
        watch.see(loss, steps, saved)
        lossSum += loss * batch.at.length
        asked += batch.at.length
        const passes = (epoch - 1 + Math.min(1, asked / targets)) / preset.epochs
        onProgress?.({
          epoch,
          epochs: preset.epochs,
          done: Math.max(passes, Math.min(1, seconds() / maxSeconds)),
          loss: lossSum / asked,
          ndcg: validation.length > 0 ? best?.record.ndcg : undefined,
          itemsPerSecond: ((epoch - 1) * targets + asked) / seconds(),
          secondsLeft: Math.max(0, Math.min(maxSeconds - seconds(), (seconds() / passes) * (1 - passes))),
        })
        if (stop?.aborted) {
          await save(epoch, batches, lossSum, asked)
          throw new UserError(
            `training: stopped at step ${steps}, in pass ${epoch}${saved ? `; the checkpoint is ${saved.file}, of step ${saved.step}` : ''}`,
            saved ? 'the same command goes on from there' : 'start again when there is time',
          )
        }
        if (seconds() > maxSeconds) break
      }
      const params = settleUntrained(config, await learner.params(), seen, content, lenders)
      const validated = await networkMetrics(config, params, contentTensors, queryTensors, validation)
      const record = { epoch, loss: lossSum / asked, ndcg: validated.means.ndcg, seconds: seconds() }
      epochs.push(record)
      if (!best || validation.length === 0 || record.ndcg > best.record.ndcg) best = { record, params, validated }
      await save(epoch + 1, 0, 0, 0)
    }
  } finally {
    await learner.close()
    contentTensors?.dispose()
    queryTensors?.dispose()
  }
  const { record, params, validated } = best as NonNullable<typeof best>
  const compiled = compile(config, params, content)
  return { config, params, ...(content ? { content } : {}), compiled, epochs, best: record, validated }
}

/**
 * Half a cosine (Loshchilov & Hutter 2017, without restarts), a step down for each pass; steeper where time ends first.
 * @param passes that have been made
 * @param timeGone share of the time there is; 0 where it has no end
 */
export function learningRateAfter(passes: number, { epochs, learningRate }: Preset, timeGone = 0): number {
  const gone = Math.min(1, Math.max(passes / epochs, timeGone))
  return (learningRate * (1 + Math.cos(Math.PI * gone))) / 2
}

/** (V) how often each item is in the training part */
function occurrences(h: Histories, ends: TrainingEnds): Float64Array {
  const counts = new Float64Array(h.items.length)
  for (let s = 0; s < h.shoppers.length; s++) {
    for (let at = h.start[s]; at < ends[s]; at++) if (h.item[at] >= 0) counts[h.item[at]]++
  }
  return counts
}

/** A thread takes two seconds to start: not for what is learned before that. */
function threadsFor(targets: number, { epochs }: Preset, most: number): number {
  return targets * epochs < 200_000 ? 1 : most
}

/** (Q + 1, C), the last row 0 for the queries that are not kept. */
function queryMatrix(queries: string[], width: number): SparseMatrix {
  return sparseMatrix(width, [...queries.map((query) => queryRow(query, width).entries()), []])
}
