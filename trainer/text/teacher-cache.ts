/** A teacher's answers on disk, text by text: a sentence encoder reads a catalogue in minutes, and shops change little. */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync } from 'node:fs'
import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { decodeArrays, encodeArrays, take } from '../../shared/model/arrays.ts'
import type { Teacher } from './teacher.ts'

/** @param identity what else its answers depend on: a model's path, size and time of change */
export function cachedTeacher(teacher: Teacher, identity: string, folder: string): Teacher {
  const { width } = teacher
  const file = join(folder, `${sha256(`${teacher.name}\0${identity}\0${width}`).toString('hex').slice(0, 32)}.vta`)
  return {
    ...teacher,
    async encode(texts, onText) {
      const keys = texts.map(keyOf)
      const known = await readAnswers(file, width)
      const missing = [...new Set(texts.filter((_, at) => !known.has(keys[at])))]
      if (missing.length > 0) {
        const vectors = await teacher.encode(missing, onText)
        missing.forEach((text, row) => {
          known.set(keyOf(text), vectors.subarray(row * width, (row + 1) * width))
        })
        mkdirSync(folder, { recursive: true })
        await writeAnswers(file, known, width)
      }
      const result = new Float32Array(texts.length * width)
      keys.forEach((key, row) => {
        result.set(known.get(key)!, row * width)
      })
      return result
    },
  }
}

const sha256 = (text: string) => createHash('sha256').update(text).digest()
/** 64 bits: two of a million texts are taken for one with a chance of one in 37 million. */
const keyOf = (text: string): bigint => sha256(text).readBigUInt64LE()

async function readAnswers(file: string, width: number): Promise<Map<bigint, Float32Array>> {
  if (!existsSync(file)) return new Map()
  const arrays = decodeArrays(await readFile(file))
  const halves = take(arrays, 'keys', 'u32')
  const vectors = take(arrays, 'vectors', 'f32', (halves.length / 2) * width)
  const keys = new BigUint64Array(halves.slice().buffer)
  return new Map(Array.from(keys, (key, row) => [key, vectors.subarray(row * width, (row + 1) * width)]))
}

async function writeAnswers(file: string, answers: Map<bigint, Float32Array>, width: number): Promise<void> {
  const keys = new Uint32Array(BigUint64Array.from(answers.keys()).buffer)
  const vectors = new Float32Array(answers.size * width)
  let row = 0
  for (const vector of answers.values()) vectors.set(vector, row++ * width)
  const partial = `${file}.partial-${process.pid}`
  await writeFile(partial, encodeArrays({ meta: {}, arrays: { keys, vectors } }))
  await rename(partial, file)
}
