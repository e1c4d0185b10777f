/** `--data PATH`, whatever it is: a dataset folder, a file that an importer reads, or a benchmark's sequences. */
import { existsSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { importToCache } from '../importers/cache.ts'
import { detectFormat } from '../importers/format.ts'
import { readSequences } from '../importers/sequences.ts'
import { UserError } from '../user-error.ts'
import { type Histories, readHistories, readSequenceHistories } from './histories.ts'
import { readSessionBenchmark, sessionBenchmarkFiles } from './session-benchmark.ts'

/** Where imports of single files are kept, so that the second run is quick. */
export const CACHE_FOLDER = join('.vitrine', 'imports')

/**
 * The dataset folder of a path, importing a file first.
 * @throws UserError for a file that is no shop's history
 */
export async function datasetFolder(path: string): Promise<string> {
  if (!existsSync(path)) throw new UserError(`${path}: no such file or folder`, 'check the path given to --data')
  if (statSync(path).isDirectory()) return path
  return importToCache(path, CACHE_FOLDER)
}

export async function loadHistories(path: string): Promise<Histories> {
  if (!existsSync(path)) throw new UserError(`${path}: no such file or folder`, 'check the path given to --data')
  const benchmark = sessionBenchmarkFiles(path)
  if (benchmark) return readSessionBenchmark(benchmark)
  if (await isSequences(path)) {
    return readSequenceHistories(basename(path).replace(/\.(txt|gz|csv)/g, ''), readSequences(path))
  }
  return readHistories(await datasetFolder(path))
}

/** Undefined for a benchmark's file, which knows items in an order and no events. */
export async function eventsFolder(path: string): Promise<string | undefined> {
  return sessionBenchmarkFiles(path) || (await isSequences(path)) ? undefined : datasetFolder(path)
}

const isSequences = async (path: string) => !statSync(path).isDirectory() && (await detectFormat(path)) === 'sequences'
