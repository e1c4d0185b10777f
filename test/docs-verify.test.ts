/**
 * docs/verify.py, which shares no line with us: it finds in order what our edge serves, names each lie, and judges entries as
 * `shared/tlog/succession.ts` does and signatures as `shared/tlog/ed25519.ts`.
 */

import { execFile, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Hono } from 'hono'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createApp } from '../edge/app.ts'
import { type ServedEdge, serveEdge } from '../edge/node.ts'
import { openStore, type Store } from '../edge/store.ts'
import { createWitness } from '../edge/witness.ts'
import { DEFAULT_TERMS } from '../shared/federated/policy.ts'
import { decodeManifest, encodeManifest, sha256Hex } from '../shared/model/bundle.ts'
import { decodeCheckpoint, encodeCheckpoint } from '../shared/tlog/checkpoint.ts'
import { cosign } from '../shared/tlog/cosignature.ts'
import { verifyEd25519 } from '../shared/tlog/ed25519.ts'
import { inclusionProof } from '../shared/tlog/node-reader.ts'
import {
  COSIGNATURE,
  ED25519,
  encodeNote,
  parseNote,
  type Signer,
  signatureLine,
  signNote,
  verifierKeyText,
} from '../shared/tlog/note.ts'
import { decodeProof, encodeProof, type LogProof } from '../shared/tlog/proof.ts'
import { follow, type Standing } from '../shared/tlog/succession.ts'
import { decodeEntries, encodeEntries, parseTilePath, type Tile, tilePath } from '../shared/tlog/tile.ts'
import { openSource } from '../trainer/audit/source.ts'
import type { PublisherKey } from '../trainer/keys.ts'
import { prepare, publish } from '../trainer/publish.ts'
import { rollBack } from '../trainer/rollback.ts'
import { folderDestination } from '../trainer/serve.ts'
import { buildWeb } from '../web/build.ts'
import {
  LOG,
  manifestBytes,
  POLICY,
  policyRecord,
  type Sample,
  type SampleBundle,
  SHOP,
  sampleBundle,
  sampleRelease,
  signerOf,
} from './edge/sample-bundle.ts'
import { MemoryLog } from './shared/tlog/memory-log.ts'
import { AGGREGATE, HELPER, LEADER, SUM, TASK_ENTRY, taskRecords } from './shared/tlog/sample-task.ts'
import { besideRepository } from './shared-data.ts'

const DOCS = join(import.meta.dirname, '..', 'docs')
const SCRIPT = join(DOCS, 'verify.py')
const hasPython = spawnSync('python3', ['--version']).status === 0
if (!hasPython) console.log('skipped: python3 is not here')

interface Ended {
  code: number
  said: string
}

function python(args: string[], input = ''): Promise<Ended> {
  const env = { ...process.env, no_proxy: '*', PYTHONDONTWRITEBYTECODE: '1' }
  return new Promise((resolve) => {
    const child = execFile('python3', args, { env, cwd: DOCS, maxBuffer: 1 << 26 }, (error, stdout, stderr) =>
      resolve({ code: Number(error?.code ?? 0), said: stdout + stderr }),
    )
    child.stdin?.end(input)
  })
}

/** What the script's functions give. @param expression of Python, in which `given` is the value */
async function evaluate<T>(expression: string, given: unknown): Promise<T> {
  const program = `import json, sys, verify\ngiven = json.load(sys.stdin)\nprint(json.dumps(${expression}))`
  const { code, said } = await python(['-c', program], JSON.stringify(given))
  expect(`${code} ${said.slice(0, 1000)}`).toMatch(/^0 /)
  return JSON.parse(said) as T
}

const NEXT_SHOP = await signerOf('shop.example', 3)
const STRANGER = await signerOf('stranger.example', 4)
const OTHER_LOG = await signerOf(LOG.name, 5)
const WITNESS = await signerOf('watch.example/w1', 6)
const WITNESS_KEY = await verifierKeyText(WITNESS.name, WITNESS.keys.publicKey, COSIGNATURE)
const publisherKey = async (signer: Signer): Promise<PublisherKey> => ({
  ...signer,
  verifierKey: await verifierKeyText(signer.name, signer.keys.publicKey),
})

const DAY_SECONDS = 86_400
const now = () => Math.floor(Date.now() / 1000)
const utf8 = (text: string) => new TextEncoder().encode(text)
const textOf = (bytes: Uint8Array) => new TextDecoder().decode(bytes)

type Bytes = Uint8Array<ArrayBuffer>
/** What is answered in place of the truth; undefined for 404. */
type Lie = (truth: Bytes) => Bytes | undefined | Promise<Bytes | undefined>

const nothing: Lie = () => undefined
const flipped =
  (at: number): Lie =>
  (truth) =>
    truth.map((byte, n) => (n === at ? byte ^ 1 : byte))
/** The checkpoint with another text, signed and cosigned as if all were well. */
const signedAnew =
  (change: (text: string) => string, time = now(), log: Signer = LOG, witnesses = [WITNESS]): Lie =>
  async (truth) => {
    const text = change(parseNote(truth).text)
    const cosigned = await Promise.all([log, ...witnesses].map((signer) => cosign(text, time, signer)))
    return encodeNote(text, [await signatureLine(log, ED25519, utf8(text)), ...cosigned])
  }
const same = (text: string) => text
const withOtherRoot = (text: string) => encodeCheckpoint({ ...decodeCheckpoint(text), root: new Uint8Array(32) })
const inProof =
  (change: Partial<LogProof>): Lie =>
  (truth) =>
    utf8(encodeProof({ ...decodeProof(textOf(truth)), ...change }))
/** Its proof, in another checkpoint. */
const inCheckpoint =
  (change: Lie): Lie =>
  async (truth) => {
    const proof = decodeProof(textOf(truth))
    return utf8(encodeProof({ ...proof, checkpoint: (await change(proof.checkpoint)) as Bytes }))
  }
const exchanged =
  (a: number, b: number): Lie =>
  (truth) => {
    const records = decodeEntries(truth, 256)
    return new Uint8Array(
      encodeEntries(records.map((record, n) => (n === a ? records[b] : n === b ? records[a] : record))),
    )
  }

/** `app`, but for what these paths say. */
async function verifyWith(app: Pick<Hono, 'fetch'>, lies: Record<string, Lie>, ...publisher: string[]): Promise<Ended> {
  const liar = new Hono()
  liar.all('*', async (c) => {
    const answer = await app.fetch(c.req.raw)
    const lie = lies[c.req.path.slice(1)]
    if (!lie) return answer
    const told = await lie(new Uint8Array(await answer.arrayBuffer()))
    return told ? c.body(told) : c.notFound()
  })
  const served = await serveEdge(liar, { port: 0 })
  try {
    return await python([SCRIPT, served.url, ...publisher])
  } finally {
    await served.close()
  }
}

describe.skipIf(!hasPython)('docs/verify.py at an edge', () => {
  let folder: string
  let store: Store
  let app: Hono
  let witnessing: ServedEdge
  /** What version 1 lists, and what version 2 does beside it. */
  let named: string[]

  beforeAll(async () => {
    await buildWeb()
    folder = await mkdtemp(join(tmpdir(), 'vitrine-verify-'))
    const witness = await createWitness({ folder: join(folder, 'witness'), signer: WITNESS, logs: [POLICY.log] })
    witnessing = await serveEdge(witness, { port: 0 })
    store = await openStore(join(folder, 'edge'), LOG, { witnessUrls: [witnessing.url] })
    const destination = folderDestination(store)
    const [key, nextKey] = await Promise.all([SHOP, NEXT_SHOP].map(publisherKey))

    await prepare(destination, key)
    const first = await sampleBundle(1)
    const second = await withDelta(await sampleBundle(2))
    for (const bundle of [first, second]) await publish(bundle, key, destination)
    named = [...first.chunks.keys(), ...second.chunks.keys()]
    // More than a bundle of entries: a policy may follow any other.
    const policies = await Promise.all(
      Array.from({ length: 260 }, (_, n) => policyRecord({ maxAgeSeconds: 90_000 + n })),
    )
    await Promise.all(policies.map((record) => store.log.append(record)))
    await prepare(destination, nextKey, { witnesses: [WITNESS_KEY], cosignatures: 1, maxAgeSeconds: DAY_SECONDS }, key)
    await rollBack(1, openSource(join(folder, 'edge')), destination, nextKey, Date.now())
    app = createApp({ store, version: '0' })
  })
  afterAll(async () => {
    await witnessing?.close()
    await rm(folder, { recursive: true, force: true })
  })

  it('finds a log in order that has a delta, a rollback, a witness, another key and more than 256 entries', async () => {
    const { said, code } = await verifyWith(app, {}, POLICY.publisher)
    expect(said).toMatch(/267 entries/)
    expect(said).toContain((await publisherKey(NEXT_SHOP)).verifierKey)
    expect(said).toMatch(/3 versions of the model/)
    expect(said).toMatch(/release 2/)
    expect(code).toBe(0)
  })

  const CHECKPOINT = 'v1/log/checkpoint'
  const WHOLE = 'v1/log/tile/entries/000'
  const LAST = 'v1/log/tile/entries/001.p/11'
  const LATEST = 'v1/latest'
  const LIES: [string, string, Lie, RegExp][] = [
    ['a byte of an entry', WHOLE, flipped(30), /^entry 0: /],
    [
      'a byte of a signature',
      WHOLE,
      (truth) => flipped(truth.length - 20)(truth),
      /^entry 255: is not signed by shop.example/,
    ],
    ['a length', WHOLE, flipped(0), /^v1\/log\/tile\/entries\/000: is not 256 entries/],
    [
      'a tile that is cut short',
      LAST,
      (truth) => truth.slice(0, -1),
      /^v1\/log\/tile\/entries\/001.p\/11: is not 11 entries/,
    ],
    [
      'a tile with a byte more',
      LAST,
      (truth) => Uint8Array.of(...truth, 0),
      /^v1\/log\/tile\/entries\/001.p\/11: is not 11/,
    ],
    ['a tile that is not there', LAST, nothing, /^v1\/log\/tile\/entries\/001.p\/11: HTTP Error 404/],
    [
      'the checkpoint of another key',
      CHECKPOINT,
      signedAnew(same, now(), OTHER_LOG),
      /^v1\/log\/checkpoint: is not signed by/,
    ],
    ['another origin', CHECKPOINT, signedAnew((text) => `x${text}`), /^v1\/log\/checkpoint: says/],
    ['another root', CHECKPOINT, signedAnew(withOtherRoot), /^v1\/log\/checkpoint: says/],
    [
      'a leading zero',
      CHECKPOINT,
      signedAnew((text) => text.replace('\n267', '\n0267')),
      /^v1\/log\/checkpoint: says .*0267/,
    ],
    ['a line more', CHECKPOINT, signedAnew((text) => `${text}more\n`), /^v1\/log\/checkpoint: says/],
    [
      'a stale checkpoint',
      CHECKPOINT,
      signedAnew(same, now() - DAY_SECONDS - 60),
      /^v1\/log\/checkpoint: was not cosigned lately/,
    ],
    ['a time to come', CHECKPOINT, signedAnew(same, now() + 2 * DAY_SECONDS), /^v1\/log\/checkpoint: /],
    ['no time', CHECKPOINT, (truth) => signNote(parseNote(truth).text, LOG), /^v1\/log\/checkpoint: /],
    ['no witness', CHECKPOINT, signedAnew(same, now(), LOG, []), /^v1\/log\/checkpoint: .*witness/],
    ['another witness', CHECKPOINT, signedAnew(same, now(), LOG, [STRANGER]), /^v1\/log\/checkpoint: .*witness/],
    ['what would colour a terminal', CHECKPOINT, () => utf8('a\n\u001b[31m\n'), /^v1\/log\/checkpoint: /],
    ['a byte of the tag', 'vitrine.js', flipped(1000), /^vitrine.js: /],
    ['a byte of what it loads', 'assets/integrity.json', flipped(10), /^assets\/integrity.json: /],
    ['an older version', LATEST, () => proofOf(2), /^v1\/latest: does not prove that version 3, the newest/],
    ['another place', LATEST, inProof({ index: 265 }), /^v1\/latest: does not prove/],
    ['another proof', LATEST, inProof({ path: [new Uint8Array(32)] }), /^v1\/latest: does not prove/],
    ['a proof in a fork', LATEST, inCheckpoint(signedAnew(withOtherRoot)), /^v1\/latest: says/],
    [
      'a stale proof',
      LATEST,
      inCheckpoint(signedAnew(same, now() - DAY_SECONDS - 60)),
      /^v1\/latest: was not cosigned lately/,
    ],
    ['no proof', LATEST, nothing, /^v1\/latest: HTTP Error 404/],
  ]

  const told = LIES.filter((_, n) => process.env.VITRINE_SOAK || n % 3 === 0)
  it.each(told)('names what lies: %s', async (_, path, lie, place) => {
    const { code, said } = await verifyWith(app, { [path]: lie })
    expect(said).toMatch(place)
    expect(said.replace(/\n$/, '')).toMatch(/^[ -~]*$/)
    expect(code).toBe(1)
  })

  it('names entries in another order: both may come there, and the root is another', async () => {
    const { code, said } = await verifyWith(app, { [WHOLE]: exchanged(10, 11) })
    expect(said).toMatch(/^v1\/log\/checkpoint: says/)
    expect(code).toBe(1)
  })

  it('names a chunk, a delta or a manifest of which a byte is another, or that is gone', async () => {
    expect(new Set(named).size).toBe(7)
    for (const sha256 of new Set(named)) {
      for (const lie of [flipped(50), nothing]) {
        const path = `v1/chunks/${sha256}`
        const { code, said } = await verifyWith(app, { [path]: lie })
        expect(said).toContain(`${path}: `)
        expect(code).toBe(1)
      }
    }
  })

  it('names a publisher that is not the shop’s own', async () => {
    const { code, said } = await verifyWith(app, {}, (await publisherKey(STRANGER)).verifierKey)
    expect(said).toMatch(/^v1\/log: is published by .*shop.example.*, not by .*stranger.example/)
    expect(code).toBe(1)
  })

  /** That an entry of the first 256 is on record. */
  async function proofOf(index: number): Promise<Bytes> {
    const { size } = await store.log.head()
    const readTile = async (tile: Tile) => (await store.log.readTile(tile)) as Uint8Array
    const records = decodeEntries(await readTile({ level: 'entries', index: 0, width: 256 }), 256)
    const checkpoint = new Uint8Array((await store.log.readCheckpoint()) as Uint8Array)
    const path = await inclusionProof(index, size, readTile)
    return utf8(encodeProof({ record: new Uint8Array(records[index]), index, path, checkpoint }))
  }
})

/** With a delta to its second chunk, which is listed and not looked into. */
async function withDelta({ entry, chunks }: SampleBundle): Promise<Pick<Sample, 'entry' | 'chunks'>> {
  const manifest = decodeManifest(textOf([...chunks.values()].at(-1) as Uint8Array))
  const bytes = utf8('as if it were the difference between two versions of a chunk')
  const sha256 = await sha256Hex(bytes)
  const to = manifest.chunks[1].sha256
  const delta = { from: manifest.chunks[0].sha256, to, sha256, bytes: bytes.length }
  const made = utf8(encodeManifest({ ...manifest, deltas: [delta] }))
  const kept = [...chunks].slice(0, -1)
  const name = await sha256Hex(made)
  return {
    entry: { ...entry, manifest: name } as Sample['entry'],
    chunks: new Map([...kept, [sha256, bytes], [name, made]]),
  }
}

/** An edge that serves whatever is put on record. */
async function edgeOf(records: readonly Uint8Array[], samples: readonly Pick<Sample, 'chunks'>[] = []): Promise<Hono> {
  const log = new MemoryLog(LOG)
  for (const record of records) log.append(record)
  const chunks = new Map(samples.flatMap((sample) => [...sample.chunks]))
  const newest = records.findLastIndex((record) => textOf(record).includes('"version":'))
  const app = new Hono()
  const answer = (
    path: string,
    find: (name: string) => Uint8Array | string | undefined | Promise<Uint8Array | string>,
  ) =>
    app.get(path, async (c) => {
      const found = await find(c.req.path)
      return found === undefined
        ? c.notFound()
        : c.body(new Uint8Array(typeof found === 'string' ? utf8(found) : found))
    })
  answer('/v1/log/checkpoint', () => log.checkpoint())
  answer('/v1/log/tile/*', (path) => log.tile(parseTilePath(path.slice('/v1/log/'.length)) as Tile))
  answer('/v1/latest', () => log.proof(newest))
  answer('/v1/chunks/:name', (path) => chunks.get(path.slice('/v1/chunks/'.length)))
  answer('/vitrine.js', () => TAG)
  return app
}
const TAG = 'a tag that pins nothing'

describe.skipIf(!hasPython)('docs/verify.py at a log that takes whatever it is told to', () => {
  const written = (text: string, ...signers: Signer[]) => signNote(text, ...(signers.length > 0 ? signers : [SHOP]))
  const json = (value: unknown, ...signers: Signer[]) => written(`${JSON.stringify(value)}\n`, ...signers)
  const manifest = '0'.repeat(64)

  /** After a policy and two bundles. */
  const CASES: [string, () => Promise<Uint8Array>[]][] = [
    ['a third version', () => [bundle(3)]],
    ['a version left out', () => [bundle(4)]],
    ['a version twice', () => [bundle(2)]],
    ['a version before', () => [bundle(1)]],
    ['a rollback', () => [bundle(3, 1)]],
    ['a rollback to the newest', () => [bundle(3, 2)]],
    ['a rollback to itself', () => [bundle(3, 3)]],
    ['a rollback to none', () => [json({ type: 'rollback', version: 3, manifest, restores: 0 })]],
    ['a release left out', () => [release(2)]],
    ['a release twice', () => [json(RELEASE), json(RELEASE)]],
    ['a release', () => [json(RELEASE)]],
    ['a changed policy', () => [policyRecord({ maxAgeSeconds: 604_800 })]],
    ['a stranger’s policy', () => [json({ type: 'policy', ...POLICY }, STRANGER)]],
    ['a stranger’s bundle', () => [json({ type: 'bundle', version: 3, manifest }, STRANGER)]],
    ['another key, which only the old one signs', () => [rotation(SHOP)]],
    ['another key, which only itself signs', () => [rotation(NEXT_SHOP)]],
    ['another key, which both sign', () => [rotation(SHOP, NEXT_SHOP)]],
    ['what the old key signs after', () => [rotation(SHOP, NEXT_SHOP), policyRecord()]],
    ['what the new key signs after', () => [rotation(SHOP, NEXT_SHOP), rotation(NEXT_SHOP)]],
    ['a space', () => [written('{"type":"release","release":1, "files":{}}\n')]],
    ['fields in another order', () => [written('{"type":"release","files":{},"release":1}\n')]],
    ['a field more', () => [json({ ...RELEASE, note: 1 })]],
    ['a field twice', () => [written('{"type":"release","release":2,"release":1,"files":{}}\n')]],
    ['a file twice', () => [written(`{"type":"release","release":1,"files":{"a.js":"${SRI}","a.js":"${SRI}"}}\n`)]],
    ['a number as text', () => [json({ ...RELEASE, release: '1' })]],
    ['a number with a point', () => [written('{"type":"release","release":1.0,"files":{}}\n')]],
    ['a number with an exponent', () => [written('{"type":"release","release":1e0,"files":{}}\n')]],
    ['true for one', () => [json({ ...RELEASE, release: true })]],
    ['what is no type', () => [json({ type: 'notice', text: 'hello' })]],
    ['what is no JSON', () => [written('hello\n')]],
    ['what is no object', () => [written('[]\n')]],
    ['two lines', () => [written(`${JSON.stringify(RELEASE)}\n\n`)]],
    ['what is no note', () => [Promise.resolve(utf8(JSON.stringify(RELEASE)))]],
    ['no bytes', () => [Promise.resolve(new Uint8Array(0))]],
    ['no key of the log', () => [policyRecord({ log: 'shop.example/log' })]],
    [
      'a key of the log with another’s hash',
      () => [policyRecord({ log: POLICY.log.replace(/\+.{8}\+/, '+00000000+') })],
    ],
    ['a witness’s key as the log’s', () => [policyRecord({ log: WITNESS_KEY })]],
    ['a log’s key as a witness’s', () => [policyRecord({ witnesses: [POLICY.log] })]],
    ['a task, its round and what that released', () => taskRecords()],
    ['a policy of what browsers contribute to', () => [policyRecord({ contribution: CONTRIBUTION })]],
    ['a task that a stranger publishes', () => [json(TASK_ENTRY, STRANGER, LEADER, HELPER)]],
    [
      'more cosignatures than witnesses',
      () => [policyRecord({ witnesses: [WITNESS_KEY, WITNESS_KEY], cosignatures: 2 })],
    ],
  ]
  const pinned = ({ operator, key }: typeof TASK_ENTRY.leader) => ({ operator, key })
  const CONTRIBUTION = { ...DEFAULT_TERMS, leader: pinned(TASK_ENTRY.leader), helper: pinned(TASK_ENTRY.helper) }
  const SRI = `sha256-${'A'.repeat(43)}=`
  const RELEASE = { type: 'release', release: 1, files: {} }
  const bundle = async (version: number, restores?: number) => (await sampleBundle(version, '', restores)).record
  const release = async (number: number) => (await sampleRelease(number, {})).record
  const rotation = async (...signers: Signer[]) =>
    json({ type: 'policy', ...POLICY, publisher: (await publisherKey(NEXT_SHOP)).verifierKey }, ...signers)

  it.each(CASES)('lets it pass if succession.ts does, and names the entry if not: %s', async (_, more) =>
    compare(await Promise.all([policyRecord(), bundle(1), bundle(2), ...more()])),
  )

  it.each([
    ['a bundle first', () => [bundle(1)]],
    ['a policy that its publisher has not signed', () => [rotation(SHOP)]],
    ['a policy alone', () => [policyRecord()]],
  ])('so does it at the beginning: %s', async (_, first) => compare(await Promise.all(first())))

  async function compare(records: Uint8Array[]): Promise<void> {
    let standing: Standing = {}
    let refused: number | undefined
    for (const [n, record] of records.entries()) {
      const step = await follow(standing, record)
      if (step.violations.length > 0) refused ??= n
      standing = step.standing
    }
    const samples = await Promise.all([1, 2, 3].map((version) => sampleBundle(version)))
    const restored = await sampleBundle(3, '', 1)
    const { said, code } = await verifyWith(
      await edgeOf(records, [...samples, restored, { chunks: new Map([[AGGREGATE, SUM]]) }]),
      {},
    )
    expect(said).toMatch(refused === undefined ? /^\d+ entries are in order/ : new RegExp(`^entry ${refused}: `))
    expect(code).toBe(refused === undefined ? 0 : 1)
  }

  it('names a round whose sum is not served', async () => {
    const { said, code } = await verifyWith(await edgeOf(await Promise.all([policyRecord(), ...taskRecords()])), {})
    expect(said).toMatch(new RegExp(`^entry 3: v1/chunks/${AGGREGATE}`))
    expect(code).toBe(1)
  })

  it('names a rollback that has other chunks than the version that it restores', async () => {
    const samples = await Promise.all([sampleBundle(1), sampleBundle(2), sampleBundle(3, 'of its own', 1)])
    const app = await edgeOf([await policyRecord(), ...samples.map(({ record }) => record)], samples)
    const { said, code } = await verifyWith(app, {})
    expect(said).toMatch(/^entry 3: does not restore version 1/)
    expect(code).toBe(1)
  })

  it('knows a version for some, and names one that leaves the others with none, or with one that was for some', async () => {
    const [one, stranger] = [await sampleBundle(1), { version: 1, manifest: 'a'.repeat(64) }]
    const staged = await sampleBundle(2, '', undefined, { share: 0.1, others: one.latest })
    for (const [others, place] of [
      [one.latest, /^4 entries are in order/],
      [stranger, /^entry 3: leaves others with/],
      [staged.latest, /^entry 3: leaves others with/],
    ] as const) {
      const samples = [one, staged, await sampleBundle(3, '', undefined, { share: 0.5, others })]
      const app = await edgeOf([await policyRecord(), ...samples.map(({ record }) => record)], samples)
      expect((await verifyWith(app, {})).said).toMatch(place)
    }
  })

  it('names a manifest of another version', async () => {
    const bytes = manifestBytes({ version: 2, chunks: [] })
    const sha256 = await sha256Hex(bytes)
    const record = await json({ type: 'bundle', version: 1, manifest: sha256 })
    const app = await edgeOf([await policyRecord(), record], [{ chunks: new Map([[sha256, bytes]]) }])
    const { said, code } = await verifyWith(app, {})
    expect(said).toMatch(/^entry 1: .*2/)
    expect(code).toBe(1)
  })

  it('names a tag that pins another policy than the one it was released under', async () => {
    const released = await sampleRelease(1, { 'vitrine.js': TAG })
    const app = await edgeOf([await policyRecord(), released.record])
    const { said, code } = await verifyWith(app, {})
    expect(said).toMatch(/^vitrine.js: does not pin/)
    expect(code).toBe(1)
  })
})

describe.skipIf(!hasPython)('docs/verify.py', () => {
  it('says how it is called, and which edge is not there', async () => {
    const { said, code } = await python([SCRIPT])
    expect(said).toMatch(/python3 docs\/verify.py https:\/\/edge.example \[PUBLISHER_KEY\]/)
    expect(code).toBe(1)
    const closed = await serveEdge(new Hono(), { port: 0 })
    await closed.close()
    const away = await python([SCRIPT, closed.url])
    expect(away.said).toMatch(/^v1\/log\/checkpoint: .*refused/)
    expect(away.code).toBe(1)
  })

  it('finds tiles where tile.ts does', async () => {
    const places = [0, 7, 999, 1000, 1001, 999_999, 1_000_000, 1_234_067, 2 ** 40].flatMap((index) =>
      [1, 17, 255, 256].map((width) => ({ index, width })),
    )
    const paths = await evaluate<string[]>('[verify.tile_path(one["index"], one["width"]) for one in given]', places)
    expect(paths).toEqual(places.map((place) => tilePath({ level: 'entries', ...place })))
  })

  const cctv = besideRepository('oracles', 'cctv-ed25519', 'ed25519vectors.json')
  const wycheproof = besideRepository('oracles', 'wycheproof', 'ed25519_test.json')

  it.skipIf(!cctv || !wycheproof)(
    'accepts the signatures that ed25519.ts does, of all that are published',
    async () => {
      const hex = (text: string) => new Uint8Array(Buffer.from(text, 'hex'))
      const read = <T>(file: string) => JSON.parse(readFileSync(file, 'utf8')) as T
      const edgeCases = read<{ key: string; sig: string; msg: string }[]>(cctv!).map(({ key, sig, msg }) => ({
        key,
        signature: sig,
        message: Buffer.from(msg).toString('hex'),
      }))
      const { testGroups } = read<{
        testGroups: { publicKey: { pk: string }; tests: { msg: string; sig: string }[] }[]
      }>(wycheproof!)
      const others = testGroups.flatMap(({ publicKey, tests }) =>
        tests.map(({ msg, sig }) => ({ key: publicKey.pk, signature: sig, message: msg })),
      )
      const cases = [...edgeCases, ...others]
      expect([edgeCases.length, others.length]).toEqual([914, 151])
      const fields = '*(bytes.fromhex(one[field]) for field in ("key", "signature", "message"))'
      const accepted = await evaluate<boolean[]>(`[verify.ed25519(${fields}) for one in given]`, cases)
      const ours = await Promise.all(
        cases.map((one) => verifyEd25519(hex(one.key), hex(one.signature), hex(one.message))),
      )
      expect(accepted).toEqual(ours)
      expect(accepted.slice(0, 914).filter(Boolean)).toHaveLength(43)
    },
  )

  const LINES = 132
  it(`is at most ${LINES} lines of code, none of them long`, () => {
    const [, docstring, code] = readFileSync(SCRIPT, 'utf8').split('"""')
    const lines = code.split('\n').filter((line) => line.trim() !== '')
    expect(lines.length).toBeLessThanOrEqual(LINES)
    expect([...lines, ...docstring.split('\n')].filter((line) => line.length > 120)).toEqual([])
  })
})
