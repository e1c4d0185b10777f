/** Whatever fails while an entry is appended, and wherever: the log is the old one or the new one, and goes on. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Log, openLog } from '../../edge/log.ts'
import { base64Of } from '../../shared/tlog/base64.ts'
import { signEntry } from '../../shared/tlog/entry.ts'
import { type Audit, audit } from '../../trainer/audit/audit.ts'
import { openSource } from '../../trainer/audit/source.ts'
import { LOG, POLICY, policyRecord, SHOP } from '../edge/sample-bundle.ts'
import { MemoryLog } from '../shared/tlog/memory-log.ts'
import { Disk, type Left, layOut } from './disk.ts'
import { type Around, changes, type FileCall, failure, tellFileCalls } from './file-calls.ts'
import { sizeOf, sizeOnDisk } from './log-on-disk.ts'

const bundleRecord = (version: number) =>
  signEntry({ type: 'bundle', version, manifest: String(version).repeat(64) }, SHOP)

let root: string
let folders = 0
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'vitrine-faults-'))
})
afterAll(() => rm(root, { recursive: true, force: true }))

async function newFolder(from?: string): Promise<string> {
  const folder = join(root, String(folders++))
  if (from) await cp(from, folder, { recursive: true })
  else await mkdir(folder)
  return folder
}

/** A log that has so many entries, and what comes next. */
interface Start {
  size: number
  folder: string
  /** Undefined of an empty log, where there is nothing to audit. */
  audited?: Audit
  /** All that is on record or will be: the entries so far, the one that is appended, one more. */
  known: MemoryLog
}

/** What is appended is a bundle, where there can be one: then there is a proof to publish too. */
async function startOf(size: number): Promise<Start> {
  const folder = await newFolder()
  const known = new MemoryLog(LOG)
  const log = await open(folder)
  for (let n = 0; n < size; n++) {
    known.append(n === 1 ? await bundleRecord(1) : await policyRecord({ maxAgeSeconds: 1000 + n }))
  }
  await Promise.all(known.records.map((record) => log.append(record)))
  known.append(size === 0 ? await policyRecord() : await bundleRecord(2))
  known.append(await policyRecord({ maxAgeSeconds: 7 }))
  return { size, folder, known, audited: size > 0 ? await auditOf(folder) : undefined }
}

async function auditOf(folder: string, earlier?: Audit): Promise<Audit> {
  const options = { contents: false, now: Date.now(), publisher: POLICY.publisher, since: earlier?.bookmark }
  const audited = await audit(openSource(folder), options)
  expect(audited.findings.filter(({ severity }) => severity !== 'note')).toEqual([])
  return audited
}

/** Forcing to the disk is told and not waited for: a process that ends takes nothing of what the system holds along. */
const quickly = ({ name, happen }: FileCall) => (name === 'sync' ? Promise.resolve() : happen())

const open = (folder: string) => openLog(folder, { signer: LOG, highWater: join(folder, 'signed.json') })

/**
 * What was left is one of two logs, and whoever opens it gets that log whole and can go on.
 * @param least entries that must be there
 * @returns the size as it was left
 */
async function expectOldOrNew(start: Start, folder: string, least: number): Promise<number> {
  const { size, known } = start
  const left = await sizeOnDisk(folder, known)
  expect([size, size + 1]).toContain(left)
  expect(left).toBeGreaterThanOrEqual(least)
  await tellFileCalls(folder, quickly, async () => {
    const log = await open(folder)
    const opened = (await log.head()).size
    expect([size, size + 1]).toContain(opened)
    expect(opened).toBeGreaterThanOrEqual(left)
    expect(await sizeOnDisk(folder, known)).toBe(opened)
    const again = await expectGoesOn(start, folder, log)
    expect(again.outcome).toBe(opened > size ? 'present' : 'appended')
  })
  return left
}

/** The same record, sent again, has the place that it had or would have had; the next comes after it. */
async function expectGoesOn({ size, known, audited }: Start, folder: string, log: Log) {
  const again = await log.append(known.records[size])
  expect(again.index).toBe(size)
  expect(await log.append(known.records[size + 1])).toEqual({ index: size + 1, outcome: 'appended' })
  expect(await sizeOnDisk(folder, known)).toBe(size + 2)
  expect((await auditOf(folder, audited)).size).toBe(size + 2)
  return again
}

/** What happens to one call, and to which it can happen. */
interface Fault {
  at(call: FileCall): boolean
  around: Around
}

const FAILURES: [string, Fault][] = [
  [
    'fails',
    {
      // Reads too, in a soak: they are many, and change nothing.
      at: ({ name }) => Boolean(process.env.VITRINE_SOAK) || !['readFile', 'readdir', 'stat'].includes(name),
      around: async (call) => Promise.reject(failure('EIO', call)),
    },
  ],
  [
    'fails once it has happened',
    {
      at: (call) => changes(call) || call.name === 'close',
      around: (call) => call.happen().then(() => Promise.reject(failure('EIO', call))),
    },
  ],
  [
    'is a write that finds the disk full half way through',
    {
      at: (call) => call.happenHalf !== undefined,
      around: async (call) => {
        await call.happenHalf?.()
        throw failure('ENOSPC', call)
      },
    },
  ],
]
const LAST_CALLS: [string, Fault][] = [
  ['before the first', { at: () => true, around: async () => undefined }],
  ['after any', { at: changes, around: (call) => call.happen() }],
  [
    'half way through any write',
    { at: ({ happenHalf }) => happenHalf !== undefined, around: async (c) => c.happenHalf?.() },
  ],
]

/** The fault at the n-th of the calls to which it can happen. */
function failingAt(n: number, { at, around }: Fault) {
  let calls = 0
  let reached = false
  return {
    around: async (call: FileCall) => {
      if (!at(call) || ++calls !== n) return quickly(call)
      reached = true
      return around(call)
    },
    isReached: () => reached,
  }
}

/**
 * The same, and the process is gone: neither that call nor any later one is answered.
 * @param make how the calls before it are made
 */
function goneAt(n: number, { at, around }: Fault, make: Around = quickly) {
  let calls = 0
  let tell = () => {}
  const gone = new Promise<'gone'>((resolve) => {
    tell = () => resolve('gone')
  })
  const never = new Promise<never>(() => {})
  return {
    gone,
    around: async (call: FileCall) => {
      if (calls === n) return never
      if (!at(call) || ++calls < n) return make(call)
      await around(call).catch(() => undefined)
      tell()
      return never
    },
  }
}

describe.each([
  ['the first entry of all', 0],
  ['a plain entry', 3],
  ['the entry that fills a tile', 255],
  ['the entry that begins a tile', 256],
])('%s', (_what, size) => {
  let start: Start
  beforeAll(async () => {
    start = await startOf(size)
  })

  test.each(FAILURES)(
    'a call that %s, whichever, leaves the old log or the new one, and here it goes on',
    async (_how, fault) => {
      let n = 1
      for (; ; n++) {
        const folder = await newFolder(start.folder)
        const { around, isReached } = failingAt(n, fault)
        const log = await tellFileCalls(folder, quickly, () => open(folder))
        const outcome = await tellFileCalls(folder, around, () =>
          log.append(start.known.records[size]).catch((error: Error) => error),
        )
        if (!isReached()) break
        const left = await newFolder(folder)
        await expectOldOrNew(start, left, outcome instanceof Error ? size : size + 1)
        await tellFileCalls(folder, quickly, () => expectGoesOn(start, folder, log))
        for (const done of [folder, left]) await rm(done, { recursive: true })
      }
      expect(n).toBeGreaterThan(4)
    },
  )

  test.each(LAST_CALLS)('a process that ends %s call leaves the old log or the new one', async (when, last) => {
    const seen = new Set<number>()
    for (let n = 1; ; n++) {
      const folder = await newFolder(start.folder)
      const { around, gone } = goneAt(n, last)
      const outcome = await tellFileCalls(folder, quickly, () => open(folder)).then((log) =>
        tellFileCalls(folder, around, () => Promise.race([gone, log.append(start.known.records[size])])),
      )
      seen.add(await expectOldOrNew(start, folder, outcome === 'gone' ? size : size + 1))
      await rm(folder, { recursive: true })
      if (outcome !== 'gone' || when === 'before the first') break
    }
    expect(seen).toEqual(new Set(when === 'before the first' ? [size] : [size, size + 1]))
  })

  test('whoever mends what such a process left may end in the same way, after any call', async () => {
    const committed = await newFolder(start.folder)
    const commit = goneAt(1, { at: ({ name }) => name === 'link', around: (call) => call.happen() })
    await tellFileCalls(committed, quickly, () => open(committed)).then((log) =>
      tellFileCalls(committed, commit.around, () => Promise.race([commit.gone, log.append(start.known.records[size])])),
    )
    let n = 1
    for (; ; n++) {
      const folder = await newFolder(committed)
      const { around, gone } = goneAt(n, { at: changes, around: (call) => call.happen() })
      const outcome = await tellFileCalls(folder, around, () => Promise.race([gone, open(folder)]))
      await expectOldOrNew(start, folder, outcome === 'gone' ? size : size + 1)
      await rm(folder, { recursive: true })
      if (outcome !== 'gone') break
    }
    expect(n).toBeGreaterThan(4)
  })

  test('a power cut at any moment leaves the old log or the new one, and what was ever shown stays', async () => {
    const folder = await newFolder(start.folder)
    const { note, cuts } = noteCuts(folder, size, await Disk.of(folder))
    await tellFileCalls(folder, note, async () => (await open(folder)).append(start.known.records[size]))
    await expectAllHold(start, cuts())
  })
})

test('a power cut takes nothing back that was published for a process that died before it was forced to the disk', async () => {
  const start = await startOf(3)
  const folder = await newFolder(start.folder)
  const [log, dying] = [await open(folder), await open(folder)]
  const { note, cuts } = noteCuts(folder, start.size, await Disk.of(folder))
  const { around, gone } = goneAt(1, { at: ({ name }) => name === 'link', around: note }, note)
  await tellFileCalls(folder, around, () => Promise.race([gone, dying.append(start.known.records[start.size])]))
  await tellFileCalls(folder, note, () => log.refresh())
  await expectAllHold(start, cuts())
})

interface Cut {
  left: Left
  /** Entries of a checkpoint that somebody may have been shown by then. */
  shown: number
}

/** Makes every call, and notes what a power cut may leave right after it. */
function noteCuts(folder: string, size: number, disk: Disk) {
  const cuts = new Map<string, Cut>()
  const note: Around = async (call) => {
    const result = await quickly(call)
    disk.apply(call)
    const notes = ['checkpoint', 'latest'].map((name) => disk.read(join(folder, 'log', name)))
    const shown = Math.max(size, ...notes.map(sizeOf))
    // What is shown only grows: of two moments with the same folder the later one asks for more.
    for (const left of disk.cuts()) cuts.set(keyOf(left), { left, shown })
    return result
  }
  return { note, cuts: () => [...cuts.values()] }
}

async function expectAllHold(start: Start, cuts: readonly Cut[]): Promise<void> {
  expect(Math.max(...cuts.map(({ shown }) => shown))).toBe(start.size + 1)
  for (const { left, shown } of cuts) {
    const folder = await newFolder()
    await layOut(left, folder)
    await tellFileCalls(folder, quickly, async () => {
      await sizeOnDisk(folder, start.known)
      const log = await open(folder)
      expect((await log.head()).size).toBeGreaterThanOrEqual(shown)
      await expectGoesOn(start, folder, log)
    })
    await rm(folder, { recursive: true })
  }
}

/** Bytes by which array they are: nothing writes into one. */
const keyOf = (left: Left) => [...left].map(([path, bytes]) => `${path} ${bytes ? idOf(bytes) : ''}`).join('\n')
const ids = new WeakMap<Uint8Array, number>()
let lastId = 0
function idOf(bytes: Uint8Array): number {
  if (!ids.has(bytes)) ids.set(bytes, ++lastId)
  return ids.get(bytes)!
}

/** Each takes a process of its own: some of them, or all in a soak. */
test.each([3, 255])('a process killed with SIGKILL leaves the old log of %i entries or the new one', async (size) => {
  const start = await startOf(size)
  const kills: [number, 'before' | 'after'][] = []
  for (let n = await callsOf(start); n > 0; n--) kills.push([n, 'before'], [n, 'after'])
  const chosen = kills.filter((_, at) => process.env.VITRINE_SOAK || at % 17 === 0)
  for (let at = 0; at < chosen.length; at += 2) {
    const folders = await Promise.all(
      chosen.slice(at, at + 2).map(async (kill) => {
        const folder = await newFolder(start.folder)
        expect(await appendAndDie(folder, start.known.records[size], ...kill)).toBe('SIGKILL')
        return folder
      }),
    )
    for (const folder of folders) await expectOldOrNew(start, folder, size)
  }
})

async function callsOf({ folder, known, size }: Start): Promise<number> {
  const copy = await newFolder(folder)
  const log = await open(copy)
  let calls = 0
  const counting = (call: FileCall) => {
    calls++
    return quickly(call)
  }
  await tellFileCalls(copy, counting, () => log.append(known.records[size]))
  return calls
}

/** @returns what it died of */
async function appendAndDie(folder: string, record: Uint8Array, at: number, when: string): Promise<string> {
  const script = join(import.meta.dirname, 'append-with-fault.ts')
  const args = ['--import', 'tsx', script, folder, base64Of(record), String(at), when]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  child.stderr.on('data', (part) => (said += part))
  const [code, signal] = await once(child, 'close')
  return signal ?? `exit ${code}: ${said}`
}
