/** What a round's aggregate makes of the published model: the mean update, a step of the server, and a bundle with the changed network. */
import { mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Vdaf } from '../../shared/federated/vdaf.ts'
import { networkHash } from '../../shared/model/bundle.ts'
import { decodeModel, decodeProbes, decodeRules, encodeEncoder, encodeProbes } from '../../shared/model/chunks.ts'
import type { CompiledModel } from '../../shared/model/compile.ts'
import { popularityShare, runProbe } from '../../shared/model/rank.ts'
import { base64Of, bytesOf } from '../../shared/tlog/base64.ts'
import type { TaskEntry } from '../../shared/tlog/entry.ts'
import type { Previous } from '../deltas.ts'
import { type ServerOptimiser, type ServerState, serverStep, startServer } from '../federation/server-step.ts'
import { type Bundle, type BundlePart, packBundle } from '../publish.ts'

/** @param aggregate the noised sum, as it is on record @returns (d) */
export function meanUpdate(
  task: TaskEntry,
  vdaf: Vdaf,
  aggregate: Uint8Array<ArrayBuffer>,
  reports: number,
): Float64Array {
  if (task.vdaf.kind !== 'pine') throw new Error(`task ${task.name} sums no updates`)
  const unit = 2 ** task.vdaf.fractionBits * reports
  // It is the sum of both shares already: the other one is nothing.
  const sums = vdaf.unshard([aggregate, new Uint8Array(aggregate.length)])
  return Float64Array.from(sums, (sum) => Number(sum) / unit)
}

/** Everyone's network, as browsers have it. Undefined where the bundle has counts alone. */
export async function readNetwork({ manifest, read }: Previous): Promise<CompiledModel | undefined> {
  const bytesOfChunk = async (name: string) => {
    const sha256 = manifest.chunks.find((chunk) => chunk.name === name)?.sha256
    return sha256 && (await read(sha256))
  }
  const [vectors, encoder] = [await bytesOfChunk('vectors'), await bytesOfChunk('encoder')]
  return vectors && encoder ? decodeModel(vectors, encoder) : undefined
}

/**
 * The step after a round, kept by the round's number: it follows from the step before and the aggregate, and is the same again after a crash.
 * @param folder of the task's steps
 * @returns what the shared vector changes by, and what keeps it: of a step that is not taken the next one knows nothing
 */
export async function stepOf(
  folder: string,
  round: number,
  update: Float64Array,
  optimiser: ServerOptimiser,
): Promise<{ change: Float64Array; keep(): Promise<void> }> {
  await mkdir(folder, { recursive: true })
  const fileOf = (number: number) => stepFile(folder, number)
  let before: ServerState | undefined
  for (let number = round - 1; number > 0 && !before; number--) before = await readState(fileOf(number))
  const start = before ?? startServer(update.length)
  const after = serverStep(start, update, optimiser)
  const { vector, mean, square, rounds } = after
  const text = JSON.stringify({ rounds, vector: textOf(vector), mean: textOf(mean), square: textOf(square) })
  return {
    change: vector.map((x, n) => x - start.vector[n]),
    async keep() {
      await writeFile(`${fileOf(round)}.partial`, text)
      await rename(`${fileOf(round)}.partial`, fileOf(round))
    },
  }
}

const stepFile = (folder: string, round: number) => join(folder, `step-${round}.json`)

const takenBackFile = (folder: string, round: number) => join(folder, `taken-back-${round}.json`)

const isThere = (file: string) => stat(file).then(Boolean, () => false)
export const isTaken = (folder: string, round: number): Promise<boolean> => isThere(stepFile(folder, round))
export const isTakenBack = (folder: string, round: number): Promise<boolean> => isThere(takenBackFile(folder, round))

/** Of a step that was taken back the next one knows nothing either, and it is not taken again. */
export async function takeBack(folder: string, round: number): Promise<void> {
  await mkdir(folder, { recursive: true })
  if (await isTaken(folder, round)) await rename(stepFile(folder, round), takenBackFile(folder, round))
  else await writeFile(takenBackFile(folder, round), '', { flag: 'a' })
}

async function readState(file: string): Promise<ServerState | undefined> {
  const text = await readFile(file, 'utf8').catch(() => undefined)
  if (text === undefined) return undefined
  const { rounds, vector, mean, square } = JSON.parse(text) as Record<string, string> & { rounds: number }
  return { rounds, vector: numbersOf(vector), mean: numbersOf(mean), square: numbersOf(square) }
}

const textOf = (values: Float64Array): string =>
  base64Of(new Uint8Array(values.buffer, values.byteOffset, values.byteLength))
const numbersOf = (text: string): Float64Array => new Float64Array((bytesOf(text) as Uint8Array<ArrayBuffer>).buffer)

/**
 * The published bundle with another network: its blocks change, and what the probes expect.
 * @returns undefined where the change is too small to change a byte
 */
export async function withNetwork(
  previous: Previous,
  network: CompiledModel,
  version: number,
  now: number,
): Promise<Bundle | undefined> {
  const { manifest, read } = previous
  const { format: _, chunks, deltas: __, stage: ___, ...about } = manifest
  const parts: BundlePart[] = []
  for (const { name, phase, sha256 } of chunks) {
    const bytes = await read(sha256)
    if (!bytes) throw new Error(`chunk ${sha256} of the published bundle is not to be had`)
    parts.push({ name, phase, bytes })
  }
  const bytesOfPart = (name: string) => parts.find((part) => part.name === name)?.bytes as Uint8Array
  const encoder = encodeEncoder(network)
  if (Buffer.compare(encoder, bytesOfPart('encoder')) === 0) return undefined
  const rules = decodeRules(bytesOfPart('rules'))
  const models = {
    rules,
    popularity: popularityShare(rules.popularity),
    weights: manifest.blend,
    network: decodeModel(bytesOfPart('vectors'), encoder),
  }
  const probes = decodeProbes(bytesOfPart('probes')).map(({ tokens, now }) => ({
    tokens,
    now,
    ...runProbe(models, tokens, now),
  }))
  const changed: Record<string, Uint8Array> = { encoder, probes: encodeProbes(probes) }
  return packBundle(
    parts.map((part) => ({ ...part, bytes: changed[part.name] ?? part.bytes })),
    { ...about, version, created: new Date(now).toISOString() },
    previous,
  )
}

/** Whether the published network is the one that a round was of: else the round has been applied, or another network has taken its place. */
export const isOf = async ({ manifest }: Previous, model: string): Promise<boolean> =>
  (await networkHash(manifest)) === model
