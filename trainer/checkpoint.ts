/**
 * A training under way, on disk: what must be known to go on as if nothing had happened. One file of typed arrays
 * (`arrays.ts`), in the order of `paramShapes`:
 *
 *     {"format": "vitrine-checkpoint/1", "about": {…}, "position": {…}, "record": {…}, "sha256": "9f86…"}
 *     params    f32 (n)   the parameters
 *     means     f32 (n)   Adam's averages of the gradient
 *     squares   f32 (n)   Adam's averages of its square
 *     best      f32 (n)   the parameters of the best pass so far; absent before the first
 *
 * Nothing random is stored: every draw follows from the seed, the pass and the place in it. `about` is what the training
 * is of, and a checkpoint of something else is refused.
 */
import { createHash } from 'node:crypto'
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { Moments } from '../shared/model/adam.ts'
import { decodeArrays, encodeArrays, type PlainArray, take } from '../shared/model/arrays.ts'
import { UserError } from './user-error.ts'

/** What a training is of: all that its numbers depend on, but for the schedule. Plain JSON: model, preset, seed, data, split. */
export interface TrainingIdentity {
  [name: string]: JsonValue
}
export type JsonValue = string | number | boolean | null | JsonValue[] | { [name: string]: JsonValue }

/** How far it has come. */
export interface Position {
  /** Steps taken since the start: Adam's count. */
  step: number
  /** From 1. */
  pass: number
  /** Batches of this pass that are done; a resumed pass draws them again and leaves them out. */
  batches: number
}

export interface Checkpoint {
  about: TrainingIdentity
  position: Position
  /** What the trainer reports of the passes so far. */
  record: JsonValue
  params: Float32Array
  moments: Moments
  best?: Float32Array
}

interface Meta extends Pick<Checkpoint, 'about' | 'position' | 'record'> {
  format: 'vitrine-checkpoint/1'
  /** Of the arrays' bytes, one after the other: a disk that lost some is found out. */
  sha256: string
}

/**
 * Replaces the checkpoint that is there. The bytes are on the disk before they get their name: whatever happens, the file
 * is the old checkpoint or the new one.
 * @throws Error when a number is not finite: such a checkpoint is of no use, and would replace one that is
 */
export async function writeCheckpoint(file: string, checkpoint: Checkpoint): Promise<void> {
  const { about, position, record, params, moments, best } = checkpoint
  const arrays = { params, means: moments.means, squares: moments.squares, ...(best ? { best } : {}) }
  for (const [name, values] of Object.entries(arrays)) {
    if (!values.every(Number.isFinite)) throw new Error(`checkpoint: ${name} at step ${position.step} are not finite`)
  }
  const meta: Meta = { format: 'vitrine-checkpoint/1', about, position, record, sha256: sha256(arrays) }
  await mkdir(dirname(file), { recursive: true })
  const partial = join(dirname(file), `.${basename(file)}.partial`)
  try {
    const handle = await open(partial, 'w')
    try {
      await handle.writeFile(encodeArrays({ meta, arrays }))
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(partial, file)
  } finally {
    await rm(partial, { force: true })
  }
  await syncFolder(dirname(file))
}

/** So that the new name survives a power cut too. Windows opens no folders; NTFS journals its names. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return
  const handle = await open(folder)
  await handle.sync().finally(() => handle.close())
}

/**
 * The checkpoint in a file, or undefined where there is none.
 * @param about what is to be trained
 * @throws UserError when the file is damaged, or of another training: then with what differs
 */
export async function readCheckpoint(file: string, about: TrainingIdentity): Promise<Checkpoint | undefined> {
  const bytes = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  if (!bytes) return undefined
  const { meta, ...checkpoint } = decode(file, bytes)
  const differing = differences(about, meta.about)
  if (differing.length > 0) {
    const shown = differing.slice(0, MAX_SHOWN).join('; ')
    const more = differing.length > MAX_SHOWN ? `; and ${differing.length - MAX_SHOWN} more` : ''
    throw new UserError(
      `${file}: is a checkpoint of another training: ${shown}${more}`,
      'go on with what it was started with, or train from the start with --anew or into another --out',
    )
  }
  return { about: meta.about, position: meta.position, record: meta.record, ...checkpoint }
}

const MAX_SHOWN = 4

function decode(file: string, bytes: Uint8Array) {
  try {
    const decoded = decodeArrays<Meta>(bytes)
    const { meta, arrays } = decoded
    if (meta.format !== 'vitrine-checkpoint/1') throw new Error(`format "${meta.format}" is not vitrine-checkpoint/1`)
    if (sha256(arrays) !== meta.sha256) throw new Error('its numbers are not those that were written')
    const params = take(decoded, 'params', 'f32')
    const [means, squares] = ['means', 'squares'].map((name) => take(decoded, name, 'f32', params.length))
    const best = 'best' in arrays ? { best: take(decoded, 'best', 'f32', params.length) } : {}
    return { meta, params, moments: { means, squares }, ...best }
  } catch (error) {
    throw new UserError(
      `${file}: is no whole checkpoint: ${(error as Error).message}`,
      'remove it and train from the start, or restore it from a copy',
    )
  }
}

function sha256(arrays: Record<string, PlainArray>): string {
  const hash = createHash('sha256')
  for (const { buffer, byteOffset, byteLength } of Object.values(arrays)) {
    hash.update(new Uint8Array(buffer, byteOffset, byteLength))
  }
  return hash.digest('hex')
}

/** Each value that differs, with its path: "preset.width is 64 here, 32 in the checkpoint". */
export function differences(here: JsonValue, there: JsonValue, path = ''): string[] {
  if (isRecord(here) && isRecord(there)) {
    const names = [...new Set([...Object.keys(here), ...Object.keys(there)])].sort()
    return names.flatMap((name) =>
      differences(here[name] ?? null, there[name] ?? null, path === '' ? name : `${path}.${name}`),
    )
  }
  const [left, right] = [here, there].map((value) => JSON.stringify(value))
  return left === right ? [] : [`${path} is ${brief(left)} here, ${brief(right)} in the checkpoint`]
}

const isRecord = (value: JsonValue): value is { [name: string]: JsonValue } =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const brief = (json: string) => (json === 'null' ? 'absent' : json.length > 60 ? `${json.slice(0, 60)}…` : json)
