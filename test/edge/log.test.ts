/** The sequencer, beside a log in memory that follows the definitions, and beside itself in one process and several. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Log, type LogOptions, openLog } from '../../edge/log.ts'
import { Problem } from '../../edge/problem.ts'
import { signEntry } from '../../shared/tlog/entry.ts'
import { verifierKeyText } from '../../shared/tlog/note.ts'
import { openLatest } from '../../shared/tlog/on-record.ts'
import { openCheckpoint } from '../../shared/tlog/policy.ts'
import { decodeProof } from '../../shared/tlog/proof.ts'
import { TILE_WIDTH, tilePath, tilesOf } from '../../shared/tlog/tile.ts'
import { audit } from '../../trainer/audit/audit.ts'
import { openSource } from '../../trainer/audit/source.ts'
import { changes, tellFileCalls } from '../faults/file-calls.ts'
import { MemoryLog } from '../shared/tlog/memory-log.ts'
import { LOG, openSample, POLICY, policyRecord, SHOP, signerOf } from './sample-bundle.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vitrine-log-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const open = (options: LogOptions = {}) => openLog(folder, { signer: LOG, ...options })

/** The n-th of many that may come in any order. */
const record = (n: number) => policyRecord({ maxAgeSeconds: 1000 + n })
const records = (from: number, to: number) => Promise.all(Array.from({ length: to - from }, (_, n) => record(from + n)))
const bundleRecord = (version: number, salt = 'a') =>
  signEntry({ type: 'bundle', version, manifest: salt.repeat(64) }, SHOP)

async function expectClean(size: number): Promise<void> {
  const audited = await audit(openSource(folder), { contents: false, now: Date.now(), publisher: POLICY.publisher })
  expect(audited.findings.filter(({ severity }) => severity !== 'note')).toEqual([])
  expect(audited.size).toBe(size)
}

async function checkpointOf(log: Log, policy = POLICY) {
  const bytes = await log.readCheckpoint()
  return openCheckpoint(bytes!, policy)
}

/** Both of a log's notes: none may be older than another that was seen. */
async function sizesOf(log: Log): Promise<number[]> {
  const [checkpoint, latest] = [await log.readCheckpoint(), await log.readLatest()]
  const notes = [checkpoint, latest && decodeProof(new TextDecoder().decode(latest)).checkpoint]
  return Promise.all(notes.map(async (note) => (note ? (await openCheckpoint(note, POLICY)).size : 0)))
}

/** Looks as often as it can, until told to end. */
function watchSizes(log: Log): () => Promise<void> {
  let ended = false
  const watching = (async () => {
    let seen = [0, 0]
    for (let last = false; !last; ) {
      last = ended
      const sizes = await sizesOf(log)
      for (const [at, size] of sizes.entries()) expect(size).toBeGreaterThanOrEqual(seen[at])
      seen = sizes
      await new Promise(setImmediate)
    }
  })()
  watching.catch(() => undefined) // told by whoever ends it
  return () => {
    ended = true
    return watching
  }
}

describe('one sequencer', () => {
  test('a hundred appended at once have a hundred consecutive places, in few commits', async () => {
    const log = await open()
    const all = await records(0, 100)
    const receipts = await Promise.all(all.map((one) => log.append(one)))
    expect(receipts).toEqual(all.map((_, index) => ({ index, outcome: 'appended' })))
    expect((await readdir(join(folder, 'log', 'commits'))).length).toBeLessThanOrEqual(2)
    expect((await log.head()).size).toBe(100)
    await expectClean(100)
  })

  const SIZES = [1, 2, 3, 255, 256, 257, 511, 512, 513, ...(process.env.VITRINE_SOAK ? [65_535, 65_536, 65_537] : [])]
  test(`checkpoints, proofs and all tiles are those of the definitions, at sizes ${SIZES.join(', ')}`, async () => {
    const known = new MemoryLog(LOG)
    let log = await open()
    for (const size of SIZES) {
      const first = known.records.length
      // A bundle among them, so that there is a proof too.
      const added = await Promise.all(
        Array.from({ length: size - first }, (_, n) => (first + n === 1 ? bundleRecord(1) : record(first + n))),
      )
      for (const one of added) known.append(one)
      await Promise.all(added.map((one) => log.append(one)))
      const { root, ...checkpoint } = await checkpointOf(log)
      expect(checkpoint).toMatchObject({ origin: LOG.name, size })
      expect(Buffer.from(root)).toEqual(Buffer.from(known.root()))
      for (const tile of tilesOf(size)) {
        const bytes = await log.readTile(tile)
        expect(bytes && Buffer.compare(bytes, known.tile(tile)!), `${tilePath(tile)} of ${size}`).toBe(0)
      }
      if (size > 1) {
        const latest = await openLatest(new TextDecoder().decode(await log.readLatest()), POLICY, Date.now() / 1000)
        expect(latest).toMatchObject({ entry: { version: 1 }, checkpoint: { size } })
      }
      // Whoever opens it again goes on from the same tree.
      log = await open()
    }
    await expectClean(SIZES.at(-1)!)
  })

  test('a part of a tile that is full by now is read out of the whole: hashes and entries', async () => {
    const known = new MemoryLog(LOG)
    const log = await open()
    for (const one of await records(0, 258)) known.append(one)
    await Promise.all(known.records.slice(0, 7).map((one) => log.append(one)))
    await Promise.all(known.records.slice(7).map((one) => log.append(one)))
    for (const level of [0, 'entries'] as const) {
      for (const width of [1, 7, 255, TILE_WIDTH]) {
        const tile = { level, index: 0, width }
        expect(Buffer.from((await log.readTile(tile))!)).toEqual(Buffer.from(known.tile(tile)!))
      }
      expect(await readdir(join(folder, 'log', 'tile', String(level), '000.p')).catch(() => [])).toEqual([])
      expect(await log.readTile({ level, index: 1, width: 3 })).toBeUndefined()
      expect(await log.readTile({ level, index: 2, width: 1 })).toBeUndefined()
    }
  })

  test('the newest record of its kind, sent again, is found: later, at once, and after others', async () => {
    const log = await open()
    const policy = await record(0)
    const bundle = await bundleRecord(1)
    expect(await Promise.all([log.append(policy), log.append(policy), log.append(policy)])).toEqual([
      { index: 0, outcome: 'appended' },
      { index: 0, outcome: 'present' },
      { index: 0, outcome: 'present' },
    ])
    const [one, two, third] = await Promise.all([log.append(bundle), log.append(bundle), log.append(policy)])
    expect([one.index, two.index, third]).toEqual([1, 1, { index: 0, outcome: 'present' }])
    expect(await log.append(policy)).toEqual({ index: 0, outcome: 'present' })
    expect((await log.head()).size).toBe(2)
    // What is not the newest is not looked for: it would be another act of the shop to go back to it.
    expect((await log.append(await record(1))).index).toBe(2)
    expect(await log.append(policy)).toEqual({ index: 3, outcome: 'appended' })
    await expectClean(4)
  })

  test('what may not come next is refused and takes nothing of those along that were sent with it', async () => {
    const log = await open()
    await expect(log.append(await bundleRecord(1))).rejects.toMatchObject({ status: 422 })
    await log.append(await record(0))
    const stranger = await signerOf('stranger.example', 9)
    const sent = await Promise.all([
      bundleRecord(2),
      bundleRecord(1),
      bundleRecord(1, 'b'),
      signEntry({ type: 'bundle', version: 2, manifest: 'c'.repeat(64) }, stranger),
      new TextEncoder().encode('no note'),
      signEntry({ type: 'rollback', version: 2, manifest: 'd'.repeat(64), restores: 1 }, SHOP),
      bundleRecord(2, 'e'),
    ])
    const outcomes = await Promise.allSettled(sent.map((one) => log.append(one)))
    const told = outcomes.map((one) => (one.status === 'fulfilled' ? one.value.index : one.reason.status))
    expect(told).toEqual([409, 1, 409, 422, 422, 422, 2])
    await expectClean(3)
  })

  test('bytes that are changed after they were given are appended as they were', async () => {
    const log = await open()
    const given = await record(0)
    const appended = log.append(given)
    given.fill(0)
    expect((await appended).index).toBe(0)
    await expectClean(1)
  })

  test('without a key a log is read, also from a folder that may only be read, and nothing is appended', async () => {
    for (const one of await records(0, 3)) await (await open()).append(one)
    const changed: string[] = []
    const log = await tellFileCalls(
      folder,
      (call) => {
        if (changes(call)) changed.push(call.name)
        return call.happen()
      },
      () => openLog(folder),
    )
    expect(changed).toEqual(['mkdir']) // of what is there
    expect((await log.head()).size).toBe(3)
    await expect(log.append(await record(3))).rejects.toMatchObject({ status: 503 })
    expect((await (await openLog(join(folder, 'nothing'))).head()).size).toBe(0)
  })
})

describe('signing anew', () => {
  test('says a later time of the same tree, in the checkpoint and in the proof', async () => {
    let time = Date.UTC(2026, 10, 22)
    const log = await open({ now: () => time })
    await log.append(await record(0))
    await log.append(await bundleRecord(1))
    const first = await checkpointOf(log)
    time += 3_600_000
    await log.refresh()
    const second = await checkpointOf(log)
    expect(second.time - first.time).toBe(3600)
    expect(second).toEqual({ ...first, time: second.time })
    const latest = decodeProof(new TextDecoder().decode(await log.readLatest()))
    expect(Buffer.from(latest.checkpoint)).toEqual(await readFile(join(folder, 'log', 'checkpoint')))
    await log.refresh(7_200_000) // it is younger than that
    expect(await checkpointOf(log)).toEqual(second)
  })

  test('never takes an entry back that is being appended, through this log', async () => {
    const log = await open()
    await log.append(await record(0))
    await log.append(await bundleRecord(1))
    const end = watchSizes(log)
    for (let n = 2; n < 30; n++) {
      const [{ index }] = await Promise.all([record(n).then(log.append), log.refresh(), log.refresh()])
      expect((await checkpointOf(log)).size).toBeGreaterThan(index)
    }
    await end()
    expect(await sizesOf(log)).toEqual([30, 30])
    await expectClean(30)
  })

  test('never takes an entry back that another has appended meanwhile', async () => {
    let reached = () => {}
    let release = () => {}
    const slow = { witness: async () => '' }
    const log = await open({ witness: () => slow.witness() })
    await log.append(await record(0))
    await log.append(await bundleRecord(1))
    // A witness takes its time over a checkpoint of two entries…
    slow.witness = () => {
      const asked = new Promise<string>((resolve) => {
        release = () => resolve('')
      })
      reached()
      return asked
    }
    const signing = new Promise<void>((resolve) => {
      reached = resolve
    })
    const refreshed = log.refresh()
    await signing
    // …and by the time it answers there are three.
    const end = watchSizes(log)
    slow.witness = async () => ''
    const other = await open()
    expect((await other.append(await record(2))).index).toBe(2)
    expect(await sizesOf(log)).toEqual([3, 3])
    release()
    await refreshed
    await end()
    expect(await sizesOf(log)).toEqual([3, 3])
    expect((await log.head()).size).toBe(3)
    await expectClean(3)
  })

  test('goes on beside another process that publishes, and both come to the same log', async () => {
    await openSample(folder)
    const child = startPublisher('a')
    const lines = createInterface(child.stdout)
    let said = 0
    lines.on('line', (line) => {
      said = JSON.parse(line).version
    })
    await once(lines, 'line')
    const log = await open()
    while (said < 15) await log.refresh()
    await kill(child)
    await log.refresh()
    expect((await log.head()).standing.model?.version).toBeGreaterThanOrEqual(said)
    const { size } = await log.head()
    expect(await sizesOf(log)).toEqual([size, size])
    await expectClean(size)
  })
})

describe('several sequencers of one folder', () => {
  test('take turns, and each sees what the others appended', async () => {
    const logs = [await open(), await open(), await open()]
    for (const [n, one] of (await records(0, 12)).entries()) {
      expect(await logs[n % 3].append(one)).toEqual({ index: n, outcome: 'appended' })
      for (const log of logs) expect((await log.head()).standing.policy?.maxAgeSeconds).toBe(1000 + n)
    }
    await expectClean(12)
  })

  test('appending at the same time give every record one place, across the end of a tile', async () => {
    const logs = [await open(), await open(), await open()]
    await Promise.all((await records(0, 230)).map((one) => logs[0].append(one)))
    const more = await records(230, 290)
    const places = await Promise.all(
      logs.map(async (log, at) => {
        const indices: number[] = []
        for (const one of more.filter((_, n) => n % 3 === at)) indices.push((await log.append(one)).index)
        return indices
      }),
    )
    expect(places.flat().sort((a, b) => a - b)).toEqual(more.map((_, n) => 230 + n))
    for (const log of logs) expect((await log.head()).size).toBe(290)
    await expectClean(290)
  })

  test('a log may be opened while another is appending', async () => {
    const log = await open()
    await log.append(await record(0))
    let appending = true
    const appended = (async () => {
      for (let n = 1; n < 40; n++) await log.append(await record(n))
      appending = false
    })()
    while (appending) expect((await (await open()).head()).size).toBeGreaterThan(0)
    await appended
    await expectClean(40)
  })
})

describe('a folder that is not what it was', () => {
  /** Of so many entries, with the bundle second. */
  async function grow(to: number): Promise<void> {
    const log = await open()
    const { size } = await log.head()
    const added = Array.from({ length: to - size }, (_, n) => (size + n === 1 ? bundleRecord(1) : record(size + n)))
    for (const one of added) await log.append(await one)
  }

  test('restored from an older copy, all but its checkpoint, is not opened: it would fork the log', async () => {
    await grow(3)
    const commits = join(folder, 'log', 'commits')
    await cp(commits, join(folder, 'copy'), { recursive: true })
    await grow(5)
    await rm(commits, { recursive: true })
    await cp(join(folder, 'copy'), commits, { recursive: true })
    await expect(open()).rejects.toThrow(/has signed 5 entries, and there are 3: .*older copy/)
    await rm(commits, { recursive: true })
    await expect(open()).rejects.toThrow('and there are 0')
  })

  test('put back whole from an older copy is known by what its key has signed, by who opens it and by who has it open', async () => {
    const highWater = join(folder, 'signed.json')
    const log = await open({ highWater })
    for (const one of await records(0, 3)) await log.append(one)
    await cp(join(folder, 'log'), join(folder, 'copy'), { recursive: true })
    const early = await open({ highWater })
    for (const one of await records(3, 5)) await log.append(one)
    await rm(join(folder, 'log'), { recursive: true })
    await cp(join(folder, 'copy'), join(folder, 'log'), { recursive: true })
    await expect(open({ highWater })).rejects.toThrow(/has signed 5 entries, and there are 3: .*older copy/)
    for (const n of [9, 10, 11]) {
      await expect(early.append(await record(n))).rejects.toThrow(/has signed 5 entries, and there are 3/)
    }
    expect((await checkpointOf(await openLog(folder))).size).toBe(3)
    expect(await readdir(join(folder, 'log', 'commits'))).toHaveLength(3)
    await rm(join(folder, 'log'), { recursive: true })
    await expect(open({ highWater })).rejects.toThrow('has signed 5 entries, and there are 0')
  })

  test('of another log that the same key has signed is not opened', async () => {
    const highWater = join(folder, 'signed.json')
    const log = await open({ highWater })
    for (const one of await records(0, 3)) await log.append(one)
    await rm(join(folder, 'log'), { recursive: true })
    const other = await open()
    for (const one of await records(3, 6)) await other.append(one)
    await expect(open({ highWater })).rejects.toThrow('key has signed another log of 3 entries')
    // Nor one that has gone on: that it is longer does not make it the same.
    await other.append(await record(7))
    await expect(open({ highWater })).rejects.toThrow('key has signed another log of 3 entries')
    await writeFile(highWater, '{}')
    await expect(open({ highWater })).rejects.toThrow(`${highWater} is damaged`)
  })

  test('is appended to by several who share what their key has signed', async () => {
    const highWater = join(folder, 'signed.json')
    const logs = await Promise.all([open({ highWater }), open({ highWater }), open({ highWater })])
    const all = await records(0, 30)
    await Promise.all(all.map((one, n) => logs[n % 3].append(one)))
    await expectClean(30)
    expect(JSON.parse(await readFile(highWater, 'utf8'))).toMatchObject({ origin: LOG.name, size: 30 })
  })

  test('without its checkpoint is published anew, and is the same log', async () => {
    await grow(4)
    const before = await checkpointOf(await open())
    for (const name of ['checkpoint', 'latest', 'tile']) await rm(join(folder, 'log', name), { recursive: true })
    const { root, size } = await checkpointOf(await open())
    expect({ root, size }).toEqual({ root: before.root, size: before.size })
    await expectClean(4)
  })

  test.each([
    ['tile of hashes', 'tile/0/000.p/5', 40],
    ['bundle of entries', 'tile/entries/000.p/5', 40],
    ['checkpoint', 'checkpoint', `${LOG.name}\n5\n+`.length],
  ])('with a %s that is damaged is not opened, so that no second tree of a size is signed', async (_, name, at) => {
    await grow(5)
    const path = join(folder, 'log', name)
    const bytes = await readFile(path)
    const other = Buffer.from(bytes)
    other[at] ^= 1
    for (const damaged of [other, bytes.subarray(0, bytes.length - 2), Buffer.alloc(0)]) {
      await writeFile(path, damaged)
      const before = await readFile(join(folder, 'log', 'checkpoint'))
      await expect(open(), `${damaged.length} of ${bytes.length} bytes`).rejects.toThrow()
      expect(await readFile(join(folder, 'log', 'checkpoint'))).toEqual(before)
    }
    await writeFile(path, bytes)
    expect((await (await open()).head()).size).toBe(5)
  })

  test('with a commit that is damaged before it is published is not opened, and the error names it', async () => {
    await grow(2)
    const published = join(folder, 'log', 'checkpoint')
    const before = await readFile(published)
    await grow(3)
    await writeFile(published, before)
    const path = join(folder, 'log', 'commits', 'after-2.json')
    const commit = JSON.parse(await readFile(path, 'utf8'))
    for (const damaged of [
      JSON.stringify({ ...commit, root: commit.root.replace(/^./, (c: string) => (c === 'A' ? 'B' : 'A')) }),
      JSON.stringify({ ...commit, records: [Buffer.from(await record(99)).toString('base64')] }),
      JSON.stringify(commit).slice(0, 100),
      '',
    ]) {
      await writeFile(path, damaged)
      await expect(open()).rejects.toThrow(/after.2.* is damaged/)
      expect(await readFile(published)).toEqual(before)
    }
    await writeFile(path, JSON.stringify(commit))
    expect((await (await open()).head()).size).toBe(3)
    await expectClean(3)
  })

  test('with a missing tile is not opened, and the error names it', async () => {
    await grow(3)
    await rm(join(folder, 'log', 'tile', '0', '000.p', '3'))
    await expect(open()).rejects.toThrow(`${join('tile', '0', '000.p', '3')} is missing`)
  })

  test('has what a crash left in it removed an hour later, and not what another is writing', async () => {
    await grow(1)
    const hoursAgo = Date.now() / 1000 - 2 * 3600
    for (const part of ['log', join('log', 'commits')]) {
      for (const name of ['.a.partial', '.b.partial']) await writeFile(join(folder, part, name), 'x')
      await utimes(join(folder, part, '.a.partial'), hoursAgo, hoursAgo)
    }
    await open()
    for (const part of ['log', join('log', 'commits')]) {
      const names = await readdir(join(folder, part))
      expect(names.filter((name) => name.endsWith('.partial'))).toEqual(['.b.partial'])
    }
  })

  test('that cannot be made is an error that names it', async () => {
    await writeFile(join(folder, 'file'), 'in the way')
    const inside = join(folder, 'file', 'bundles')
    await expect(openLog(inside, { signer: LOG })).rejects.toThrow(`${inside}: no folder`)
  })
})

describe("another key of the log's", () => {
  test('than the policy on record names is refused, unless it is to replace it', async () => {
    const old = await open()
    await old.append(await record(0))
    const next = await signerOf(LOG.name, 3)
    const log = await verifierKeyText(next.name, next.keys.publicKey)
    await expect(open({ signer: next })).rejects.toThrow(`its key is ${POLICY.log}, and not ${log}`)

    const rotating = await open({ signer: next, rotatesKey: true })
    await rotating.refresh()
    // What it signed would be refused until the policy names it.
    expect((await checkpointOf(old)).size).toBe(1)
    await expect(rotating.append(await bundleRecord(1))).rejects.toMatchObject({ status: 422 })
    await expect(old.append(await policyRecord({ log }))).rejects.toMatchObject({ status: 422 })
    expect(await rotating.append(await policyRecord({ log }))).toEqual({ index: 1, outcome: 'appended' })
    expect((await checkpointOf(rotating, { ...POLICY, log })).size).toBe(2)

    // Nor does the old one sign any more, wherever it is still at work.
    await expect(old.refresh()).rejects.toMatchObject({ status: 503 })
    await expect(old.append(await bundleRecord(1))).rejects.toThrow()
    await expect(open()).rejects.toThrow(`its key is ${log}`)
    expect((await (await open({ signer: next })).head()).size).toBe(2)
    await expectClean(2)
  })

  test('comes into force though its process died between the commit and the checkpoint', async () => {
    const next = await signerOf(LOG.name, 3)
    const log = await verifierKeyText(next.name, next.keys.publicKey)
    await (await open()).append(await record(0))
    const published = join(folder, 'log', 'checkpoint')
    const before = await readFile(published)
    await (await open({ signer: next, rotatesKey: true })).append(await policyRecord({ log }))
    await writeFile(published, before)
    await expect(open()).rejects.toThrow(`its key is ${log}`)
    expect(await readFile(published)).toEqual(before)
    expect((await checkpointOf(await open({ signer: next }), { ...POLICY, log })).size).toBe(2)
    await expectClean(2)
  })
})

describe('witnesses that are away', () => {
  const away = async (): Promise<string> => {
    throw new Problem(503, 'no witness is there')
  }

  test('keep what was appended back, and nothing else from anyone', async () => {
    let witness = async () => ''
    const log = await open({ witness: () => witness() })
    await log.append(await record(0))
    await log.append(await bundleRecord(1))
    witness = away
    await expect(log.append(await bundleRecord(2, 'b'))).rejects.toMatchObject({ status: 503 })
    await expect(log.refresh()).rejects.toMatchObject({ status: 503 })
    // Readers have what was cosigned, also of a process that is started now.
    for (const each of [log, await open({ witness: away }), await openLog(folder)]) {
      expect(await each.head()).toMatchObject({ size: 2, standing: { model: { version: 1 } } })
      expect(await sizesOf(each)).toEqual([2, 2])
    }
    // Who publishes is told what the next entry has to follow.
    expect(await log.next()).toMatchObject({ size: 3, standing: { model: { version: 2 } } })
    await expect(log.append(await bundleRecord(2, 'c'))).rejects.toMatchObject({ status: 503 })
    witness = async () => ''
    expect(await log.append(await bundleRecord(2, 'b'))).toEqual({ index: 2, outcome: 'present' })
    expect(await sizesOf(log)).toEqual([3, 3])
    await expectClean(3)
  })
})

function startPublisher(salt: string) {
  const script = join(import.meta.dirname, 'publish-until-killed.ts')
  const args = ['--import', 'tsx', script, folder, 'all', salt]
  return spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
}

async function kill(child: ReturnType<typeof startPublisher>): Promise<void> {
  const exited = once(child, 'exit')
  child.kill('SIGKILL')
  await exited
}
