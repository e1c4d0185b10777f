/** How a shop owner meets the log: its key and its name, witnesses that are away, a folder put back. */
import { existsSync, readFileSync } from 'node:fs'
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { COSIGNATURE } from '../../shared/tlog/note.ts'
import { openSource, requireLog, SourceUnreachable } from '../../trainer/audit/source.ts'
import { openKey, openPublisherKey, type PublisherKey } from '../../trainer/keys.ts'
import { type Destination, prepare, publish } from '../../trainer/publish.ts'
import { folderDestination } from '../../trainer/serve.ts'
import { openShopStore } from '../../trainer/shop-store.ts'
import { buildWeb } from '../../web/build.ts'
import { sampleBundle } from '../edge/sample-bundle.ts'

let home: string
let bundles: string
let key: PublisherKey
beforeAll(buildWeb, 120_000)
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'vitrine-shop-'))
  bundles = join(home, 'bundles')
  key = await openPublisherKey(join(home, 'publisher.json'), 'shop.example')
})
afterEach(() => rm(home, { recursive: true, force: true }))

const open = async (folder = bundles, args = {}) => folderDestination(await openShopStore(folder, args, key.name))

/** A made-up bundle, signed by this key. */
async function put(destination: Destination, version: number): Promise<void> {
  const { chunks, entry } = await sampleBundle(version)
  await publish({ chunks, entry }, key, destination)
}

it('each folder has a log key of its own beside it, called after the shop', async () => {
  const [one, other] = [
    await openShopStore(bundles, {}, key.name),
    await openShopStore(join(home, 'b2'), {}, 'b.example'),
  ]
  expect(one.logKey).toMatch(/^shop\.example\/log\+/)
  expect(other.logKey).toMatch(/^b\.example\/log\+/)
  expect(existsSync(`${bundles}.log-key.json`)).toBe(true)
  expect(readFileSync(`${bundles}.log-key.json`, 'utf8')).not.toBe(readFileSync(join(home, 'b2.log-key.json'), 'utf8'))
  expect((await openShopStore(`${bundles}/`, {}, 'another.example')).logKey).toBe(one.logKey)
})

it('another key of the log takes the name that the log has, and is named in the next policy', async () => {
  await prepare(await open(), key)
  const rotated = { 'log-key': join(home, 'new.json'), 'rotate-log-key': true }
  const destination = folderDestination(await openShopStore(bundles, rotated, 'whatever.example'))
  const { policy, said } = await prepare(destination, key)
  expect(policy.log).toMatch(/^shop\.example\/log\+/)
  expect(said).toEqual(['a changed policy', 'release 2 of the tag'])
  await expect(openShopStore(bundles, {})).rejects.toMatchObject({
    remedy: expect.stringContaining('--rotate-log-key'),
  })
})

it('a new publisher’s key is called as the one before it', async () => {
  const next = await openPublisherKey(join(home, 'next.json'), undefined, key.name)
  expect(next.verifierKey).toMatch(/^shop\.example\+/)
})

it('a shop’s log is not begun under the name of no shop', async () => {
  const unnamed = folderDestination(await openShopStore(bundles, {}))
  await expect(prepare(unnamed, key)).rejects.toThrow('the log there is called vitrine.local/log')
})

it('what a witness that is away has not cosigned is committed, and the message says what to do about it', async () => {
  const witness = await openKey(join(home, 'w.json'), { name: 'watch.example/w', kind: 'witness', type: COSIGNATURE })
  await expect(prepare(await open(), key, { cosignatures: 1 })).rejects.toThrow('1 cosignatures are asked for, of 0')
  const destination = await open()
  await prepare(destination, key)
  const terms = { witnesses: [witness.verifierKey], cosignatures: 1 }
  await expect(prepare(destination, key, terms)).rejects.toMatchObject({
    message: expect.stringMatching(
      /^the policy is committed, and not served yet: 0 of 1 .*none was asked: --witness-url/,
    ),
    remedy: expect.stringContaining('publish again'),
  })
  await expect(put(destination, 1)).rejects.toMatchObject({
    message: expect.stringMatching(/^bundle 1 is committed, and not served yet/),
    remedy: expect.stringContaining('would add another version'),
  })
})

it('a folder that was put back from an older copy is refused, with what to do', async () => {
  const destination = await open()
  await prepare(destination, key)
  await cp(bundles, join(home, 'copy'), { recursive: true })
  await put(destination, 1)
  await rm(bundles, { recursive: true })
  await cp(join(home, 'copy'), bundles, { recursive: true })
  await expect(open()).rejects.toMatchObject({
    message: expect.stringContaining('the folder was restored from an older copy'),
    remedy: expect.stringContaining('restore the folder from its newest copy'),
  })
})

it('where there is no log, there is nothing to audit', async () => {
  await expect(requireLog(openSource(join(home, 'nowhere')))).rejects.toThrow(SourceUnreachable)
  await prepare(await open(), key)
  await requireLog(openSource(bundles))
})
