/**
 * Walks a whole log and trusts nobody: every record is hashed into a tree of our own, which must be the one that tiles and checkpoint say;
 * every entry must be one that may follow (`shared/tlog/succession.ts`); what entries name must be what is served. What comes out is a
 * list of findings, and, where there is no critical one, a bookmark from which the next audit goes on.
 *
 * What an audit cannot see: what was served to others. Two vantage points, an earlier bookmark or a witness's checkpoint are what a split
 * view is found with.
 */
import { base64Of, bytesOf } from '../../shared/tlog/base64.ts'
import { type Checkpoint, decodeCheckpoint } from '../../shared/tlog/checkpoint.ts'
import { isModel, type ModelEntry, type ReleaseEntry } from '../../shared/tlog/entry.ts'
import type { ReadTile } from '../../shared/tlog/node-reader.ts'
import { parseNote } from '../../shared/tlog/note.ts'
import { compareCheckpoints, openLatest } from '../../shared/tlog/on-record.ts'
import { openCheckpoint, openSignedCheckpoint, type Policy, Untrusted } from '../../shared/tlog/policy.ts'
import { decodeProof } from '../../shared/tlog/proof.ts'
import { type MadeTile, partialTiles, RightEdge } from '../../shared/tlog/right-edge.ts'
import { follow, type SignedAhead, type Standing, signedAhead } from '../../shared/tlog/succession.ts'
import { tilePath } from '../../shared/tlog/tile.ts'
import { sameHash } from '../../shared/tlog/tree.ts'
import { openContents } from './contents.ts'
import { type Finding, type FindingCode, finding } from './findings.ts'
import { type LogSource, SourceUnreachable } from './source.ts'
import { type AuditedTask, findingsOfTasks, tasksOf } from './tasks.ts'
import { walkTree } from './tree-walk.ts'

export interface AuditOptions {
  /** A publisher's verifier key, from the shop itself: the log must be its, at first or since a policy that it has signed. */
  publisher?: string
  /** Where an earlier audit came to. */
  since?: Bookmark
  /** Another vantage point: the same log as somebody else sees it. */
  other?: LogSource
  /** Models and tags too, not the log alone. */
  contents: boolean
  /** Milliseconds since 1970 */
  now: number
  onProgress?: (entries: number, of: number) => void
}

/** A log that was found in order: what is needed to go on from there. */
export interface Bookmark {
  origin: string
  size: number
  /** Base64. */
  root: string
  /** The partial tiles, in base64, in the order of `partialTiles`. */
  edge: string[]
  standing: Standing
}

export interface Audit {
  source: string
  origin?: string
  size: number
  root?: string
  /** On record, as far as it was read: the oldest first. */
  models: ModelEntry[]
  /** Entries that were read: fewer than `size` where an earlier audit read the others. */
  read: number
  entries: Record<string, number>
  standing: Standing
  /** What shoppers contribute to. */
  tasks: AuditedTask[]
  findings: Finding[]
  /** Absent where there is a critical finding. */
  bookmark?: Bookmark
}

/** @throws SourceUnreachable */
export async function audit(source: LogSource, options: AuditOptions): Promise<Audit> {
  const { since, other, now } = options
  const findings: Finding[] = []
  const report: Audit = {
    source: source.name,
    size: 0,
    models: [],
    read: 0,
    entries: {},
    standing: {},
    tasks: [],
    findings,
  }
  const find: Find = (...found) => findings.push(finding(...found))

  // Of the two that are served the one with more entries: what a browser is shown is audited.
  const [served, latest] = [await source.checkpoint(), await source.latest()]
  const note = served && larger(served, latest)
  if (!note) {
    find('checkpoint-missing', 'log/checkpoint', 'there is none')
    return report
  }
  let checkpoint: Checkpoint
  try {
    checkpoint = decodeCheckpoint(parseNote(note).text)
  } catch (error) {
    find('checkpoint-malformed', 'log/checkpoint', (error as Error).message, { checkpoint: note })
    return report
  }
  Object.assign(report, { origin: checkpoint.origin, size: checkpoint.size, root: base64Of(checkpoint.root) })

  const started = startFrom(since, checkpoint)
  if ('code' in started) {
    find(started.code, 'log/checkpoint', started.message, { checkpoint: note, before: JSON.stringify(since) })
    return report
  }
  const walk = await walkEntries(source, checkpoint, started, options, findings)
  report.read = walk.tree.size - started.tree.size
  report.entries = walk.counts
  report.models = walk.models
  report.standing = walk.standing
  report.tasks = tasksOf(walk.standing)
  if (!walk.complete) return report
  if (!walk.standing.policy) find('no-policy', 'log', 'it has no policy: nobody answers for it')
  if (!sameHash(walk.tree.root(), checkpoint.root)) {
    const [code, message]: [FindingCode, string] =
      since && since.size > 0
        ? ['fork', `the ${since.size} entries that an earlier audit read are not the beginning of this log`]
        : ['root-differs', `the entries give the root ${base64Of(walk.tree.root())}`]
    find(code, 'log/checkpoint', message, { checkpoint: note, before: since && JSON.stringify(since) })
  }

  const { policy } = walk.standing
  const seconds = Math.floor(now / 1000)
  if (policy) {
    await openCheckpoint(note, policy, seconds).catch((error: Error) => {
      const code = error instanceof Untrusted ? CHECKPOINT_CODES[error.why] : undefined
      find(code ?? 'checkpoint-malformed', 'log/checkpoint', error.message, { checkpoint: note })
    })
    if (policy.cosignatures === 0) {
      find(
        'no-witnesses',
        'log/checkpoint',
        'browsers ask for no witness: a log that shows one thing to some and another to others is found by comparing alone',
      )
    }
    findings.push(...findingsOfTasks(walk.standing))
    await checkLatest(source, latest, walk.standing, checkpoint, find, seconds)
  }
  if (other) await compareViews(source, other, { checkpoint, note, key: policy?.log }, find)
  if (!findings.some(({ severity }) => severity === 'critical')) {
    report.bookmark = {
      origin: checkpoint.origin,
      size: checkpoint.size,
      root: base64Of(checkpoint.root),
      edge: walk.tree.partial().map(({ bytes }) => base64Of(bytes)),
      standing: walk.standing,
    }
  }
  return report
}

type Find = (...found: Parameters<typeof finding>) => unknown

const CHECKPOINT_CODES: Partial<Record<Untrusted['why'], FindingCode>> = {
  signature: 'checkpoint-signature',
  stale: 'stale',
  witnesses: 'witnesses',
}

interface Start {
  tree: RightEdge
  standing: Standing
}

/** An earlier audit's tree, to be grown; or what this checkpoint does to it. */
function startFrom(
  since: Bookmark | undefined,
  checkpoint: Checkpoint,
): Start | { code: FindingCode; message: string } {
  if (!since) return { tree: new RightEdge(), standing: {} }
  if (since.origin !== checkpoint.origin) {
    return { code: 'fork', message: `it is of ${checkpoint.origin}; the earlier audit was of ${since.origin}` }
  }
  if (checkpoint.size < since.size) {
    return { code: 'shrunk', message: `it has ${checkpoint.size} entries and had ${since.size}` }
  }
  const tiles = partialTiles(since.size).map(
    (tile, n): MadeTile => ({ tile, bytes: bytesOf(since.edge[n]) ?? new Uint8Array(0) }),
  )
  return { tree: RightEdge.of(since.size, tiles), standing: since.standing }
}

/** From where the start ends to the checkpoint's size. Stops at what cannot be read. */
async function walkEntries(
  source: LogSource,
  { size }: Checkpoint,
  start: Start,
  { publisher, contents: withContents, onProgress }: AuditOptions,
  findings: Finding[],
) {
  const tree = start.tree.clone()
  let { standing } = start
  const counts: Record<string, number> = {}
  const models: ModelEntry[] = []
  const contents = openContents(source, size)
  const releases: { entry: ReleaseEntry; policy: Policy | undefined; where: string }[] = []

  async function enter(record: Uint8Array, where: string, ahead: SignedAhead | undefined): Promise<void> {
    const step = await follow(standing, record, ahead)
    for (const { code, message } of step.violations) findings.push(finding(code, where, message, { record }))
    standing = step.standing
    if (standing.policy) publishers.add(standing.policy.publisher)
    const entry = step.signed?.entry
    if (!entry) return
    counts[entry.type] = (counts[entry.type] ?? 0) + 1
    if (entry.type === 'release') releases.push({ entry, policy: standing.policy, where })
    else if (entry.type === 'result' && withContents) findings.push(...(await contents.checkResult(entry, where)))
    else if (isModel(entry)) {
      models.push(entry)
      if (withContents) findings.push(...(await contents.checkModel(entry, where)))
    }
  }

  const publishers = new Set(standing.policy && [standing.policy.publisher])
  const complete = await walkTree(source, size, tree, findings, async (records, first) => {
    const publisherNow = standing.policy?.publisher
    const ahead = records.map((record) => (publisherNow ? signedAhead(record, publisherNow) : undefined))
    for (const [n, record] of records.entries()) await enter(record, `entry ${first + n}`, ahead[n])
    onProgress?.(first + records.length, size)
  })
  // What is served has to be looked at each time, though nothing is new since an earlier audit.
  const inForce = withContents && complete ? standing.model : undefined
  if (inForce && models.length === 0) findings.push(...(await contents.checkModel(inForce, 'the model in force')))
  if (inForce) findings.push(...(await contents.requireWhole(inForce)))
  if (releases.length === 0 && standing.release) {
    releases.push({ entry: { type: 'release', ...standing.release }, policy: undefined, where: 'the newest release' })
  }
  for (const [n, { entry, policy, where }] of complete && withContents ? releases.entries() : []) {
    findings.push(...(await contents.checkRelease(entry, policy, n === releases.length - 1, where)))
  }
  const told = [...publishers].join(', ') || 'nobody'
  if (publisher === undefined && start.tree.size > 0) {
    // An earlier audit has it: who publishes now was signed for by who did then.
  } else if (publisher === undefined) {
    findings.push(finding('not-pinned', 'log', `the log's own word is taken for its publisher: ${told}`))
  } else if (complete && !publishers.has(publisher)) {
    findings.push(finding('wrong-publisher', 'log', `it is published by ${told}, and not by ${publisher}`))
  } else if (complete && [...publishers][0] !== publisher) {
    findings.push(finding('published-before', 'log', `others published before ${publisher}: ${told}`))
  }
  return { tree, standing, counts, models, complete }
}

/** What a browser would be given now. */
async function checkLatest(
  source: LogSource,
  bytes: Uint8Array | undefined,
  { policy, model }: Standing,
  audited: Checkpoint,
  find: Find,
  seconds: number,
): Promise<void> {
  if (!policy || (!model && !bytes)) return
  const where = 'v1/latest'
  if (!bytes) return void find('latest-behind', where, `version ${model?.version} is on record and not served`)
  try {
    const { entry, checkpoint } = await openLatest(new TextDecoder().decode(bytes), policy, seconds)
    await compareCheckpoints(audited, checkpoint, tilesOf(source))
    if (model && entry.version < model.version) {
      const message = `version ${entry.version} is served, and ${model.version} is on record`
      find('latest-behind', where, message, { served: bytes })
    } else if (entry.version !== model?.version || entry.manifest !== model.manifest) {
      const message = `version ${entry.version} is served, which the checkpoint does not have`
      find('latest-unlogged', where, message, { served: bytes })
    }
  } catch (error) {
    if (error instanceof SourceUnreachable) throw error
    const codes: Partial<Record<Untrusted['why'], FindingCode>> = { stale: 'stale', fork: 'fork' }
    const code = error instanceof Untrusted ? codes[error.why] : undefined
    find(code ?? 'latest-unlogged', where, (error as Error).message, { served: bytes })
  }
}

/** The one of more entries, where the other can be read at all. */
function larger(checkpoint: Uint8Array, latest: Uint8Array | undefined): Uint8Array {
  const sizeOf = (note: Uint8Array) => decodeCheckpoint(parseNote(note).text).size
  try {
    const other = latest && decodeProof(new TextDecoder().decode(latest)).checkpoint
    return other && sizeOf(other) > sizeOf(checkpoint) ? other : checkpoint
  } catch {
    return checkpoint // what cannot be read is found where it is looked at
  }
}

const tilesOf =
  ({ tile, name }: LogSource): ReadTile =>
  async (wanted) => {
    const bytes = await tile(wanted)
    if (!bytes) throw new Untrusted('malformed', `${name} has no ${tilePath(wanted)}`)
    return bytes
  }

/** Both must be signed by the log: then what neither grew out of is its own word against it. */
async function compareViews(
  source: LogSource,
  other: LogSource,
  here: { checkpoint: Checkpoint; note: Uint8Array; key: string | undefined },
  find: Find,
): Promise<void> {
  const where = `${other.name}: log/checkpoint`
  const theirs = (await other.checkpoint()) ?? (await other.witnessed(here.checkpoint.origin))
  if (!theirs) return void find('checkpoint-missing', where, 'there is none')
  const both = { [source.name]: here.note, [other.name]: theirs }
  try {
    const there = here.key ? await openSignedCheckpoint(theirs, here.key) : decodeCheckpoint(parseNote(theirs).text)
    await compareCheckpoints(here.checkpoint, there, tilesOf(there.size > here.checkpoint.size ? other : source))
  } catch (error) {
    if (error instanceof SourceUnreachable) throw error
    const codes: Partial<Record<Untrusted['why'], FindingCode>> = {
      fork: 'split-view',
      signature: 'checkpoint-signature',
    }
    const code = error instanceof Untrusted ? codes[error.why] : undefined
    find(code ?? 'tile-malformed', where, (error as Error).message, both)
  }
}
