/**
 * How far a log's key has signed, kept beside the key and not in the folder: so a folder that is put back from an older copy is known for
 * what it is, before the key signs a second log of the same length.
 *
 *     {"origin":"shop.example/log","size":7,"root":"sFodV/vS…"}
 */
import { base64Of, bytesOf } from '../shared/tlog/base64.ts'
import type { Hash } from '../shared/tlog/tree.ts'
import { readIfPresent, replaceDurably } from './durable-file.ts'

export interface HighWater {
  size: number
  root: Hash
}

/** Undefined where nothing was signed yet. @throws Error for a file that is none, or another log's */
export async function readHighWater(file: string, origin: string): Promise<HighWater | undefined> {
  const bytes = await readIfPresent(file)
  if (!bytes) return undefined
  const { size, root, origin: of } = decode(bytes) ?? {}
  if (!root || size === undefined) throw new Error(`${file} is damaged: it says how far the log's key has signed`)
  if (of !== origin) throw new Error(`${file} is of the log ${of}, not of ${origin}`)
  return { size, root }
}

function decode(bytes: Uint8Array): { origin: string; size: number; root: Hash | undefined } | undefined {
  try {
    const { origin, size, root } = JSON.parse(new TextDecoder().decode(bytes)) as Record<string, unknown>
    if (typeof origin !== 'string' || !Number.isSafeInteger(size) || typeof root !== 'string') return undefined
    return { origin, size: size as number, root: bytesOf(root) }
  } catch {
    return undefined
  }
}

export async function writeHighWater(file: string, origin: string, { size, root }: HighWater): Promise<void> {
  await replaceDurably(file, Buffer.from(`${JSON.stringify({ origin, size, root: base64Of(root) })}\n`))
}
