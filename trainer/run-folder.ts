/**
 * A training run on disk: `network.vta` (parameters, one flat vector) and `run.json` (how they came about). Both are
 * written under another name and renamed, so that a run is whole or absent.
 */
import { existsSync, mkdirSync } from 'node:fs'
import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { decodeArrays, encodeArrays, take } from '../shared/model/arrays.ts'
import { flatten, type ModelConfig, type Params, unflatten } from '../shared/model/params.ts'
import type { BlendWeights } from '../shared/model/rank.ts'
import type { Preset } from './presets.ts'
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
  blend: { weights: BlendWeights; validationNdcg: number }
  backend: string
}

async function write(folder: string, file: string, bytes: Uint8Array | string): Promise<void> {
  const partial = join(folder, `.${file}.partial`)
  await writeFile(partial, bytes)
  await rename(partial, join(folder, file))
}

export async function writeRun(folder: string, info: RunInfo, config: ModelConfig, params: Params): Promise<void> {
  mkdirSync(folder, { recursive: true })
  await write(folder, 'network.vta', encodeArrays({ meta: config, arrays: { params: flatten(params) } }))
  await write(folder, 'run.json', `${JSON.stringify(info, null, 2)}\n`)
}

/** @throws UserError when the folder holds no run, or a damaged one */
export async function readRun(folder: string): Promise<{ info: RunInfo; config: ModelConfig; params: Params }> {
  if (!existsSync(join(folder, 'run.json'))) {
    throw new UserError(`${folder}: no run.json in this folder`, 'make a run with "vitrine train --out FOLDER"')
  }
  try {
    const info = JSON.parse(await readFile(join(folder, 'run.json'), 'utf8')) as RunInfo
    const file = decodeArrays<ModelConfig>(await readFile(join(folder, 'network.vta')))
    return { info, config: file.meta, params: unflatten(file.meta, take(file, 'params', 'f32')) }
  } catch (error) {
    throw new UserError(`${folder}: is no whole run: ${(error as Error).message}`, 'train again with the same --out')
  }
}
