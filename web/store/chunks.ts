/**
 * The installed bundle, kept beside the log where remembering is allowed, so that the next page ranks before the network
 * has answered and a shop whose edge is away goes on. Elsewhere the HTTP cache has to do.
 *
 * Only whole bundles are kept: what a later visit fetches then depends on the version it has, and on nothing else that
 * happened on the device.
 */
import { decodeModelEntry } from '../../shared/tlog/entry.ts'
import { decodeProof } from '../../shared/tlog/proof.ts'
import type { Database } from './database.ts'

export interface StoredBundle {
  /** That it is on record, as the edge served it. */
  proof: string
  /** By SHA-256, the manifest included. Not yet verified: the installer does that again. */
  chunks: Map<string, Uint8Array>
}

/**
 * Replaces the bundle that was kept, but for a later version that another tab has kept meanwhile. Strictly durable: a pointer must never
 * name chunks that a crash took.
 */
export async function saveBundle(database: Database, { proof, chunks }: StoredBundle): Promise<void> {
  const transaction = database.transaction(['pointer', 'chunks'], 'readwrite', { durability: 'strict' })
  transaction.done.catch(() => {}) // a failing request throws below; its transaction would reject unheard
  const store = transaction.objectStore('chunks')
  if (versionOf(await transaction.objectStore('pointer').get('installed')) > versionOf(proof)) return
  await store.clear()
  for (const [sha256, bytes] of chunks) await store.put(bytes, sha256)
  await transaction.objectStore('pointer').put(proof, 'installed')
  await transaction.done
}

/**
 * Of a proof that was accepted; 0 for anything else.
 * @param origin only of this log
 */
export function versionOf(proof: unknown, origin = ''): number {
  try {
    const { record, checkpoint } = decodeProof(String(proof))
    const isOf = new TextDecoder().decode(checkpoint).startsWith(origin && `${origin}\n`)
    return isOf ? decodeModelEntry(record).entry.version : 0
  } catch {
    return 0
  }
}

export async function loadBundle(database: Database): Promise<StoredBundle | undefined> {
  const transaction = database.transaction(['pointer', 'chunks'])
  const proof = await transaction.objectStore('pointer').get('installed')
  if (typeof proof !== 'string') return undefined
  const store = transaction.objectStore('chunks')
  const [names, values] = await Promise.all([store.getAllKeys(), store.getAll()])
  return { proof, chunks: new Map(names.map((name, i) => [name, values[i]])) }
}
