/**
 * What a browser does before it believes an edge, in Chromium: the newest model's proof is opened, and the log that has it is compared
 * with the one that was seen before, by tiles that are there already. Beside as many hashes and signatures alone.
 */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { sha256 } from '@noble/hashes/sha2.js'
import type { Browser } from 'playwright-core'
import type { Checkpoint } from '../../shared/tlog/checkpoint.ts'
import { signEntry } from '../../shared/tlog/entry.ts'
import { inclusionProof, type ReadTile } from '../../shared/tlog/node-reader.ts'
import { compareCheckpoints, openLatest } from '../../shared/tlog/on-record.ts'
import { type Policy, Untrusted } from '../../shared/tlog/policy.ts'
import { encodeProof } from '../../shared/tlog/proof.ts'
import { RightEdge } from '../../shared/tlog/right-edge.ts'
import { tilePath } from '../../shared/tlog/tile.ts'
import { launchChromium } from '../../trainer/chromium.ts'
import { makeKeys, modelEntry, signedCheckpoint } from './log-folder.ts'
import type { VerificationPlan, VerificationTimes } from './log-page.ts'
import { quantile, type Row, rounded } from './row.ts'
import { bundled } from './step.ts'

declare global {
  interface Window {
    verificationTimes(plan: VerificationPlan): Promise<VerificationTimes>
  }
}

const SEEN_SHARES = [0.001, 0.5, 0.999]
/** Each is new, with a first verification of its own. */
const PAGES = 7
const RUNS = 60
const MODEL_VERSION = 1
const BAR_MS = 20

interface MadeLog {
  proof: string
  policy: Policy
  seen: Checkpoint[]
  read: ReadTile
  /** Seconds since 1970 */
  now: number
}

/** @throws Error where the verification does not say what it should */
export async function benchVerification(entries: number): Promise<Row[]> {
  const log = await makeLog(entries)
  const plans: VerificationPlan[] = []
  for (const seen of log.seen) plans.push(await planOf(log, seen)) // one after the other, as they are counted
  const script = await bundled('log-page.ts')
  const server = createServer((request, response) => {
    const isScript = request.url === '/log-page.js'
    // These two give a page a clock of 5 µs instead of 100.
    response.setHeader('cross-origin-opener-policy', 'same-origin')
    response.setHeader('cross-origin-embedder-policy', 'require-corp')
    response.setHeader('content-type', isScript ? 'text/javascript; charset=utf-8' : 'text/html')
    response.end(isScript ? script : '<!doctype html><title>bench</title><script src="/log-page.js"></script>')
  })
  await new Promise<void>((listening) => {
    server.listen(0, '127.0.0.1', listening)
  })
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  const browser = await launchChromium()
  try {
    const rows: Row[] = []
    for (const plan of plans) rows.push(await rowOf(browser, origin, plan, entries))
    return rows
  } finally {
    await browser.close()
    server.close()
  }
}

async function rowOf(browser: Browser, origin: string, plan: VerificationPlan, entries: number): Promise<Row> {
  const first: number[] = []
  const times: VerificationTimes = { verified: [], hashed: [], signatures: [] }
  for (let n = 0; n < PAGES; n++) {
    const context = await browser.newContext()
    const page = await context.newPage()
    await page.goto(origin)
    if (!(await page.evaluate(() => crossOriginIsolated))) throw new Error('bench: the clock is too coarse')
    const result = await page.evaluate((whole) => window.verificationTimes(whole), plan)
    await context.close()
    first.push(result.verified[0])
    times.verified.push(...result.verified.slice(1))
    times.hashed.push(...result.hashed)
    times.signatures.push(...result.signatures)
  }
  const [ms, hashed, signatures] = [times.verified, times.hashed, times.signatures].map((each) => quantile(each, 0.5))
  return {
    op: 'verification in Chromium',
    entries,
    seen_at: plan.seen.size,
    ms: rounded(ms),
    p95_ms: rounded(quantile(times.verified, 0.95)),
    fastest_ms: rounded(Math.min(...times.verified)),
    bar_ms: BAR_MS,
    first_in_page_ms: rounded(quantile(first, 0.5)),
    first_in_page_max_ms: rounded(Math.max(...first)),
    floor_ms: rounded(hashed + signatures),
    ratio: rounded(ms / (hashed + signatures), 2),
    sha256: plan.hashes,
    sha256_floor_ms: rounded(hashed),
    ed25519: plan.signatures,
    ed25519_floor_ms: rounded(signatures),
    tiles: plan.tiles.length,
    tile_bytes: plan.tiles.reduce((sum, [, bytes]) => sum + bytes.length, 0),
    proof_bytes: plan.proof.length,
    runs: times.verified.length,
  }
}

/** All records are made up but the last, which is a model's. */
async function makeLog(entries: number): Promise<MadeLog> {
  const { publisher, log, policy } = await makeKeys()
  const model = await signEntry(modelEntry(MODEL_VERSION), publisher)
  const sizes = SEEN_SHARES.map((share) => Math.round(entries * share))
  const tree = new RightEdge()
  const tiles = new Map<string, Uint8Array>()
  const seen: Checkpoint[] = []
  const madeUp = Buffer.alloc(4)
  for (let index = 0; index < entries; index++) {
    madeUp.writeUInt32BE(index)
    for (const { tile, bytes } of tree.append(index === entries - 1 ? model : madeUp)) tiles.set(tilePath(tile), bytes)
    if (sizes.includes(tree.size)) seen.push({ origin: log.name, size: tree.size, root: tree.root() })
  }
  for (const { tile, bytes } of tree.partial()) tiles.set(tilePath(tile), bytes)
  const read: ReadTile = async (tile) => {
    const bytes = tiles.get(tilePath(tile))
    if (!bytes) throw new Error(`bench: a log of ${entries} has no ${tilePath(tile)}`)
    return bytes
  }
  const now = Math.floor(Date.now() / 1000)
  const checkpoint = await signedCheckpoint(log, { size: entries, root: tree.root() }, now)
  const path = await inclusionProof(entries - 1, entries, read)
  return { proof: encodeProof({ record: model, index: entries - 1, path, checkpoint }), policy, seen, read, now }
}

/**
 * Verifies once here, and counts what it takes.
 * @throws Error unless the log is found to have grown, and a fork and a changed tile are found out
 */
async function planOf({ proof, policy, read, now }: MadeLog, seen: Checkpoint): Promise<VerificationPlan> {
  const tiles = new Map<string, Uint8Array>()
  const verify = async (before: Checkpoint, readTile: ReadTile): Promise<string> => {
    const { entry, checkpoint } = await openLatest(proof, policy, now)
    if (entry.version !== MODEL_VERSION) return `version ${entry.version}`
    return compareCheckpoints(before, checkpoint, readTile)
  }
  const { answer, hashes, signatures } = await counted(() =>
    verify(seen, async (tile) => {
      const bytes = await read(tile)
      tiles.set(tilePath(tile), bytes)
      return bytes
    }),
  )
  if (answer !== 'newer') throw new Error(`bench: a log that grew from ${seen.size} entries is "${answer}"`)
  const why = (error: unknown) => (error instanceof Untrusted ? error.why : String(error))
  const forked = await verify({ ...seen, root: sha256(seen.root) }, read).catch(why)
  if (forked !== 'fork') throw new Error(`bench: a fork at ${seen.size} entries is "${forked}"`)
  for (const changed of tiles.keys()) {
    const found = await verify(seen, async (tile) => {
      const bytes = new Uint8Array(await read(tile))
      if (tilePath(tile) === changed) bytes[0] ^= 1
      return bytes
    }).catch(why)
    if (found !== 'malformed') throw new Error(`bench: with another ${changed} the log is "${found}"`)
  }
  return {
    proof,
    policy,
    now,
    seen: { ...seen, root: Array.from(seen.root) },
    tiles: Array.from(tiles, ([path, bytes]) => [path, Array.from(bytes)]),
    runs: RUNS,
    hashes,
    signatures,
  }
}

/** SHA-256 of whichever implementation, and Ed25519, while something runs. */
async function counted<T>(work: () => Promise<T>): Promise<{ answer: T; hashes: number; signatures: number }> {
  let [hashes, signatures] = [0, 0]
  const noble: { digest(): Uint8Array } = Object.getPrototypeOf(sha256.create())
  const { digest } = noble
  const subtle = { digest: crypto.subtle.digest, verify: crypto.subtle.verify }
  noble.digest = function () {
    hashes++
    return digest.call(this)
  }
  crypto.subtle.digest = (...args) => {
    hashes++
    return subtle.digest.apply(crypto.subtle, args)
  }
  crypto.subtle.verify = (...args: Parameters<SubtleCrypto['verify']>) => {
    signatures++
    return subtle.verify.apply(crypto.subtle, args)
  }
  try {
    return { answer: await work(), hashes, signatures }
  } finally {
    noble.digest = digest
    Object.assign(crypto.subtle, subtle)
  }
}
