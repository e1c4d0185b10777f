/**
 * The secret by which this browser draws whether a release is for it (`shared/model/stage.ts`). Made when it is first asked for, never sent,
 * and gone with the database.
 */
import type { Database } from './database.ts'

const BYTES = 32

export async function loadSecret(database: Database): Promise<Uint8Array<ArrayBuffer>> {
  const { store, done } = database.transaction('pointer', 'readwrite', { durability: 'strict' })
  done.catch(() => {}) // a failing request throws below; its transaction would reject unheard
  const kept: unknown = await store.get('secret')
  const isWhole = kept instanceof Uint8Array && kept.length === BYTES
  const secret = isWhole ? new Uint8Array(kept) : crypto.getRandomValues(new Uint8Array(BYTES))
  if (!isWhole) await store.put(secret, 'secret')
  await done
  return secret
}
