/**
 * A local ONNX sentence encoder of the BERT family: `model.onnx` with its WordPiece list `vocab.txt` beside it. Inputs
 * `input_ids`, `attention_mask` and, if it has one, `token_type_ids`, all int64 (texts, pieces); the first output is
 * either (texts, width), or (texts, pieces, width) and then its mean over the text's pieces is taken.
 */
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { UserError } from '../user-error.ts'
import type { Teacher } from './teacher.ts'
import { wordpiece } from './wordpiece.ts'

const RUNTIME = 'onnxruntime-web'
const BATCH = 32
const MAX_UNKNOWN_SHARE = 0.2

/** @throws UserError when the runtime, the model or its vocabulary is missing, or the model is of another kind */
export async function onnxTeacher(path: string): Promise<Teacher> {
  const ort = await import('onnxruntime-web').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ERR_MODULE_NOT_FOUND' && error.code !== 'MODULE_NOT_FOUND') throw error
    throw new UserError(
      `--teacher ${path}: the package ${RUNTIME} is not installed`,
      `npm install --no-save ${RUNTIME}@1.30.0, or choose another teacher`,
    )
  })
  const vocabularyFile = join(dirname(path), 'vocab.txt')
  if (!existsSync(vocabularyFile)) {
    throw new UserError(`${vocabularyFile}: is not there`, 'put the model’s WordPiece vocabulary beside it')
  }
  const pieces = wordpiece((await readFile(vocabularyFile, 'utf8')).split(/\r?\n/), vocabularyFile)
  ort.env.wasm.numThreads = 1
  const session = await ort.InferenceSession.create(await readFile(path)).catch((error: Error) => {
    throw new UserError(`${path}: cannot be loaded: ${error.message.slice(0, 200)}`, 'export the model to ONNX again')
  })
  const wanted = ['input_ids', 'attention_mask', 'token_type_ids']
  const foreign = session.inputNames.filter((name) => !wanted.includes(name))
  if (foreign.length > 0 || !session.inputNames.includes('input_ids')) {
    throw new UserError(
      `${path}: its inputs are ${session.inputNames.join(', ')}`,
      `give a sentence encoder whose inputs are among ${wanted.join(', ')}`,
    )
  }

  const run = async (batch: readonly number[][]): Promise<{ vectors: Float32Array; width: number }> => {
    const length = Math.max(...batch.map((ids) => ids.length))
    const column = (value: (ids: readonly number[], at: number) => number) => {
      const values = batch.flatMap((ids) => Array.from({ length }, (_, at) => BigInt(value(ids, at))))
      return new ort.Tensor('int64', BigInt64Array.from(values), [batch.length, length])
    }
    const inputs: Record<string, InstanceType<typeof ort.Tensor>> = {
      input_ids: column((ids, at) => ids[at] ?? 0),
      attention_mask: column((ids, at) => (at < ids.length ? 1 : 0)),
      token_type_ids: column(() => 0),
    }
    const asked = Object.fromEntries(session.inputNames.map((name) => [name, inputs[name]]))
    const output = (await session.run(asked))[session.outputNames[0]]
    const width = output.dims[output.dims.length - 1]
    if (output.type !== 'float32' || output.dims[0] !== batch.length || output.dims.length > 3) {
      throw new UserError(
        `${path}: output ${session.outputNames[0]} is ${output.type} ${JSON.stringify(output.dims)}`,
        'give a model whose first output is float32, one vector a text or a piece',
      )
    }
    const data = output.data as Float32Array
    if (output.dims.length === 2) return { vectors: data, width }
    const vectors = new Float32Array(batch.length * width)
    batch.forEach((ids, row) => {
      for (let at = 0; at < ids.length; at++) {
        for (let j = 0; j < width; j++) vectors[row * width + j] += data[(row * length + at) * width + j] / ids.length
      }
    })
    return { vectors, width }
  }

  const { width } = await run([pieces('a').ids])
  return {
    name: `ONNX ${basename(path)}`,
    width,
    words: [],
    understands(text) {
      const { unknown, words } = pieces(text)
      return words > 0 && unknown <= MAX_UNKNOWN_SHARE * words
    },
    async encode(texts, onText) {
      const result = new Float32Array(texts.length * width)
      const ids = texts.map((text) => pieces(text).ids)
      const order = ids.map((_, at) => at).sort((a, b) => ids[a].length - ids[b].length)
      for (let at = 0; at < order.length; at += BATCH) {
        const batch = order.slice(at, at + BATCH)
        const { vectors } = await run(batch.map((text) => ids[text]))
        batch.forEach((text, row) => {
          result.set(vectors.subarray(row * width, (row + 1) * width), text * width)
        })
        onText?.(at + batch.length)
      }
      return result
    },
  }
}
