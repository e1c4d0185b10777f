/** What goes on record in a shop's folder: chunks first, the record last, and nothing whose parts are not there. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { brotliDecompressSync } from 'node:zlib'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openStore, type Store } from '../../edge/store.ts'
import { decodeManifest, filesOf, sha256Hex } from '../../shared/model/bundle.ts'
import { type ModelEntry, signEntry } from '../../shared/tlog/entry.ts'
import { verifierKeyText } from '../../shared/tlog/note.ts'
import { openLatest } from '../../shared/tlog/on-record.ts'
import { audit } from '../../trainer/audit/audit.ts'
import { openSource } from '../../trainer/audit/source.ts'
import {
  LOG,
  manifestBytes,
  openSample,
  POLICY,
  policyRecord,
  publish,
  putAll,
  type Sample,
  type SampleBundle,
  SHOP,
  sampleBundle,
  sampleRelease,
  signerOf,
} from './sample-bundle.ts'

let folder: string
let store: Store

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vitrine-publish-'))
  store = await openSample(folder)
})
afterEach(() => rm(folder, { recursive: true, force: true }))

/** As a browser is told, and as it checks it. */
async function latest(of: Store = store): Promise<ModelEntry | undefined> {
  const proof = await of.log.readLatest()
  return proof && (await openLatest(new TextDecoder().decode(proof), POLICY, Date.now() / 1000)).entry
}

async function expectClean(): Promise<void> {
  const audited = await audit(openSource(folder), { contents: true, now: Date.now(), publisher: POLICY.publisher })
  expect(audited.findings.filter(({ severity }) => severity !== 'note')).toEqual([])
}

test('publishing makes brotli copies before it returns', async () => {
  const bundle = await publish(store, await sampleBundle(1))
  for (const [sha256, bytes] of bundle.chunks) {
    const copy = await readFile(join(folder, 'chunks', `${sha256}.br`))
    expect(Buffer.compare(brotliDecompressSync(copy), bytes)).toBe(0)
  }
})

test('publishing leaves only chunks, their copies and the log in the folder', async () => {
  await publish(store, await sampleBundle(1))
  const names = await readdir(join(folder, 'chunks'))
  expect(names.filter((name) => !/^[0-9a-f]{64}(\.br)?$/.test(name))).toEqual([])
  expect((await readdir(folder)).sort()).toEqual(['chunks', 'log'])
  expect((await readdir(join(folder, 'log'))).sort()).toEqual(['checkpoint', 'commits', 'latest', 'tile'])
  expect((await readdir(join(folder, 'log', 'commits'))).sort()).toEqual(['after-0.json', 'after-1.json'])
})

test('versions follow one another, across processes that reopen the folder', async () => {
  expect(await latest()).toBeUndefined()
  for (const version of [1, 2, 3]) await publish(store, await sampleBundle(version))
  for (const version of [1, 2, 3, 5]) {
    await expect(publish(store, await sampleBundle(version, 'again'))).rejects.toMatchObject({ status: 409 })
  }
  const four = await publish(await openStore(folder, LOG), await sampleBundle(4))
  expect(await latest()).toEqual(four.entry)
  expect(await latest(await openStore(folder, LOG))).toEqual(four.entry)
  await expectClean()
})

test('a rollback is a version of its own, with the chunks of the one that it restores', async () => {
  for (const version of [1, 2]) await publish(store, await sampleBundle(version))
  for (const restores of [2, 3]) {
    const bundle = await sampleBundle(3, '', restores)
    await expect(publish(store, bundle)).rejects.toMatchObject({ status: 422 })
  }
  const rollback = await publish(store, await sampleBundle(3, '', 1))
  expect(await latest()).toEqual(rollback.entry)
  expect([...rollback.chunks.keys()].slice(0, 2)).toEqual([...(await sampleBundle(1)).chunks.keys()].slice(0, 2))
  await expectClean()
})

test('a version for some leaves the others with one that is on record for everyone', async () => {
  const one = await publish(store, await sampleBundle(1))
  const stageOf = (others: ModelEntry | SampleBundle['latest']) => ({
    share: 0.1,
    others: { version: others.version, manifest: others.manifest },
  })
  const two = await publish(store, await sampleBundle(2, '', undefined, stageOf(one.latest)))
  expect(await latest()).toEqual(two.entry)
  for (const others of [
    { version: 1, manifest: two.latest.manifest }, // on record, as another version
    two.latest, // not for everyone
    { version: 3, manifest: one.latest.manifest },
    { version: 1, manifest: 'a'.repeat(64) },
  ]) {
    await expect(publish(store, await sampleBundle(3, '', undefined, stageOf(others)))).rejects.toMatchObject({
      status: 422,
    })
  }
  await publish(store, await sampleBundle(3, '', undefined, { ...stageOf(one.latest), share: 0.5 }))
  await publish(store, await sampleBundle(4))
  await expectClean()
})

test('of publishers of one version at the same time exactly one wins, through one store or several', async () => {
  const stores = [store, store, await openSample(folder), await openSample(folder), await openSample(folder)]
  for (let round = 0; round < 5; round++) {
    const before = (await latest())?.version ?? 0
    const bundles = await Promise.all(stores.map((_, i) => sampleBundle(before + 1 + (i % 2), `publisher ${i}`)))
    await Promise.all(bundles.map((bundle, i) => putAll(stores[i], bundle)))
    const outcomes = await Promise.allSettled(bundles.map(({ record }, i) => stores[i].log.append(record)))
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ status: 409 })
    }
    // Each winner followed what was on record when it came: 2 may win after 1, of two 1s there is one.
    const winners = bundles.filter((_, i) => outcomes[i].status === 'fulfilled')
    const versions = winners.map((bundle) => bundle.latest.version).sort((a, b) => a - b)
    expect(versions).toEqual([before + 1, before + 2].slice(0, versions.length))
    expect(versions.length).toBeGreaterThan(0)
    const newest = winners.find((bundle) => bundle.latest.version === versions.at(-1))
    for (const each of stores) {
      expect(await latest(each)).toEqual(newest?.entry)
      expect((await each.log.head()).standing.model).toEqual(newest?.entry)
    }
  }
  await expectClean()
})

test('a bundle with a missing manifest or chunk, a wrong length or another version is not put on record', async () => {
  const old = await publish(store, await sampleBundle(1))
  const bundle = await sampleBundle(2)
  const [[shelf, shelfBytes], [vectors]] = [...bundle.chunks]
  const manifest = bundle.chunks.get(bundle.latest.manifest)!

  await expect(store.log.append(bundle.record)).rejects.toMatchObject({
    status: 422,
    members: { missing: [bundle.latest.manifest] },
  })
  await store.putChunk(bundle.latest.manifest, manifest)
  await store.putChunk(shelf, shelfBytes)
  await expect(store.log.append(bundle.record)).rejects.toMatchObject({ status: 422, members: { missing: [vectors] } })

  const chunk = { name: 'shelf', sha256: shelf, bytes: shelfBytes.length, phase: 'first' } as const
  for (const [bytes, reason] of [
    [manifestBytes({ version: 2, chunks: [{ ...chunk, bytes: shelfBytes.length - 1 }] }), 'the manifest says'],
    [manifestBytes({ version: 3, chunks: [chunk] }), 'of version 3, not 2'],
    [new TextEncoder().encode('{}\n'), 'format'],
    [new TextEncoder().encode('not json\n'), 'not JSON'],
  ] as const) {
    const sha256 = await sha256Hex(bytes)
    await store.putChunk(sha256, bytes)
    const appended = store.log.append(await signEntry({ type: 'bundle', version: 2, manifest: sha256 }, SHOP))
    await expect(appended).rejects.toMatchObject({ status: 422, message: expect.stringContaining(reason) })
  }
  expect(await latest()).toEqual(old.entry)
  await expectClean()
})

test('a release with a file that has not been put is not put on record', async () => {
  const release = await sampleRelease(1, { 'vitrine.js': 'the tag', 'worker.4f1c09ab5d6e7f80.js': 'the worker' })
  const [[tag], ...others] = [...release.chunks]
  for (const [sha256, bytes] of others) await store.putChunk(sha256, bytes)
  await expect(store.log.append(release.record)).rejects.toMatchObject({ status: 422, members: { missing: [tag] } })
  expect(await store.log.releases()).toEqual([])
  await publish(store, release)
  expect(await store.log.releases()).toEqual([release.entry])
})

test('a chunk that vanished from the disk after it was served is missed when it is to go on record', async () => {
  const bundle = await sampleBundle(1)
  await putAll(store, bundle)
  const [shelf] = bundle.chunks.keys()
  await store.readChunk(shelf)
  await rm(join(folder, 'chunks', shelf))
  await expect(store.log.append(bundle.record)).rejects.toMatchObject({ status: 422, members: { missing: [shelf] } })
})

test('a policy for another log’s key, or not signed by the publisher, is not put on record', async () => {
  const other = await signerOf(LOG.name, 7)
  const log = await verifierKeyText(other.name, other.keys.publicKey)
  await expect(store.log.append(await policyRecord({ log }))).rejects.toMatchObject({ status: 422 })
  const publisher = await verifierKeyText(other.name, other.keys.publicKey)
  const taken = await signEntry({ type: 'policy', ...POLICY, publisher }, other)
  await expect(store.log.append(taken)).rejects.toMatchObject({ status: 422 })
  // With both signatures it is the publisher's own change of keys.
  expect((await store.log.append(await policyRecord({ publisher }, other))).index).toBe(1)
})

test('a publisher killed between its chunks and its record leaves the old bundle', async () => {
  const old = await publish(store, await sampleBundle(1))
  const child = startPublisher('chunks-only')
  const [line] = await once(createInterface(child.stdout), 'line')
  expect(line).toBe('put')
  await kill(child)
  const reopened = await openSample(folder)
  expect(await latest(reopened)).toEqual(old.entry)
  // And the next publisher is not in its way.
  expect((await publish(reopened, await sampleBundle(2))).entry).toEqual(await latest())
})

test('two publishers killed at any moment leave the last bundle that was spoken of, or a later one, whole', async () => {
  for (const delayMs of [5, 23]) {
    const said: Extract<Sample['entry'], { type: 'bundle' }>[] = []
    const children = ['a', 'b'].map((salt) => startPublisher('all', salt))
    for (const { stdout } of children) createInterface(stdout).on('line', (line) => said.push(JSON.parse(line)))
    await expect.poll(() => said.length).toBeGreaterThan(2)
    await new Promise((resolve) => setTimeout(resolve, delayMs))
    await Promise.all(children.map(kill))
    // Of two that publish the same version one is told so.
    expect(new Set(said.map(({ version }) => version)).size).toBe(said.length)
    const newest = said.reduce((a, b) => (a.version > b.version ? a : b))
    const reopened = await openSample(folder)
    const served = (await latest(reopened))!
    // Either publisher may have had one on record that it did not come to speak of.
    expect([0, 1, 2]).toContain(served.version - newest.version)
    if (served.version === newest.version) expect(served.manifest).toBe(newest.manifest)
    const manifest = decodeManifest(new TextDecoder().decode(await reopened.readChunk(served.manifest)))
    expect(manifest.version).toBe(served.version)
    for (const { sha256, bytes } of filesOf(manifest)) expect(await reopened.readChunk(sha256)).toHaveLength(bytes)
    await expectClean()
  }
})

test('a folder that cannot be made is an error that names it', async () => {
  const inside = join(folder, 'log', 'checkpoint', 'bundles')
  await expect(openStore(inside, LOG)).rejects.toThrow(`${inside}: no folder`)
})

function startPublisher(mode: string, salt = '') {
  const script = join(import.meta.dirname, 'publish-until-killed.ts')
  const args = ['--import', 'tsx', script, folder, mode, salt]
  return spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
}

async function kill(child: ReturnType<typeof startPublisher>): Promise<void> {
  const exited = once(child, 'exit')
  child.kill('SIGKILL')
  await exited
}
