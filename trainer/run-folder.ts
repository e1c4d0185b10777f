/**
 * A training run on disk: `network.vta` (what ships, learned from everything: parameters, one flat vector), `measured.vta`
 * (what figures are of, learned from the part before validation and test), `run.json` (how they came about) and, of a shop's
 * own history, `profile.json`, `segments.vta`, `next.vta` and `sentiment.vta` (what profiles and reviews are read with). Each is
 * written under another name and renamed, so that it is whole or absent.
 */
import { existsSync, mkdirSync } from 'node:fs'
import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Product } from '../shared/data/catalog.ts'
import { decodeArrays, encodeArrays, take } from '../shared/model/arrays.ts'
import { type CompiledModel, compile } from '../shared/model/compile.ts'
import { contentOf } from '../shared/model/content.ts'
import { flatten, type ModelConfig, type Params, unflatten } from '../shared/model/params.ts'
import type { Preset } from './presets.ts'
import type { Ranking } from './ranking.ts'
import type { EpochRecord } from './train.ts'
import { UserError } from './user-error.ts'

export interface RunInfo {
  format: 'vitrine-run/1'
  dataset: string
  /** Where the history is, as an absolute path: what `vitrine report` reads when it is given the run alone. */
  data?: string
  preset: Preset
  seed: string | number
  /** Which part trained and which tuned, in words. */
  split: string
  epochs: EpochRecord[]
  best: EpochRecord
  /** What ships: learned again from everything, for as many passes as were best. */
  whole: { passes: number; loss: number; seconds: number }
  blend: Ranking & { validationNdcg: number }
  backend: string
}

async function write(folder: string, file: string, bytes: Uint8Array | string): Promise<void> {
  const partial = join(folder, `.${file}.partial`)
  await writeFile(partial, bytes)
  await rename(partial, join(folder, file))
}

/** `shipped` may be asked nothing that it has seen: figures are of `measured`. */
const NETWORKS = { shipped: 'network.vta', measured: 'measured.vta' } as const
export type NetworkName = keyof typeof NETWORKS

export async function writeRun(
  folder: string,
  info: RunInfo,
  config: ModelConfig,
  networks: Record<NetworkName, Params>,
): Promise<void> {
  mkdirSync(folder, { recursive: true })
  for (const name of ['measured', 'shipped'] as const) {
    await write(folder, NETWORKS[name], encodeArrays({ meta: config, arrays: { params: flatten(networks[name]) } }))
  }
  await write(folder, 'run.json', `${JSON.stringify(info, null, 2)}\n`)
}

/** Chunks that ship with a run's network, as they are. */
const PARTS = {
  profile: 'profile.json',
  segments: 'segments.vta',
  next: 'next.vta',
  sentiment: 'sentiment.vta',
} as const
export type RunParts = Partial<Record<keyof typeof PARTS, Uint8Array>>

export async function writeParts(folder: string, parts: RunParts): Promise<void> {
  for (const [name, file] of Object.entries(PARTS)) {
    const bytes = parts[name as keyof RunParts]
    if (bytes) await write(folder, file, bytes)
    else await rm(join(folder, file), { force: true }) // an earlier run's
  }
}

/** None for a run of a benchmark, or of before there were profiles. */
export async function readParts(folder: string): Promise<RunParts> {
  const parts: RunParts = {}
  for (const [name, file] of Object.entries(PARTS)) {
    if (existsSync(join(folder, file))) parts[name as keyof RunParts] = await readFile(join(folder, file))
  }
  return parts
}

export interface Run {
  info: RunInfo
  config: ModelConfig
  params: Params
}

/** @throws UserError when the folder holds no run, or a damaged one */
export async function readRun(folder: string, network: NetworkName): Promise<Run> {
  if (!existsSync(join(folder, 'run.json'))) {
    const what = existsSync(folder) ? 'no run.json in this folder' : 'no such folder'
    throw new UserError(`${folder}: ${what}`, 'make a run with "vitrine train --out FOLDER"')
  }
  try {
    const info = JSON.parse(await readFile(join(folder, 'run.json'), 'utf8')) as RunInfo
    const file = decodeArrays<ModelConfig>(await readFile(join(folder, NETWORKS[network])))
    return { info, config: file.meta, params: unflatten(file.meta, take(file, 'params', 'f32')) }
  } catch (error) {
    throw new UserError(`${folder}: is no whole run: ${(error as Error).message}`, 'train again with the same --out')
  }
}

/**
 * A run's network, compiled as it ships.
 * @param folder for the message
 * @throws UserError when the run is of another catalogue, or of this one as it was read before
 */
export function networkOf(folder: string, { config, params }: Run, items: readonly Product[]): CompiledModel {
  const content = config.contentWidth > 0 ? contentOf(items) : undefined
  const otherwise = (what: string) => {
    const remedy = 'train again on this catalogue, or name the history it was trained on with --data PATH'
    throw new UserError(`${folder}: trained on ${what}`, remedy)
  }
  if (config.items !== items.length) otherwise(`${config.items} products, but the catalogue has ${items.length}`)
  if (content && content.width !== config.contentWidth) {
    otherwise(`${config.contentWidth} columns of what products are, but the catalogue has ${content.width}`)
  }
  return compile(config, params, content)
}
