/**
 * A witness (C2SP tlog-witness.md): it cosigns what a log signs for as long as each tree grows out of the one before,
 * so that a log that shows different trees to different people has only one of them cosigned. A log sends the size that
 * was cosigned last, the proof that the tree has only grown since, and the new checkpoint, and is answered with a
 * signature line (`../shared/tlog/cosignature.ts`):
 *
 *     POST /add-checkpoint
 *
 *     old 20852014
 *     PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=
 *     …
 *
 *     example.com/behind-the-sofa
 *     20852163
 *     CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=
 *
 *     — example.com/behind-the-sofa Az3grlgtz…
 *
 * A monitor reads what the witness has seen last, cosigned at that moment, and compares it with what the log shows to
 * others:
 *
 *     GET /<SHA-256 of the origin, in hex>/checkpoint
 *
 * The folder is the witness's memory. For each log, under the same SHA-256:
 *
 *     origin                  example.com/behind-the-sofa
 *     after-20852014          the checkpoint that followed that size, with the log's own signatures
 *     evidence/fork-….json    {"held":"…","submitted":"…"}: of one size and with different roots, both signed by the log
 *
 * How it never goes back. The newest checkpoint is the one that followed the largest size. A name can be had once
 * (compare and swap), so of two that would follow the same size, in one process or in two, one is remembered and the
 * other is judged anew. Nothing is signed before it is on the disk, and what is signed is read back after the clock: a
 * cosignature of some time is of the newest tree at that time, whatever happens beside it. A folder that is lost or
 * restored from an older copy is a witness that has forgotten, which nobody can see from outside: its key must not be
 * used again.
 *
 * Refusals are plain text, as those of other witnesses: what a log acts on is the status. Checkpoints with extension
 * lines, which no log here writes, are refused.
 */
import { createHash } from 'node:crypto'
import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Hono } from 'hono'
import { type Logger, pino } from 'pino'
import { base64Of, bytesOf } from '../shared/tlog/base64.ts'
import { type Checkpoint, decodeCheckpoint, encodeCheckpoint } from '../shared/tlog/checkpoint.ts'
import { cosign } from '../shared/tlog/cosignature.ts'
import {
  ED25519,
  encodeNote,
  isSignedBy,
  type Note,
  parseNote,
  parseVerifierKey,
  type Signer,
  signaturesOf,
  type VerifierKey,
} from '../shared/tlog/note.ts'
import { EMPTY_ROOT, type Hash, sameHash, verifySubtreeConsistency } from '../shared/tlog/tree.ts'
import { readBody } from './body.ts'
import { createDurably, readIfPresent, removeAbandoned, syncFolder, writeAllDurably } from './durable-file.ts'
import { asProblem, decodeOr } from './problem.ts'
import { logRequests } from './request-log.ts'

const MAX_PROOF_LINES = 63
/**
 * The proof has at most 2.8 kB and the checkpoint 0.9; what is left is room for 16 Ed25519 lines, which is all that a
 * note may have, with names of 600 bytes, or for three lines of a post-quantum kind that are passed over here.
 */
const MAX_BODY_BYTES = 16_384
/**
 * Checkpoints of each log that stay, which bounds the folder. One would do if listing a folder were a single moment; a
 * listing that others write during may miss the newest name and one that is removed, but not eight that are removed
 * after eight writes to the disk.
 */
const KEPT_CHECKPOINTS = 8
/** Of each log and kind. The first ones stay: one fork is a whole proof, and who sends more must not push it out. */
const MAX_EVIDENCE = 16

export interface WitnessOptions {
  folder: string
  signer: Signer
  /** Verifier keys. A log that changes its key has two of one name. */
  logs: readonly string[]
  /** Silent when left out. */
  log?: Logger
  /** Milliseconds since 1970 */
  now?: () => number
}

interface KnownLog {
  origin: string
  keys: VerifierKey[]
  folder: string
}

interface Seen extends Checkpoint {
  /** As the log signed it; undefined before the first. */
  note?: Uint8Array
}

interface Answer {
  status: 200 | 400 | 403 | 404 | 409 | 422
  text: string
  type?: 'text/x.tlog.size'
}

/** @throws Error for a key that is no log's, or naming the folder when it cannot be made */
export async function createWitness(options: WitnessOptions): Promise<Hono> {
  const { folder, signer, logs, log = pino({ level: 'silent' }), now = Date.now } = options
  const known = await openLogs(folder, logs, now())

  async function addCheckpoint(body: Uint8Array): Promise<Answer> {
    const { oldSize, proof, note, checkpoint } = decodeOr(400, () => decodeSubmission(body))
    const { origin, size, root } = checkpoint
    const from = known.get(idOf(origin))
    if (!from) return refuse(404, 'the log is not known here')
    const lines = await linesOf(note, from.keys)
    if (lines.length === 0) return refuse(403, 'the checkpoint is not signed with a key of its log')
    if (oldSize > size) return refuse(400, 'the old size is above the size of the checkpoint')
    const submitted = encodeNote(note.text, lines)
    for (;;) {
      const held = await latest(from)
      const forks = size === held.size && !sameHash(root, held.root)
      // Whatever old size came with it: two signed trees of one size need no proof.
      if (forks) await keepEvidence(from, 'fork', held, submitted)
      if (oldSize !== held.size) return { status: 409, text: `${held.size}\n`, type: 'text/x.tlog.size' }
      if (forks) return refuse(409, 'a checkpoint of this size with another root has been cosigned')
      if (!verifySubtreeConsistency(0, oldSize, size, held.root, root, proof)) {
        await keepEvidence(from, 'unproven', held, submitted)
        return refuse(422, 'the consistency proof does not hold')
      }
      if (size > oldSize && !(await follow(from, oldSize, submitted))) continue
      const { seen, line } = await cosignLatest(from)
      if (seen.size === size && sameHash(seen.root, root)) return { status: 200, text: line }
    }
  }

  /** The clock is read first: what is newest when it is read later was, then, the largest tree that had been seen. */
  async function cosignLatest(of: KnownLog): Promise<{ seen: Seen; line: string }> {
    const time = Math.floor(now() / 1000)
    const seen = await latest(of)
    return { seen, line: await cosign(encodeCheckpoint(seen), time, signer) }
  }

  /**
   * A fork is a proof that anyone can check. A proof that fails may be the sender's fault, who need not be the log:
   * both checkpoints are kept for whoever has the log's tiles, and may turn out to be of one tree.
   */
  async function keepEvidence(
    of: KnownLog,
    kind: 'fork' | 'unproven',
    held: Seen,
    submitted: Uint8Array,
  ): Promise<void> {
    const text = new TextDecoder()
    const evidence = { held: held.note && text.decode(held.note), submitted: text.decode(submitted) }
    const bytes = Buffer.from(`${JSON.stringify(evidence)}\n`)
    const name = `${kind}-${createHash('sha256').update(bytes).digest('hex')}.json`
    const into = join(of.folder, 'evidence')
    const names = await readdir(into)
    if (names.includes(name) || names.filter((one) => one.startsWith(kind)).length >= MAX_EVIDENCE) return
    await createDurably(join(into, name), bytes)
    const about = { origin: of.origin, evidence: join(into, name) }
    if (kind === 'fork') log.error(about, 'the log has signed two trees of one size')
    else log.warn(about, 'a signed checkpoint came with a proof that does not hold')
  }

  const app = new Hono()
  app.onError((error, c) => {
    const { status, message } = asProblem(error)
    return c.text(`${message}\n`, status)
  })
  app.notFound((c) => c.text('no such route\n', 404))
  app.use(logRequests(log, now))
  app.use(async (c, next) => {
    await next()
    c.header('x-content-type-options', 'nosniff')
    c.header('cache-control', 'no-store')
  })

  app.post('/add-checkpoint', async (c) => {
    const { status, text, type } = await addCheckpoint(await readBody(c.req.raw, MAX_BODY_BYTES))
    return c.text(text, status, type && { 'content-type': type })
  })

  app.get('/:origin/checkpoint', async (c) => {
    const of = known.get(c.req.param('origin'))
    if (!of) return c.text('the log is not known here\n', 404)
    const { seen, line } = await cosignLatest(of)
    if (!seen.note) return c.text('the log has sent no checkpoint yet\n', 404)
    return c.text(`${new TextDecoder().decode(seen.note)}${line}`)
  })

  return app
}

const refuse = (status: Answer['status'], reason: string): Answer => ({ status, text: `${reason}\n` })

interface Submission {
  oldSize: number
  proof: Hash[]
  note: Note
  checkpoint: Checkpoint
}

/** @throws Error naming what is not written in its one way */
function decodeSubmission(bytes: Uint8Array): Submission {
  const body = Buffer.from(bytes)
  const end = body.indexOf('\n\n')
  if (end < 0) throw new Error('there is no empty line before the checkpoint')
  const [old, ...hashes] = body.toString('latin1', 0, end).split('\n')
  const [, oldText] = /^old (0|[1-9]\d{0,15})$/.exec(old) ?? []
  const oldSize = Number(oldText)
  if (!Number.isSafeInteger(oldSize)) throw new Error('the first line is not "old", a space and a size')
  if (hashes.length > MAX_PROOF_LINES) throw new Error(`the proof has more than ${MAX_PROOF_LINES} lines`)
  const proof = hashes.map((line) => {
    const hash = bytesOf(line)
    if (hash?.length !== 32) throw new Error('a line of the proof is no SHA-256 in base64')
    return hash
  })
  const note = parseNote(bytes.subarray(end + 2))
  return { oldSize, proof, note, checkpoint: decodeCheckpoint(note.text) }
}

/** The log's own that hold. Nobody else's are kept: they would be served from here. */
async function linesOf(note: Note, keys: readonly VerifierKey[]): Promise<string[]> {
  const lines: string[] = []
  for (const key of keys) {
    if (!(await isSignedBy(note, key))) continue
    const [{ name, hash, bytes }] = signaturesOf(note, key)
    lines.push(`— ${name} ${base64Of(Uint8Array.of(...hash, ...bytes))}\n`)
  }
  return lines
}

const idOf = (origin: string) => createHash('sha256').update(origin).digest('hex')

/** By the SHA-256 of their origins. */
async function openLogs(folder: string, verifierKeys: readonly string[], now: number): Promise<Map<string, KnownLog>> {
  const known = new Map<string, KnownLog>()
  for (const text of verifierKeys) {
    const key = await parseVerifierKey(text)
    if (key.type !== ED25519) throw new Error(`${text} is a witness's key, and no log's`)
    const id = idOf(key.name)
    const one = known.get(id) ?? { origin: key.name, keys: [], folder: join(folder, id) }
    one.keys.push(key)
    known.set(id, one)
  }
  for (const [id, one] of known) {
    await mkdir(join(one.folder, 'evidence'), { recursive: true }).catch((error: NodeJS.ErrnoException) => {
      throw new Error(`${folder}: no folder for a witness can be made here (${error.code})`, { cause: error })
    })
    // The folders get their names for good with this: a power cut takes no memory away as a whole.
    await writeAllDurably(folder, [{ path: `${id}/origin`, bytes: Buffer.from(`${one.origin}\n`) }])
    for (const part of [one.folder, join(one.folder, 'evidence')]) await removeAbandoned(part, now)
  }
  return known
}

/** What was seen last, on the disk for good. */
async function latest({ origin, folder }: KnownLog): Promise<Seen> {
  for (;;) {
    const newest = Math.max(-1, ...(await followedIn(folder)))
    if (newest < 0) return { origin, size: 0, root: EMPTY_ROOT }
    const file = join(folder, `after-${newest}`)
    const note = await readIfPresent(file)
    if (!note) continue // others have followed since, and it has been removed
    const seen = decodeCheckpoint(parseNote(note).text)
    if (seen.origin !== origin || seen.size <= newest) throw new Error(`${file} is damaged`)
    await syncFolder(folder) // the newest name may be another writer's, who has yet to force it to the disk
    return { ...seen, note }
  }
}

/**
 * Remembers the checkpoint that follows a size.
 * @returns false when another has
 */
async function follow({ folder }: KnownLog, oldSize: number, note: Uint8Array): Promise<boolean> {
  if (!(await createDurably(join(folder, `after-${oldSize}`), note))) return false
  // The name of one that is removed could be had again, by who has slept since it was the newest. It is not the newest
  // now, and therefore not signed.
  const sizes = (await followedIn(folder)).sort((a, b) => b - a)
  for (const size of sizes.slice(KEPT_CHECKPOINTS)) {
    await rm(join(folder, `after-${size}`), { force: true }).catch(() => undefined)
  }
  return true
}

/** Sizes after which something came. */
async function followedIn(folder: string): Promise<number[]> {
  return (await readdir(folder)).flatMap((name) => /^after-(\d+)$/.exec(name)?.[1] ?? []).map(Number)
}
