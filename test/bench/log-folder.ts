/**
 * A log of any size, in the layout that `edge/log.ts` writes and an audit reads: a policy, then versions 1, 2, 3 … of a model, every one
 * signed. Nothing is forced to the disk, and there are no commits: it is read, and never grown.
 */
import { createHash, KeyObject, sign } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { base64Of } from '../../shared/tlog/base64.ts'
import { encodeCheckpoint } from '../../shared/tlog/checkpoint.ts'
import { cosign } from '../../shared/tlog/cosignature.ts'
import { type ModelEntry, signEntry } from '../../shared/tlog/entry.ts'
import { inclusionProof, type ReadTile } from '../../shared/tlog/node-reader.ts'
import {
  ED25519,
  encodeNote,
  parseVerifierKey,
  type Signer,
  signatureLine,
  verifierKeyText,
} from '../../shared/tlog/note.ts'
import type { Policy } from '../../shared/tlog/policy.ts'
import { encodeProof } from '../../shared/tlog/proof.ts'
import { RightEdge } from '../../shared/tlog/right-edge.ts'
import { encodeEntries, TILE_WIDTH, type Tile, tilePath } from '../../shared/tlog/tile.ts'
import type { Hash } from '../../shared/tlog/tree.ts'

/** Of so many records, one is signed a second time, by the way that the edge takes. */
const CHECKED = 4096

export interface Keys {
  publisher: Signer
  log: Signer
  policy: Policy
}

export async function makeKeys(): Promise<Keys> {
  const make = async (name: string): Promise<Signer> => ({
    name,
    keys: (await crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify'])) as CryptoKeyPair,
  })
  const [publisher, log] = [await make('bench.test'), await make('bench.test/log')]
  const [publisherKey, logKey] = await Promise.all(
    [publisher, log].map(({ name, keys }) => verifierKeyText(name, keys.publicKey)),
  )
  const policy = { publisher: publisherKey, log: logKey, witnesses: [], cosignatures: 0, maxAgeSeconds: 604_800 }
  return { publisher, log, policy }
}

export const modelEntry = (version: number): ModelEntry => ({
  type: 'bundle',
  version,
  manifest: createHash('sha256').update(`manifest ${version}`).digest('hex'),
})

/** @param time seconds since 1970 */
export async function signedCheckpoint(signer: Signer, tree: { size: number; root: Hash }, time: number) {
  const text = encodeCheckpoint({ origin: signer.name, ...tree })
  const own = await signatureLine(signer, ED25519, new TextEncoder().encode(text))
  return encodeNote(text, [own, await cosign(text, time, signer)])
}

/** @returns the folder, made now or found from an earlier run, and how long the making took */
export async function logFolder(size: number): Promise<{ folder: string; setUpMs: number }> {
  const folder = join(tmpdir(), `vitrine-bench-log-${size}`)
  if (existsSync(folder)) return { folder, setUpMs: 0 }
  const partial = `${folder}.${process.pid}`
  rmSync(partial, { recursive: true, force: true })
  const began = performance.now()
  await write(join(partial, 'log'), size)
  renameSync(partial, folder)
  return { folder, setUpMs: performance.now() - began }
}

async function write(root: string, size: number): Promise<void> {
  const { publisher, log, policy } = await makeKeys()
  const signModel = await modelSigner(publisher)
  const put = (tile: Tile, bytes: Uint8Array) => {
    const path = join(root, tilePath(tile))
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, bytes)
  }
  const tree = new RightEdge()
  let tail: Uint8Array[] = []
  let record = await signEntry({ type: 'policy', ...policy }, publisher)
  for (;;) {
    tail.push(record)
    for (const { tile, bytes } of tree.append(record)) put(tile, bytes)
    if (tail.length === TILE_WIDTH || tree.size === size) {
      const index = Math.floor((tree.size - 1) / TILE_WIDTH)
      put({ level: 'entries', index, width: tail.length }, encodeEntries(tail))
      tail = []
    }
    if (tree.size === size) break
    const entry = modelEntry(tree.size)
    record = signModel(entry)
    if (tree.size % CHECKED === 1 && Buffer.compare(record, await signEntry(entry, publisher)) !== 0) {
      throw new Error(`bench: entry ${tree.size} is not signed as the edge would have it`)
    }
  }
  for (const { tile, bytes } of tree.partial()) put(tile, bytes)
  const checkpoint = await signedCheckpoint(log, { size, root: tree.root() }, Math.floor(Date.now() / 1000))
  const read: ReadTile = async (tile) => readFileSync(join(root, tilePath(tile)))
  const proof = { record, index: size - 1, path: await inclusionProof(size - 1, size, read), checkpoint }
  writeFileSync(join(root, 'latest'), encodeProof(proof))
  writeFileSync(join(root, 'checkpoint'), checkpoint)
}

/** Gives the bytes that `signEntry` gives, without its promises: a minute for a million. */
async function modelSigner({ name, keys }: Signer): Promise<(entry: ModelEntry) => Uint8Array<ArrayBuffer>> {
  const key = KeyObject.from(keys.privateKey)
  const { hash } = await parseVerifierKey(await verifierKeyText(name, keys.publicKey))
  return (entry) => {
    const text = `${JSON.stringify(entry)}\n`
    const signature = sign(null, Buffer.from(text), key)
    return encodeNote(text, [`— ${name} ${base64Of(Uint8Array.of(...hash, ...signature))}\n`])
  }
}
