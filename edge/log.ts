/**
 * The shop's transparency log: static files that anyone may read (C2SP tlog-tiles.md), and the sequencer that lets them grow. In a folder:
 *
 *     log/commits/after-0.json    what the first entries were: {"from":0,"size":2,"root":"…","heads":{…},"records":["…","…"]}
 *     log/commits/after-2.json    what came after the second
 *     log/tile/0/000.p/2          tiles of hashes and of entries, as they are served
 *     log/checkpoint              the newest signed checkpoint, as it is served
 *     log/latest                  the newest model with its proof, as it is served
 *     log/rounds                  the rounds that are open with their proofs, as they are served
 *
 * How an append stays safe. A commit is written whole under another name (staged), and gets its name by a call that can succeed once
 * (compare and swap): of two sequencers, in one process or in two, one follows the second entry and the other tries again after it; no
 * lock can be left behind by a crash. Then its tiles are published, and only then is a checkpoint signed and published. So
 *
 * - no key ever signs two trees of one size: what is signed has been committed first;
 * - a checkpoint is never ahead of its tiles;
 * - recovery is the same path: whoever opens the folder with the key, appends or signs anew finds the commit that nothing comes after,
 *   publishes what is not published yet, which gives the same bytes, and signs.
 *
 * Commits are never deleted. A checkpoint that is ahead of them, or a key that has signed more than they are (`high-water.ts`), means that
 * the folder was restored from an older copy: then nothing is appended, because it would fork the log.
 */
import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { encodeOpenRounds, type OfferedRound } from '../shared/federated/open-rounds.ts'
import { base64Of, bytesOf } from '../shared/tlog/base64.ts'
import { decodeCheckpoint, encodeCheckpoint } from '../shared/tlog/checkpoint.ts'
import { cosign } from '../shared/tlog/cosignature.ts'
import { decodeEntry, type Entry, entryId, isModel, type ReleaseEntry } from '../shared/tlog/entry.ts'
import { earlierRoot, inclusionProof, type ReadTile } from '../shared/tlog/node-reader.ts'
import { ED25519, encodeNote, parseNote, type Signer, signatureLine, verifierKeyText } from '../shared/tlog/note.ts'
import { encodeProof } from '../shared/tlog/proof.ts'
import { type MadeTile, partialTiles, RightEdge } from '../shared/tlog/right-edge.ts'
import { entered, follow, type Standing } from '../shared/tlog/succession.ts'
import { decodeEntries, encodeEntries, partOf, TILE_WIDTH, type Tile, tilePath, tileWith } from '../shared/tlog/tile.ts'
import { EMPTY_ROOT, type Hash, leafHash } from '../shared/tlog/tree.ts'
import {
  createDurably,
  readIfPresent,
  removeAbandoned,
  replaceDurably,
  syncFolder,
  writeAllDurably,
} from './durable-file.ts'
import { type HighWater, readHighWater, writeHighWater } from './high-water.ts'
import { Problem } from './problem.ts'

export interface LogOptions {
  /** The log's key, whose name is its origin. Without it the log can be read only. */
  signer?: Signer
  /** It may be another than the policy on record names, under the same name: the log stays the same. */
  rotatesKey?: boolean
  /** The file beside the key that says how far it has signed (`high-water.ts`). */
  highWater?: string
  /** Lets an entry in that may come next in a log of this size, or throws a Problem: whether what it names is there. */
  admit?: (entry: Entry, size: number) => Promise<void>
  /**
   * Signature lines of witnesses on a checkpoint, as many as can be had.
   * @param read tiles of hashes, for the proof that the log has only grown
   * @throws Problem when they are fewer than the policy in force asks for
   */
  witness?: (checkpoint: Uint8Array, read: ReadTile, standing: Standing) => Promise<string>
  /** Milliseconds since 1970 */
  now?: () => number
}

export interface Receipt {
  /** Of the entry, from 0. */
  index: number
  outcome: 'appended' | 'present'
}

export interface LogHead {
  size: number
  standing: Standing
}

export interface Log {
  /** What the published checkpoint covers: what readers are told. */
  head(): Promise<LogHead>
  /** What the next entry has to follow: all that has been committed, though a witness that is away keeps it from being published. */
  next(): Promise<LogHead>
  /**
   * Appends a record. Resolves when a checkpoint that covers it has been published. The newest record of its kind, sent again, is found
   * and not appended twice.
   * @throws Problem 409 where another entry took its place, 422 for what may not come next or names what is not there, 503 without the key
   */
  append(record: Uint8Array): Promise<Receipt>
  /**
   * Publishes what a crash, or a witness that was away, left unpublished, and signs the checkpoint anew, so that it says how young it is.
   * @param olderThanMs only where this process signed it longer ago
   * @throws Problem 503 without enough witnesses
   */
  refresh(olderThanMs?: number): Promise<void>
  /** Signed notes. Undefined while the log is empty. */
  readCheckpoint(): Promise<Uint8Array | undefined>
  /** The newest model, with the proof that it is on record (`proof.ts`). Undefined while there is none. */
  readLatest(): Promise<Uint8Array | undefined>
  /** The rounds that are open, with the proofs that they are on record (`../shared/federated/open-rounds.ts`). */
  readRounds(): Promise<Uint8Array>
  /** Of hashes or of records. Undefined when there is no such tile. */
  readTile(tile: Tile): Promise<Uint8Array | undefined>
  /** Releases of the tag, the newest first. */
  releases(): Promise<ReleaseEntry[]>
}

/** Indices of the entries that are in force. */
interface Heads {
  policy?: number
  model?: number
  /** All of them: pages may still load what an earlier tag names. */
  releases: number[]
  /** By their ids. */
  tasks?: Record<string, TaskHeads>
}
interface TaskHeads {
  task: number
  round?: number
  result?: number
}

interface Commit {
  from: number
  size: number
  /** Base64. */
  root: string
  heads: Heads
  /** Base64. */
  records: string[]
}

interface State extends LogHead {
  tree: RightEdge
  /** Records of the bundle of entries that is not full. */
  tail: Uint8Array[]
  heads: Heads
}

/** @throws Error naming the folder when it cannot be read, or was restored from an older copy */
export async function openLog(folder: string, options: LogOptions = {}): Promise<Log> {
  const { signer, rotatesKey = false, highWater, admit, witness, now = Date.now } = options
  const root = join(folder, 'log')
  const commits = join(root, 'commits')
  await mkdir(commits, { recursive: true }).catch((error: NodeJS.ErrnoException) => {
    throw new Error(`${folder}: no folder for a log can be made here (${error.code})`, { cause: error })
  })
  for (const part of [commits, root, folder]) await syncFolder(part)
  for (const part of [root, commits]) await removeAbandoned(part, now())
  const commitAfter = (size: number) => join(commits, `after-${size}.json`)
  const own = signer && (await verifierKeyText(signer.name, signer.keys.publicKey))
  const isOwn = ({ policy }: Standing) => policy === undefined || policy.log === own

  function readCheckpoint(): Promise<Uint8Array | undefined> {
    return readIfPresent(join(root, 'checkpoint'))
  }

  async function readTile(tile: Tile): Promise<Uint8Array | undefined> {
    const bytes = await readIfPresent(join(root, tilePath(tile)))
    if (bytes || tile.width === TILE_WIDTH) return bytes
    const full = await readIfPresent(join(root, tilePath({ ...tile, width: TILE_WIDTH })))
    return full && partOf(full, tile)
  }

  async function requireTile(tile: Tile): Promise<Uint8Array> {
    const bytes = await readTile(tile)
    if (!bytes) throw new Error(`${join(root, tilePath(tile))} is missing: restore the log's folder from a copy`)
    return bytes
  }

  async function recordAt(index: number, size: number): Promise<Uint8Array> {
    const tile = tileWith('entries', index, size)
    return decodeEntries(await requireTile(tile), tile.width)[index % TILE_WIDTH]
  }

  /** From the tiles of a log of this size, which have been published. */
  async function stateAt(size: number, heads: Heads): Promise<State> {
    const tiles = await Promise.all(partialTiles(size).map(async (tile) => ({ tile, bytes: await requireTile(tile) })))
    const last = tileWith('entries', size, size)
    const tail = last.width === 0 ? [] : decodeEntries(await requireTile(last), last.width)
    let standing: Standing = {}
    const tasks = Object.values(heads.tasks ?? {}).flatMap(({ task, round, result }) => [task, round, result])
    for (const at of [heads.policy, heads.releases.at(-1), heads.model, ...tasks]) {
      if (at !== undefined) standing = entered(standing, decodeEntry(await recordAt(at, size)).entry)
    }
    return { size, tree: RightEdge.of(size, tiles), tail, heads, standing }
  }

  // First: what they cover was committed before, while another process may be committing now.
  const most = highWater && signer ? await readHighWater(highWater, signer.name) : undefined
  const signed = await lastSigned()
  const sizes = (await readdir(commits)).flatMap((name) => /^after-(\d+)\.json$/.exec(name)?.[1] ?? []).map(Number)
  const last = sizes.length > 0 ? await readCommit(Math.max(...sizes)) : undefined
  const ahead = Math.max(signed.size, most?.size ?? 0)
  if (ahead > (last?.size ?? 0)) throw new Error(`${root}: ${restored(ahead, last?.size ?? 0)}`)
  const coveredBy =
    signed.size > 0 ? await readCommit(Math.max(...sizes.filter((size) => size < signed.size))) : undefined
  /** What the published checkpoint covers: what readers are told. */
  let served = await stateAt(signed.size, coveredBy?.heads ?? { releases: [] })
  /** All that has been committed, its tiles published: what the next commit follows. */
  let grown = served
  if (!isSame(grown.tree.root(), signed.root) || !hasTail(grown)) {
    // Signing what grows out of other tiles would fork the log.
    throw new Error(`${root}: its tiles are not those that were signed: restore the folder from a copy`)
  }
  /** Tiles that have become full, which are still there in part. */
  const inPart: Tile[] = []
  let signedAt = Number.NEGATIVE_INFINITY

  async function lastSigned(): Promise<{ size: number; root: Hash }> {
    const checkpoint = await readCheckpoint()
    if (!checkpoint) return { size: 0, root: EMPTY_ROOT }
    try {
      return decodeCheckpoint(parseNote(checkpoint).text)
    } catch (error) {
      throw new Error(`${join(root, 'checkpoint')} is damaged: ${(error as Error).message}`, { cause: error })
    }
  }

  /** Another process may have published in this folder. */
  async function look(): Promise<State> {
    const { size: covered } = await lastSigned()
    let state = served
    for (let commit = await readCommit(state.size); commit && commit.size <= covered; ) {
      state = grow(state, commit).state
      commit = await readCommit(state.size)
    }
    if (state.size > served.size) served = state
    return served
  }

  async function readCommit(after: number): Promise<Commit | undefined> {
    const bytes = await readIfPresent(commitAfter(after))
    try {
      return bytes && (JSON.parse(new TextDecoder().decode(bytes)) as Commit) // our own file, whole or not there
    } catch (error) {
      throw new Error(`${commitAfter(after)} is damaged`, { cause: error })
    }
  }

  let publishing: Promise<unknown> = Promise.resolve()
  /** One at a time, in this process. */
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const run = publishing.then(work)
    publishing = run.catch(() => undefined)
    return run
  }

  /** Publishes the tiles of what has been committed, by whomever. */
  async function publishTiles(): Promise<State> {
    for (let commit = await readCommit(grown.size); commit; commit = await readCommit(grown.size)) {
      const { state, tiles, filled } = grow(grown, commit)
      await writeAllDurably(
        root,
        tiles.map(({ tile, bytes }) => ({ path: tilePath(tile), bytes })),
      )
      inPart.push(...filled)
      grown = state
    }
    return grown
  }

  /**
   * Publishes all that has been committed, and the checkpoint that covers it.
   * @param anew though the published one does
   */
  async function publish(anew: boolean): Promise<void> {
    for (let sign = anew; ; ) {
      await publishTiles()
      if (!signer || grown.size === 0 || (!sign && grown.size === served.size)) return
      if (!isOwn(grown.standing)) {
        // What it signed would be refused until the policy that names it is on record.
        if (rotatesKey) return
        throw new Problem(503, `the log's key is ${grown.standing.policy?.log} now; this edge has ${own}`)
      }
      if (await publishCheckpoint(grown, signer)) {
        served = grown
        sign = false
      }
    }
  }

  /** Of what the key has signed, what this log has been held to. */
  let remembered: HighWater | undefined
  /**
   * Whether this log goes on from all that its key has signed, in whatever folder.
   * @returns false where another process has committed more, which comes first
   * @throws Problem where it does not: signing it would fork the log
   */
  async function goesOn({ size, tree }: Pick<State, 'size' | 'tree'>): Promise<boolean> {
    const most = highWater && signer ? await readHighWater(highWater, signer.name) : undefined
    if (!most || (most.size === remembered?.size && isSame(most.root, remembered.root))) return true
    if (most.size > size) {
      if (await readCommit(size)) return false
      throw new Problem(503, restored(most.size, size))
    }
    const newest = { size, root: tree.root() }
    const before = most.size === size ? newest.root : await earlierRoot(most.size, newest, requireTile)
    if (!before || !isSame(before, most.root)) {
      throw new Problem(503, `the log's key has signed another log of ${most.size} entries: this folder is not its own`)
    }
    remembered = most
    return true
  }

  /** @returns false where another process has committed more meanwhile: its checkpoint must not be taken back */
  async function publishCheckpoint({ size, tree, standing, heads }: State, by: Signer): Promise<boolean> {
    await syncFolder(commits) // who committed it may not have come to that
    if (!(await goesOn({ size, tree }))) return false
    // Before it signs: what was signed is never more than what is remembered.
    if (highWater && remembered?.size !== size) {
      remembered = { size, root: tree.root() }
      await writeHighWater(highWater, by.name, remembered)
    }
    const text = encodeCheckpoint({ origin: by.name, size, root: tree.root() })
    const line = await signatureLine(by, ED25519, new TextEncoder().encode(text))
    const lines = [line, await cosign(text, Math.floor(now() / 1000), by)]
    if (witness) lines.push(await witness(encodeNote(text, lines), requireTile, standing))
    const checkpoint = encodeNote(text, lines)
    const isNewest = async () => (await readCommit(size)) === undefined
    const proofOf = async (index: number) =>
      encodeProof({
        record: new Uint8Array(await recordAt(index, size)),
        index,
        path: await inclusionProof(index, size, requireTile),
        checkpoint,
      })
    if (heads.model !== undefined) {
      const bytes = new TextEncoder().encode(await proofOf(heads.model))
      if (!(await replaceDurably(join(root, 'latest'), bytes, isNewest))) return false
    }
    if (heads.tasks) {
      const rounds: OfferedRound[] = []
      for (const { task, round, result } of Object.values(heads.tasks)) {
        if (round === undefined || result !== undefined) continue
        rounds.push({ task: await proofOf(task), round: await proofOf(round) })
      }
      const bytes = new TextEncoder().encode(encodeOpenRounds(rounds))
      if (!(await replaceDurably(join(root, 'rounds'), bytes, isNewest))) return false
    }
    // Last: what it covers has been published in full.
    if (!(await replaceDurably(join(root, 'checkpoint'), checkpoint, isNewest))) return false
    signedAt = now()
    for (const tile of inPart.splice(0)) {
      // No checkpoint asks for its parts now, and whoever does is given them from the whole.
      await removeParts(join(root, `${tilePath(tile)}.p`))
    }
    return true
  }

  interface Waiting {
    record: Uint8Array
    resolve(receipt: Receipt): void
    reject(error: unknown): void
  }
  let queue: Waiting[] = []
  let isSequencing = false

  /** All that wait go into one commit. */
  async function sequence(): Promise<void> {
    isSequencing = true
    await new Promise(setImmediate) // who calls at the same moment is in the same commit
    while (queue.length > 0) {
      const batch = queue
      queue = []
      try {
        while (!(await commitAll(batch)));
      } catch (error) {
        for (const { reject } of batch) reject(error)
      }
    }
    isSequencing = false
  }

  /** @returns false when another sequencer was first */
  async function commitAll(batch: readonly Waiting[]): Promise<boolean> {
    const last = await inTurn(publishTiles)
    // Before anything is committed that could never be signed.
    if (!(await goesOn(last))) return false
    const { size: from, tree: before, heads: headsBefore, standing: standingBefore } = last
    const tree = before.clone()
    let standing = standingBefore
    let heads = headsBefore
    const accepted: Uint8Array[] = []
    /** What each is told once all of it is on record. */
    const settle: (() => void)[] = []
    for (const { record, resolve, reject } of batch) {
      try {
        const { entry } = decodeEntryOr422(record)
        const newest = headOf(heads, entry)
        if (newest !== undefined && isSame(accepted[newest - from] ?? (await recordAt(newest, from)), record)) {
          settle.push(() => resolve({ index: newest, outcome: 'present' }))
          continue
        }
        const step = await follow(standing, record)
        const [violation] = step.violations
        if (violation) throw new Problem(STATUS[violation.code] ?? 422, violation.message, {}, { code: violation.code })
        if (!isOwn(step.standing)) {
          throw new Problem(422, `the log's key would be ${step.standing.policy?.log}; this edge has ${own}`)
        }
        await admit?.(entry, from)
        const index = tree.size
        tree.append(record)
        standing = step.standing
        heads = withHead(heads, entry, index)
        accepted.push(record)
        settle.push(() => resolve({ index, outcome: 'appended' }))
      } catch (error) {
        settle.push(() => reject(error))
      }
    }
    if (accepted.length > 0) {
      const records = accepted.map(base64Of)
      const commit: Commit = { from, size: tree.size, root: base64Of(tree.root()), heads, records }
      // The link commits: a crash before this line leaves the old log, a crash after it the new one.
      const won = await createDurably(commitAfter(from), Buffer.from(`${JSON.stringify(commit)}\n`))
      if (!won) return false
    }
    await inTurn(() => publish(false))
    for (const tell of settle) tell()
    return true
  }

  async function append(record: Uint8Array): Promise<Receipt> {
    if (!signer) throw new Problem(503, 'this edge has no key of the log: nothing can be put on record here')
    const copy = new Uint8Array(record) // the caller may reuse theirs
    return new Promise((resolve, reject) => {
      queue.push({ record: copy, resolve, reject })
      if (!isSequencing) void sequence()
    })
  }

  const refresh = (olderThanMs = 0) => inTurn(() => publish(now() - signedAt >= olderThanMs))

  async function releases() {
    const { heads, size } = await look()
    const entries = await Promise.all(heads.releases.map(async (at) => decodeEntry(await recordAt(at, size)).entry))
    return entries.filter((entry) => entry.type === 'release').reverse()
  }

  if (signer) {
    await goesOn(await inTurn(publishTiles)).catch((error: Error) => {
      throw error instanceof Problem ? new Error(`${root}: ${error.message}`) : error
    })
    const named = grown.standing.policy?.log.split('+')[0] ?? signer.name
    if (named !== signer.name || (!isOwn(grown.standing) && !rotatesKey)) {
      throw new Error(`${root}: its key is ${grown.standing.policy?.log}, and not ${own}`)
    }
    await refresh(Number.POSITIVE_INFINITY).catch((error) => {
      // Without its witnesses a log goes on serving what they have cosigned.
      if (!(error instanceof Problem)) throw error
    })
  }
  return {
    head: look,
    next: () => inTurn(publishTiles),
    append,
    refresh,
    readCheckpoint,
    readLatest: () => readIfPresent(join(root, 'latest')),
    readRounds: async () =>
      (await readIfPresent(join(root, 'rounds'))) ?? new TextEncoder().encode(encodeOpenRounds([])),
    readTile,
    releases,
  }
}

/** The log after a commit, the tiles that it brought, and which of them are full now. */
function grow(before: State, commit: Commit): { state: State; tiles: MadeTile[]; filled: Tile[] } {
  const tree = before.tree.clone()
  let { standing } = before
  let tail = [...before.tail]
  const tiles: MadeTile[] = []
  for (const record of commit.records.map(decodeRecord)) {
    tiles.push(...tree.append(record))
    tail.push(record)
    standing = entered(standing, decodeEntry(record).entry)
    if (tail.length === TILE_WIDTH) {
      tiles.push({ tile: tileWith('entries', tree.size - 1, tree.size), bytes: encodeEntries(tail) })
      tail = []
    }
  }
  if (base64Of(tree.root()) !== commit.root) throw new Error(`the log's commit after ${commit.from} is damaged`)
  const filled = tiles.map(({ tile }) => tile)
  tiles.push(...tree.partial())
  if (tail.length > 0) tiles.push({ tile: tileWith('entries', tree.size - 1, tree.size), bytes: encodeEntries(tail) })
  return { state: { size: tree.size, tree, tail, standing, heads: commit.heads }, tiles, filled }
}

/** Their folder stays: another process may be about to write into it. What cannot be removed only takes room. */
async function removeParts(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => [])
  for (const name of names.filter((one) => /^\d+$/.test(one))) {
    await rm(join(folder, name), { force: true }).catch(() => undefined)
  }
}

const restored = (signed: number, there: number) =>
  `the log's key has signed ${signed} entries, and there are ${there}: the folder was restored from an older copy, and appending to it would fork the log`

/** What lost a race or comes again is a conflict; anything else cannot come next at all. */
const STATUS: Record<string, 409> = { 'version-twice': 409, 'version-back': 409, gap: 409 }

function decodeEntryOr422(record: Uint8Array) {
  try {
    return decodeEntry(record)
  } catch (error) {
    throw new Problem(422, (error as Error).message)
  }
}

/** The newest entry of its kind: of a task, of that task. */
function headOf(heads: Heads, entry: Entry): number | undefined {
  if (entry.type === 'policy') return heads.policy
  if (entry.type === 'release') return heads.releases.at(-1)
  if (isModel(entry)) return heads.model
  return entry.type === 'task' ? heads.tasks?.[entryId(entry)]?.task : heads.tasks?.[entry.task]?.[entry.type]
}

function withHead(heads: Heads, entry: Entry, index: number): Heads {
  if (entry.type === 'policy') return { ...heads, policy: index }
  if (entry.type === 'release') return { ...heads, releases: [...heads.releases, index] }
  if (isModel(entry)) return { ...heads, model: index }
  const withTask = (id: string, of: TaskHeads): Heads => ({ ...heads, tasks: { ...heads.tasks, [id]: of } })
  if (entry.type === 'task') return withTask(entryId(entry), { task: index })
  const of = heads.tasks?.[entry.task]
  if (!of) return heads // it would follow no task, and was not let in
  return withTask(entry.task, entry.type === 'round' ? { task: of.task, round: index } : { ...of, result: index })
}

/** Are the records that will fill the last bundle those whose hashes the tree has? */
function hasTail({ tree, tail }: State): boolean {
  const last = tree.partial().find(({ tile }) => tile.level === 0)
  return isSame(Buffer.concat(tail.map(leafHash)), last?.bytes ?? new Uint8Array(0))
}

function decodeRecord(base64: string): Uint8Array {
  const record = bytesOf(base64)
  if (!record) throw new Error('a commit of the log is damaged')
  return record
}

const isSame = (a: Uint8Array, b: Uint8Array) => Buffer.compare(a, b) === 0
