/** A log's folder as it lies there, before any code of ours has opened it and mended something. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'vitest'
import { decodeCheckpoint } from '../../shared/tlog/checkpoint.ts'
import { parseNote } from '../../shared/tlog/note.ts'
import { openSignedCheckpoint } from '../../shared/tlog/policy.ts'
import { decodeProof } from '../../shared/tlog/proof.ts'
import { tilePath, tilesOf } from '../../shared/tlog/tile.ts'
import { type Hash, sameHash } from '../../shared/tlog/tree.ts'
import { POLICY } from '../edge/sample-bundle.ts'
import type { MemoryLog } from '../shared/tlog/memory-log.ts'

const read = (folder: string, path: string) => readFile(join(folder, 'log', path)).catch(() => undefined)

/** Of a checkpoint, or of the one in a proof. */
export function sizeOf(bytes: Uint8Array | undefined): number {
  if (!bytes || bytes.length === 0) return 0
  return decodeCheckpoint(parseNote(noteOf(bytes)).text).size
}

const noteOf = (bytes: Uint8Array): Uint8Array => {
  const text = new TextDecoder().decode(bytes)
  return text.startsWith('c2sp.org/tlog-proof') ? decodeProof(text).checkpoint : bytes
}

/**
 * Everything that the checkpoint's size asks for is there, byte for byte what follows from the records by definition.
 * @param known all that may be on record, in its order
 * @returns the checkpoint's size; 0 while there is none
 */
export async function sizeOnDisk(folder: string, known: MemoryLog): Promise<number> {
  const [checkpoint, latest] = await Promise.all([read(folder, 'checkpoint'), read(folder, 'latest')])
  for (const bytes of [checkpoint, latest]) if (bytes) await expectWhole(folder, noteOf(bytes), known)
  return sizeOf(checkpoint)
}

async function expectWhole(folder: string, note: Uint8Array, known: MemoryLog): Promise<void> {
  const { size, root } = await openSignedCheckpoint(note, POLICY.log)
  const right = rightOf(known, size)
  expect(sameHash(root, right.root), `the root of ${size}`).toBe(true)
  for (const [path, bytes] of right.tiles) {
    expect((await read(folder, path))?.equals(bytes), `${path} of ${size}`).toBe(true)
  }
}

/** Root and tiles, by definition, which takes its time: kept for all the folders that are compared with them. */
function rightOf(known: MemoryLog, size: number) {
  const sizes = kept.get(known) ?? new Map<number, Right>()
  kept.set(known, sizes)
  const tiles = () => [...tilesOf(size)].map((tile): [string, Uint8Array] => [tilePath(tile), known.tile(tile)!])
  const right = sizes.get(size) ?? { root: known.root(0, size), tiles: tiles() }
  sizes.set(size, right)
  return right
}

interface Right {
  root: Hash
  tiles: [path: string, bytes: Uint8Array][]
}
const kept = new WeakMap<MemoryLog, Map<number, Right>>()
