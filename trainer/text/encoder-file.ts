/** A text encoder on disk, written whole or not at all. */
import { existsSync, mkdirSync } from 'node:fs'
import { readFile, rename, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { decodeTextEncoder, encodeTextEncoder, type SubwordEncoder } from '../../shared/model/text-encoder.ts'
import { UserError } from '../user-error.ts'

/** @returns its size in bytes */
export async function writeTextEncoder(file: string, encoder: SubwordEncoder): Promise<number> {
  const bytes = encodeTextEncoder(encoder)
  mkdirSync(dirname(file), { recursive: true })
  await writeFile(`${file}.partial`, bytes)
  await rename(`${file}.partial`, file)
  return bytes.length
}

/** @throws UserError when the file is not there, or no text encoder */
export async function readTextEncoder(file: string): Promise<SubwordEncoder> {
  if (!existsSync(file)) {
    throw new UserError(`${file}: no such file`, 'make one with "vitrine text-encoder --data PATH --out FILE"')
  }
  try {
    return decodeTextEncoder(await readFile(file))
  } catch (error) {
    throw new UserError(`${file}: is no text encoder: ${(error as Error).message}`, 'make it again')
  }
}
