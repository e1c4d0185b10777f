/**
 * Appends to a log whose checkpoint is on the disk before anybody is told, by so many callers at once, of whom each waits for its answer
 * before it comes again. Beside what the disk takes for it: the same files, as many bytes of them, written, forced and named, and the same
 * folders forced, in the same order on the same disk, with nothing read, hashed or signed.
 */
import {
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  promises,
  renameSync,
  rmSync,
  unlinkSync,
  writeSync,
} from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { type Log, openLog } from '../../edge/log.ts'
import { signEntry } from '../../shared/tlog/entry.ts'
import { type Keys, makeKeys, modelEntry } from './log-folder.ts'
import { type Row, rounded } from './row.ts'

/** Callers at once, and appends of each. */
const PLANS = [
  { waiting: 1, each: 600 },
  { waiting: 16, each: 80 },
  { waiting: 256, each: 16 },
]
/** The log and its floor take turns, as others use this disk too. */
const TURNS = 4
const SIGNATURES = 2000

/** What a log asks of the disk, its paths from its folder. */
type DiskCall =
  | { call: 'write'; path: string; bytes: number }
  | { call: 'rename' | 'link'; from: string; to: string }
  | { call: 'sync'; path: string }

export async function benchAppends(): Promise<Row[]> {
  const keys = await makeKeys()
  const sign = await timeSigning(keys)
  const rows: Row[] = []
  for (const plan of PLANS) rows.push(await rowOf(keys, plan, sign.ms))
  return [...rows, { op: 'Ed25519 sign alone', ms: rounded(sign.ms, 4), per_second: rounded(1000 / sign.ms, 0) }]
}

async function rowOf(keys: Keys, { waiting, each }: (typeof PLANS)[number], signMs: number): Promise<Row> {
  const home = mkdtempSync(join(tmpdir(), 'vitrine-bench-'))
  const folder = join(home, 'log')
  const entries = waiting * each
  const records: Uint8Array[] = []
  for (let version = 1; version <= entries; version++)
    records.push(await signEntry(modelEntry(version), keys.publisher))
  let [ms, floorMs, signatures] = [0, 0, 0]
  const calls: DiskCall[] = []
  const trace = traceDisk(folder)
  const { sign } = crypto.subtle
  crypto.subtle.sign = (...args: Parameters<SubtleCrypto['sign']>) => {
    signatures++
    return sign.apply(crypto.subtle, args)
  }
  try {
    const log = await openLog(folder, { signer: keys.log })
    await log.append(await signEntry({ type: 'policy', ...keys.policy }, keys.publisher))
    replay(trace.taken(), join(home, 'floor'))
    signatures = 0
    for (let turn = 0; turn < TURNS; turn++) {
      ms += await timeAppends(log, records.splice(0, entries / TURNS), waiting)
      const taken = trace.taken()
      calls.push(...taken)
      floorMs += replay(taken, join(home, 'floor'))
    }
    const { size, standing } = await log.head()
    if (size !== entries + 1 || standing.model?.version !== entries)
      throw new Error(`bench: ${size} entries of ${entries + 1}`)
  } finally {
    trace.end()
    crypto.subtle.sign = sign
    rmSync(home, { recursive: true, force: true })
  }
  const files = calls.filter((one) => one.call === 'write')
  const commits = calls.filter(({ call }) => call === 'link').length
  return {
    op: 'append',
    entries,
    waiting,
    ms: rounded(ms / entries),
    per_second: rounded((entries / ms) * 1000, 1),
    floor_ms: rounded(floorMs / entries),
    ratio: rounded(ms / floorMs, 2),
    entries_per_commit: rounded(entries / commits, 1),
    ms_per_commit: rounded(ms / commits),
    floor_ms_per_commit: rounded(floorMs / commits),
    sign_ms_per_commit: rounded((signatures / commits) * signMs),
    files_per_commit: rounded(files.length / commits, 1),
    fsyncs_per_commit: rounded((files.length + calls.filter(({ call }) => call === 'sync').length) / commits, 1),
    kib_per_commit: rounded(files.reduce((sum, { bytes }) => sum + bytes, 0) / 1024 / commits, 1),
  }
}

/** @param records in the order in which they may come */
async function timeAppends(log: Log, records: Uint8Array[], waiting: number): Promise<number> {
  const rest = records.values()
  const caller = async () => {
    for (const record of rest) {
      const { outcome } = await log.append(record)
      if (outcome !== 'appended') throw new Error(`bench: an append is "${outcome}"`)
    }
  }
  const began = performance.now()
  await Promise.all(Array.from({ length: waiting }, caller))
  return performance.now() - began
}

/** Listens to what durable files below a folder are made of, until its end. */
function traceDisk(folder: string): { taken(): DiskCall[]; end(): void } {
  const calls: DiskCall[] = []
  const { open, rename, link } = promises
  const within = (path: unknown) => relative(folder, String(path))
  Object.assign(promises, {
    async open(...args: Parameters<typeof open>): Promise<FileHandle> {
      const file = await open(...args)
      const path = within(args[0])
      const { writeFile, sync } = file
      let isFile = false
      Object.assign(file, {
        async writeFile(bytes: Uint8Array) {
          isFile = true
          await writeFile.call(file, bytes)
          calls.push({ call: 'write', path, bytes: bytes.length })
        },
        async sync() {
          await sync.call(file)
          if (!isFile) calls.push({ call: 'sync', path })
        },
      })
      return file
    },
    async rename(...[from, to]: Parameters<typeof rename>) {
      await rename(from, to)
      calls.push({ call: 'rename', from: within(from), to: within(to) })
    },
    async link(...[from, to]: Parameters<typeof link>) {
      await link(from, to)
      calls.push({ call: 'link', from: within(from), to: within(to) })
    },
  })
  syncBuiltinESMExports()
  return {
    taken: () => calls.splice(0),
    end() {
      Object.assign(promises, { open, rename, link })
      syncBuiltinESMExports()
    },
  }
}

/** Milliseconds that these take in another folder, when nobody waits for anything but the disk. */
function replay(calls: readonly DiskCall[], folder: string): number {
  const files = calls.filter((one) => one.call === 'write')
  const bytes = Buffer.alloc(Math.max(0, ...files.map((file) => file.bytes)), 0x5a)
  for (const { path } of files) mkdirSync(dirname(join(folder, path)), { recursive: true })
  const began = performance.now()
  for (const one of calls) {
    if (one.call === 'write') {
      const file = openSync(join(folder, one.path), 'wx')
      writeSync(file, bytes, 0, one.bytes)
      fsyncSync(file)
      closeSync(file)
    } else if (one.call === 'sync') {
      const file = openSync(join(folder, one.path), 'r')
      fsyncSync(file)
      closeSync(file)
    } else if (one.call === 'rename') renameSync(join(folder, one.from), join(folder, one.to))
    else {
      linkSync(join(folder, one.from), join(folder, one.to))
      unlinkSync(join(folder, one.from))
    }
  }
  return performance.now() - began
}

/** One after the other, as a log does. */
async function timeSigning({ log }: Keys): Promise<{ ms: number }> {
  const message = Buffer.alloc(200, 0x5a)
  const began = performance.now()
  for (let n = 0; n < SIGNATURES; n++) await crypto.subtle.sign('Ed25519', log.keys.privateKey, message)
  return { ms: (performance.now() - began) / SIGNATURES }
}
