/** Imports once: the same file, unchanged, is taken from the cache. */
import { createHash } from 'node:crypto'
import { existsSync, statSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { type ImportOptions, importHistory } from './import.ts'
import { openSource } from './source.ts'

/** Grows when the same file would become another dataset, so that old folders are not taken for new ones. */
const IMPORTER_VERSION = 2

/**
 * The dataset folder of a file, imported if it is not there yet. Keyed by path, size, time of last change and options.
 * @throws UserError as importHistory does.
 */
export async function importToCache(
  file: string,
  cacheFolder: string,
  options: Omit<ImportOptions, 'files' | 'out'> = {},
): Promise<string> {
  openSource(file) // says what is wrong with the file before the cache is asked
  const { size, mtimeMs } = statSync(file)
  const { progress: _, ...keyed } = options
  const catalog = options.catalog ? statSync(options.catalog, { throwIfNoEntry: false }) : undefined
  const key = JSON.stringify([IMPORTER_VERSION, resolve(file), size, mtimeMs, keyed, catalog?.size, catalog?.mtimeMs])
  const hash = createHash('sha256').update(key).digest('hex').slice(0, 16)
  const folder = join(
    cacheFolder,
    `${basename(file)
      .replace(/[^\w-]+/g, '-')
      .slice(0, 40)}-${hash}`,
  )
  if (!existsSync(join(folder, 'dataset.json'))) await importHistory({ ...options, files: [file], out: folder })
  return folder
}
