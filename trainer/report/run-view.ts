/** What a report says of one run: read from its folder, measured on its history. */
import { resolve } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress } from 'node:zlib'
import type { Phase } from '../../shared/model/bundle.ts'
import type { CompiledModel } from '../../shared/model/compile.ts'
import type { ModelConfig } from '../../shared/model/params.ts'
import type { Histories } from '../datasets/histories.ts'
import { type Evaluation, evaluateModels } from '../evaluation.ts'
import { makeBundle } from '../publish.ts'
import { networkOf, type RunInfo, type RunParts, readParts, readRun } from '../run-folder.ts'
import { UserError } from '../user-error.ts'

/** Questions asked of each model: enough for intervals of about ±.015, in seconds. */
const MAX_QUERIES = 2000

/** What needs no training of its own; the literature's other families are `vitrine evaluate`'s. */
const COUNTS = ['popularity', 'rules'] as const
const TRAINED = ['network', 'blend'] as const

export interface ChunkSize {
  name: string
  phase: Phase
  bytes: number
  brotliBytes: number
}

export interface RunView {
  name: string
  info: RunInfo
  config: ModelConfig
  network: CompiledModel
  evaluation: Evaluation
  /** What a browser fetches, in its order. */
  sizes: ChunkSize[]
}

/**
 * Where a run's history is.
 * @throws UserError when neither the run nor `given` says
 */
export async function dataOf(folder: string, given: string | undefined): Promise<string> {
  const { info } = await readRun(folder, 'measured')
  const data = given ?? info.data
  if (data === undefined) {
    throw new UserError(`${folder}: does not say which history it was trained on`, 'name it with --data PATH')
  }
  return resolve(data)
}

/** @throws UserError when the history is of another catalogue than the run */
export async function viewRun(folder: string, name: string, h: Histories): Promise<RunView> {
  const run = await readRun(folder, 'measured')
  const { info, config } = run
  const network = networkOf(folder, run, h.items)
  const evaluation = await evaluateModels(h, {
    protocol: h.timed ? 'time-split' : 'leave-one-out',
    // Sequences of a benchmark do not say what was bought.
    models: h.timed ? [...COUNTS, 'buy-again', ...TRAINED] : [...COUNTS, ...TRAINED],
    preset: info.preset,
    seeds: [String(info.seed)],
    networks: [network],
    maxQueries: MAX_QUERIES,
  })
  return { name, info, config, network, evaluation, sizes: await sizesOf(h, network, info, await readParts(folder)) }
}

const compress = promisify(brotliCompress)

/** Of the bundle that `vitrine publish` would make. */
async function sizesOf(
  h: Histories,
  network: CompiledModel,
  { blend }: RunInfo,
  parts: RunParts,
): Promise<ChunkSize[]> {
  const { manifest, chunks } = await makeBundle({
    histories: h,
    network,
    blend: blend.weights,
    newItems: blend.newItems,
    parts,
    version: 1,
    now: 0,
  })
  return Promise.all(
    manifest.chunks.map(async ({ name, phase, sha256, bytes }) => ({
      name,
      phase,
      bytes,
      brotliBytes: (await compress(chunks.get(sha256) as Uint8Array)).length,
    })),
  )
}
