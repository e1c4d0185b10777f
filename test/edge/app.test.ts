import { createHash } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { Hono } from 'hono'
import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createApp, type EdgeOptions } from '../../edge/app.ts'
import { MAX_UPLOAD_BYTES } from '../../edge/chunks.ts'
import { openStore, type Store } from '../../edge/store.ts'
import { sha256Hex } from '../../shared/model/bundle.ts'
import type { ModelEntry } from '../../shared/tlog/entry.ts'
import { openLatest } from '../../shared/tlog/on-record.ts'
import { openCheckpoint } from '../../shared/tlog/policy.ts'
import { decodeEntries, MAX_RECORD_BYTES, tilePath, tilesOf } from '../../shared/tlog/tile.ts'
import { MemoryLog } from '../shared/tlog/memory-log.ts'
import {
  LOG,
  openSample,
  POLICY,
  policyRecord,
  publish,
  putAll,
  type SampleBundle,
  sampleBundle,
  sampleRelease,
} from './sample-bundle.ts'

const TOKEN = 'correct-horse-battery-staple'
const operator = { authorization: `Bearer ${TOKEN}` }
const WORKER = 'worker.4f1c09ab5d6e7f80.js'
const WASM = 'learning-simd.5c6d7e8f90a1b2c3.wasm'
const files = {
  'vitrine.js': '/* the tag */'.repeat(100),
  [WORKER]: '/* the worker */'.repeat(100),
  'shelf.0a1b2c3d4e5f6071.js': '/* the shelf */',
  [WASM]: '\0asm',
}

let folder: string
let store: Store
let options: EdgeOptions
let app: Hono
let bundle: SampleBundle
let logged: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vitrine-edge-'))
  await writeFile(join(folder, 'secret.js'), 'outside')
  store = await openSample(join(folder, 'bundles'))
  await publish(store, await sampleRelease(1, files))
  bundle = await sampleBundle(1)
  logged = ''
  options = {
    store,
    version: '1.2.3',
    operatorTokenSha256: createHash('sha256').update(TOKEN).digest('hex'),
    log: pino({ level: 'trace' }, { write: (line: string) => (logged += line) }),
  }
  app = createApp(options)
})
afterEach(() => rm(folder, { recursive: true, force: true }))

async function expectProblem(response: Response, status: number): Promise<Record<string, unknown>> {
  expect(response.status).toBe(status)
  expect(response.headers.get('content-type')).toBe('application/problem+json')
  expect(response.headers.get('cache-control')).toBe('no-store')
  const body = await response.json()
  expect(body).toMatchObject({ type: 'about:blank', status })
  expect(body.title).toMatch(/^[A-Z]/)
  expect(body.detail).toMatch(/\w/)
  return body
}

const bytesOf = async (response: Response) => Buffer.from(await response.arrayBuffer())
const put = (path: string, body: BodyInit, headers: Record<string, string> = operator) =>
  app.request(path, { method: 'PUT', body, headers })
const post = (body: BodyInit, headers: Record<string, string> = operator) =>
  app.request('/v1/operator/records', { method: 'POST', body, headers })

/** As a browser is told, and as it checks it. */
async function latest(): Promise<ModelEntry> {
  const proof = await (await app.request('/v1/latest')).text()
  return (await openLatest(proof, POLICY, Date.now() / 1000)).entry
}

describe('what browsers fetch', () => {
  beforeEach(() => publish(store, bundle))

  test('a chunk comes in brotli, gzip or as it is, and is the same bytes', async () => {
    const [[sha256, bytes]] = bundle.chunks
    for (const [accept, encoding, decode] of [
      ['gzip, deflate, br', 'br', brotliDecompressSync],
      ['gzip', 'gzip', gunzipSync],
      ['br;q=0.3, gzip;q=0.7', 'gzip', gunzipSync],
      ['br;q=0, gzip;q=0', null, (b: Buffer) => b],
      ['*', 'br', brotliDecompressSync],
      ['zstd', null, (b: Buffer) => b],
      ['', null, (b: Buffer) => b],
    ] as const) {
      const response = await app.request(`/v1/chunks/${sha256}`, { headers: { 'accept-encoding': accept } })
      expect(response.status).toBe(200)
      expect(response.headers.get('content-encoding')).toBe(encoding)
      expect(response.headers.get('vary')).toBe('accept-encoding')
      expect(response.headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
      expect(response.headers.get('content-type')).toBe('application/octet-stream')
      const body = await bytesOf(response)
      expect(response.headers.get('content-length')).toBe(String(body.length))
      if (encoding) expect(body.length).toBeLessThan(bytes.length)
      expect(decode(body).equals(bytes)).toBe(true)
    }
  })

  test('each encoding has its own strong ETag, and If-None-Match is answered with 304 and no body', async () => {
    const [sha256] = bundle.chunks.keys()
    const tags = new Set<string>()
    for (const accept of ['br', 'gzip', 'identity']) {
      const headers = { 'accept-encoding': accept }
      const etag = (await app.request(`/v1/chunks/${sha256}`, { headers })).headers.get('etag')!
      expect(etag).toMatch(/^"[^"]+"$/)
      tags.add(etag)
      for (const given of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
        const again = await app.request(`/v1/chunks/${sha256}`, { headers: { ...headers, 'if-none-match': given } })
        expect(again.status).toBe(304)
        expect(again.headers.get('etag')).toBe(etag)
        expect(again.headers.get('vary')).toBe('accept-encoding')
        expect((await bytesOf(again)).length).toBe(0)
      }
      const other = await app.request(`/v1/chunks/${sha256}`, { headers: { ...headers, 'if-none-match': '"other"' } })
      expect(other.status).toBe(200)
    }
    expect(tags.size).toBe(3)
  })

  test('latest is a proof, short-lived, and its ETag changes with a publication', async () => {
    const first = await app.request('/v1/latest')
    expect(first.headers.get('content-type')).toBe('text/plain; charset=utf-8')
    expect(first.headers.get('cache-control')).toMatch(/^public, max-age=60, stale-while-revalidate=\d+$/)
    const { entry, checkpoint } = await openLatest(await first.text(), POLICY, Date.now() / 1000)
    expect(entry).toEqual(bundle.entry)
    expect(checkpoint.size).toBe(3)
    const etag = first.headers.get('etag')!
    expect((await app.request('/v1/latest', { headers: { 'if-none-match': etag } })).status).toBe(304)
    await publish(store, await sampleBundle(2))
    const second = await app.request('/v1/latest', { headers: { 'if-none-match': etag } })
    expect(second.status).toBe(200)
    expect(await latest()).toMatchObject({ version: 2 })
  })

  test('the tag is short-lived, and what it loads by hash is immutable', async () => {
    const tag = await app.request('/vitrine.js', { headers: { 'accept-encoding': 'br' } })
    expect(tag.headers.get('content-type')).toBe('text/javascript; charset=utf-8')
    expect(tag.headers.get('cache-control')).not.toContain('immutable')
    expect(brotliDecompressSync(await bytesOf(tag)).toString()).toBe(files['vitrine.js'])
    const worker = await app.request(`/assets/${WORKER}`)
    expect(worker.headers.get('cache-control')).toContain('immutable')
    expect(await worker.text()).toBe(files[WORKER])
    const wasm = await app.request(`/assets/${WASM}`)
    expect(wasm.headers.get('content-type')).toBe('application/wasm')
    expect(wasm.headers.get('cache-control')).toContain('immutable')
    expect(wasm.headers.get('access-control-allow-origin')).toBe('*')
    for (const name of ['vitrine.js', 'integrity.json']) {
      const response = await app.request(`/assets/${name}`)
      expect(response.status).toBe(200)
      expect(response.headers.get('cache-control')).not.toContain('immutable')
    }
  })

  test('vitrine.js is the newest release’s, and what an earlier one names by hash is served on', async () => {
    const before = await app.request('/vitrine.js')
    const renewed = {
      'vitrine.js': '/* another tag */',
      'worker.ffffffffffffffff.js': '/* another worker */',
      'learning.js': '/* without a hash */',
    }
    const release = await sampleRelease(2, renewed)
    await putAll(store, release)
    // Put is not released: what is not on record is served by no name.
    expect((await app.request('/assets/worker.ffffffffffffffff.js')).status).toBe(404)
    expect(await bytesOf(await app.request('/vitrine.js'))).toEqual(await bytesOf(before))
    await store.log.append(release.record)
    for (const [name, text] of Object.entries({ ...files, ...renewed })) {
      expect(await (await app.request(`/assets/${name}`)).text()).toBe(text)
    }
    const after = await app.request('/vitrine.js')
    expect(await after.text()).toBe(renewed['vitrine.js'])
    expect(after.headers.get('etag')).not.toBe(before.headers.get('etag'))
    // A name without a hash is the newest release's or nobody's.
    await publish(store, await sampleRelease(3, { 'vitrine.js': '/* a third */' }))
    expect((await app.request('/assets/learning.js')).status).toBe(404)
    expect((await app.request(`/assets/${WORKER}`)).status).toBe(200)
  })

  test('integrity.json lists what the newest release has on record, beside itself', async () => {
    const served = await app.request('/assets/integrity.json')
    expect(served.headers.get('content-type')).toBe('application/json')
    const listed = await served.json()
    expect(Object.keys(listed)).toEqual(Object.keys(files))
    for (const [name, integrity] of Object.entries(listed)) {
      const digest = createHash('sha256').update(await bytesOf(await app.request(`/assets/${name}`)))
      expect(integrity).toBe(`sha256-${digest.digest('base64')}`)
    }
  })

  test('a script that is not what its release has on record is not served', async () => {
    const path = join(folder, 'bundles', 'chunks', await sha256Hex(new TextEncoder().encode(files[WORKER])))
    await writeFile(path, files[WORKER].replace('worker', 'w0rker'))
    app = createApp({ ...options, store: await openStore(join(folder, 'bundles'), LOG) })
    expect((await expectProblem(await app.request(`/assets/${WORKER}`), 500)).detail).toContain('damaged')
    await rm(path)
    expect((await expectProblem(await app.request(`/assets/${WORKER}`), 500)).detail).toContain('not here')
  })

  test('nothing but what a release names is an asset, however it is asked for', async () => {
    for (const name of [
      bundle.latest.manifest,
      'shelf.99999999aaaaaaaa.js',
      '../secret.js',
      '..%2fsecret.js',
      '..%2Fsecret.4f1c09ab5d6e7f80.js',
      '%2e%2e%2fsecret.js',
      '..%5csecret.js',
      '%2e%2e%5c%2e%2e%5csecret.js',
      '.%2fvitrine.js',
      '%2fetc%2fpasswd',
      `..%252f..%252fsecret.js`,
      `${WORKER}%00.js`,
      'tag%2fvitrine.js',
      '..',
      '.',
      '',
      '__proto__',
      'constructor',
      'constructor.4f1c09ab.js',
    ]) {
      const response = await app.request(`/assets/${name}`)
      expect([name, response.status]).toEqual([name, 404])
      expect(await response.text()).not.toContain('outside')
    }
  })

  test('a name that is no hash is 400, a hash of nothing 404', async () => {
    const [sha256] = bundle.chunks.keys()
    for (const name of ['x', sha256.slice(1), `${sha256}0`, sha256.toUpperCase(), `..%2f${sha256}`, `${sha256}.br`]) {
      await expectProblem(await app.request(`/v1/chunks/${name}`), 400)
    }
    const absent = sha256.replace(/^./, (digit) => (digit === '0' ? '1' : '0'))
    await expectProblem(await app.request(`/v1/chunks/${absent}`), 404)
    await expectProblem(await app.request(`/v1/chunks/${absent}`, { headers: { 'if-none-match': `"${absent}"` } }), 404)
  })

  test('a damaged chunk is a 500 problem, and is never served', async () => {
    const [sha256] = bundle.chunks.keys()
    const path = join(folder, 'bundles', 'chunks', sha256)
    const bytes = await readFile(path)
    await writeFile(path, bytes.subarray(0, bytes.length - 1))
    app = createApp({ ...options, store: await openStore(join(folder, 'bundles'), LOG) })
    for (const accept of ['br', 'gzip', 'identity']) {
      const response = await app.request(`/v1/chunks/${sha256}`, { headers: { 'accept-encoding': accept } })
      expect((await expectProblem(response, 500)).detail).toContain('damaged')
    }
    expect(logged).toContain('damaged')
  })

  test('HEAD says what GET says, without the body', async () => {
    const [sha256] = bundle.chunks.keys()
    for (const path of [
      '/vitrine.js',
      `/assets/${WORKER}`,
      '/v1/latest',
      '/v1/log/checkpoint',
      '/v1/log/tile/0/000.p/3',
      `/v1/chunks/${sha256}`,
      '/openapi.json',
    ]) {
      const get = await app.request(path, { headers: { 'accept-encoding': 'br' } })
      const head = await app.request(path, { method: 'HEAD', headers: { 'accept-encoding': 'br' } })
      expect(head.status).toBe(200)
      expect(Object.fromEntries(head.headers)).toEqual(Object.fromEntries(get.headers))
      expect((await bytesOf(head)).length).toBe(0)
    }
  })

  test('healthz says what is served, and 503 while there is nothing', async () => {
    let time = 1_000_000
    app = createApp({ ...options, now: () => time })
    time += 90_500
    const health = await app.request('/healthz')
    expect(await health.json()).toEqual({ status: 'ok', version: '1.2.3', uptimeSeconds: 90, bundle: bundle.latest })
    expect(health.headers.get('cache-control')).toBe('no-store')
    const empty = createApp({ ...options, store: await openStore(join(folder, 'empty'), LOG) })
    await expectProblem(await empty.request('/healthz'), 503)
    for (const path of ['/v1/latest', '/v1/log/checkpoint', '/v1/log/tile/0/000', '/assets/integrity.json']) {
      await expectProblem(await empty.request(path), 404)
    }
  })

  test('Global Privacy Control is declared', async () => {
    const response = await app.request('/.well-known/gpc.json')
    expect(response.headers.get('content-type')).toBe('application/json')
    expect(await response.json()).toEqual({ gpc: true, lastUpdate: expect.stringMatching(/^\d{4}-\d\d-\d\d$/) })
  })

  test('a tag that is not released is a 404 that says how', async () => {
    app = createApp({ ...options, store: await openStore(join(folder, 'empty'), LOG) })
    expect((await expectProblem(await app.request('/vitrine.js'), 404)).detail).toContain('vitrine publish')
  })
})

describe('the log, as anyone may read it', () => {
  beforeEach(() => publish(store, bundle))

  test('a checkpoint is text of some seconds, signed as the policy says', async () => {
    const response = await app.request('/v1/log/checkpoint')
    expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8')
    expect(response.headers.get('cache-control')).toBe('public, max-age=5')
    const checkpoint = await openCheckpoint(await bytesOf(response), POLICY, Date.now() / 1000)
    expect(checkpoint).toMatchObject({ origin: LOG.name, size: 3 })
    const headers = { 'if-none-match': response.headers.get('etag')! }
    expect((await app.request('/v1/log/checkpoint', { headers })).status).toBe(304)
    await store.log.append(await policyRecord({ maxAgeSeconds: 5 }))
    const next = await app.request('/v1/log/checkpoint', { headers })
    expect(next.status).toBe(200)
    expect((await openCheckpoint(await bytesOf(next), POLICY)).size).toBe(4)
  })

  test('tiles of hashes and of entries are bytes for ever, and those of the definitions', async () => {
    const known = new MemoryLog(LOG)
    const entries = await bytesOf(await app.request('/v1/log/tile/entries/000.p/3'))
    for (const record of decodeEntries(entries, 3)) known.append(record)
    expect(known.records).toHaveLength(3)
    for (const tile of tilesOf(3)) {
      const path = `/v1/log/${tilePath(tile)}`
      const response = await app.request(path)
      expect(response.headers.get('content-type')).toBe('application/octet-stream')
      expect(response.headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
      expect(response.headers.get('content-encoding')).toBeNull()
      const bytes = await bytesOf(response)
      expect(response.headers.get('content-length')).toBe(String(bytes.length))
      expect(bytes).toEqual(Buffer.from(known.tile(tile)!))
      const headers = { 'if-none-match': response.headers.get('etag')! }
      const again = await app.request(path, { headers })
      expect([again.status, (await bytesOf(again)).length]).toEqual([304, 0])
    }
  })

  test('a part of a tile is served when the tile is full, out of the whole', async () => {
    const before = new Map<string, Buffer>()
    for (const path of ['tile/0/000.p/3', 'tile/entries/000.p/3']) {
      before.set(path, await bytesOf(await app.request(`/v1/log/${path}`)))
    }
    const records = Array.from({ length: 254 }, (_, n) => policyRecord({ maxAgeSeconds: 100 + n }))
    await Promise.all((await Promise.all(records)).map((record) => store.log.append(record)))
    for (const [path, bytes] of before) {
      const response = await app.request(`/v1/log/${path}`)
      expect(response.headers.get('cache-control')).toContain('immutable')
      expect(await bytesOf(response)).toEqual(bytes)
      const whole = await app.request(`/v1/log/${path.replace('.p/3', '')}`)
      expect((await bytesOf(whole)).subarray(0, bytes.length)).toEqual(bytes)
    }
    expect((await bytesOf(await app.request('/v1/log/tile/1/000.p/1'))).length).toBe(32)
  })

  test('what is no path of a tile is 400, a tile that is not there 404', async () => {
    for (const path of [
      'tile/0/0',
      'tile/0/000.p/0',
      'tile/0/000.p/256',
      'tile/0/000.p/03',
      'tile/6/000',
      'tile/-1/000',
      'tile/0/1000',
      'tile/0/x000/001',
      'tile/data/000',
      'tile/0/000/',
      'tile/0/..%2f..%2fcheckpoint',
    ]) {
      const response = await app.request(`/v1/log/${path}`)
      expect([path, response.status]).toEqual([path, 400])
      await expectProblem(response, 400)
    }
    for (const path of ['tile/0/000', 'tile/0/000.p/4', 'tile/1/000.p/1', 'tile/entries/001.p/1', 'tile/0/x001/000']) {
      const response = await app.request(`/v1/log/${path}`)
      expect([path, response.status]).toEqual([path, 404])
      await expectProblem(response, 404)
    }
    for (const path of ['commits/after-0.json', 'latest', 'tile/entries/%2e%2e/%2e%2e/latest', '']) {
      await expectProblem(await app.request(`/v1/log/${path}`), 404)
    }
  })
})

describe('other origins', () => {
  const origin = { origin: 'https://shop.example' }
  const publicPaths = [
    '/vitrine.js',
    `/assets/${WORKER}`,
    '/v1/latest',
    '/v1/log/checkpoint',
    '/v1/log/tile/0/000.p/3',
    '/v1/log/tile/entries/000.p/3',
    '/v1/log/tile/0/000',
    '/v1/log/tile/x',
    '/healthz',
    '/openapi.json',
    '/nothing/here',
  ]

  test('public answers are open to all, errors too, without credentials', async () => {
    await publish(store, bundle)
    for (const path of [...publicPaths, `/v1/chunks/${bundle.latest.manifest}`, '/v1/chunks/x']) {
      const { headers } = await app.request(path, { headers: origin })
      expect(headers.get('access-control-allow-origin')).toBe('*')
      expect(headers.get('access-control-allow-credentials')).toBeNull()
      expect(headers.get('cross-origin-resource-policy')).toBe('cross-origin')
      expect(headers.get('timing-allow-origin')).toBe('*')
      expect(headers.get('x-content-type-options')).toBe('nosniff')
      expect(headers.get('set-cookie')).toBeNull()
    }
  })

  test('a preflight allows reading and nothing else', async () => {
    const response = await app.request('/v1/latest', {
      method: 'OPTIONS',
      headers: { ...origin, 'access-control-request-method': 'GET', 'access-control-request-headers': 'if-none-match' },
    })
    expect(response.status).toBe(204)
    expect(response.headers.get('access-control-allow-origin')).toBe('*')
    expect(response.headers.get('access-control-allow-methods')).toBe('GET,HEAD')
    expect(response.headers.get('access-control-allow-headers')).toBe('if-none-match')
  })

  test('operator routes are open to none, with the right token or without', async () => {
    for (const path of [
      '/v1/operator/status',
      '/v1/operator/records',
      '/v1/operator/chunks/x',
      '/v1/operator/nothing',
    ]) {
      for (const method of ['OPTIONS', 'GET', 'PUT', 'POST']) {
        for (const authorization of [{}, operator]) {
          const { headers } = await app.request(path, { method, headers: { ...origin, ...authorization } })
          expect(headers.get('access-control-allow-origin')).toBeNull()
          expect(headers.get('access-control-allow-methods')).toBeNull()
          expect(headers.get('cross-origin-resource-policy')).toBe('same-origin')
          expect(headers.get('cache-control')).toBe('no-store')
        }
      }
    }
  })
})

describe('the operator', () => {
  test('puts chunks, publishes, and sees it', async () => {
    for (const [sha256, bytes] of bundle.chunks) {
      const created = await put(`/v1/operator/chunks/${sha256}`, bytes as Uint8Array<ArrayBuffer>)
      expect(created.status).toBe(201)
      expect(await created.json()).toEqual({ sha256, bytes: bytes.length })
      expect((await put(`/v1/operator/chunks/${sha256}`, bytes as Uint8Array<ArrayBuffer>)).status).toBe(200)
    }
    const appended = await post(bundle.record)
    expect(appended.status).toBe(201)
    expect(await appended.json()).toEqual({ index: 2 })
    const again = await post(bundle.record)
    expect([again.status, await again.json()]).toEqual([200, { index: 2 }])
    expect(await latest()).toEqual(bundle.entry)
    const status = await app.request('/v1/operator/status', { headers: operator })
    const { stored, ...rest } = await status.json()
    expect(rest).toEqual({
      version: '1.2.3',
      uptimeSeconds: 0,
      latest: bundle.entry,
      log: { key: POLICY.log, size: 3 },
      policy: POLICY,
      release: { release: 1, files: ((await sampleRelease(1, files)).entry as { files: object }).files },
    })
    const tag = await sampleRelease(1, files)
    const sizes = [...bundle.chunks.values(), ...tag.chunks.values()].map(({ length }) => length)
    expect(stored).toEqual({ chunks: sizes.length, bytes: sizes.reduce((sum, length) => sum + length, 0) })
  })

  test('going back, standing still, a gap, an incomplete bundle and what is no record are refused', async () => {
    for (const version of [1, 2]) await publish(store, await sampleBundle(version))
    for (const [version, code] of [
      [1, 'version-back'],
      [2, 'version-twice'],
      [4, 'gap'],
    ] as const) {
      const other = await sampleBundle(version, 'other')
      await putAll(store, other)
      expect((await expectProblem(await post(other.record), 409)).code).toBe(code)
    }
    const next = await sampleBundle(3)
    const problem = await expectProblem(await post(next.record), 422)
    expect(problem.missing).toEqual([next.latest.manifest])
    for (const body of ['', '{', 'text\n', bundle.record.slice(1), bundle.record.slice(0, -1)]) {
      await expectProblem(await post(body), 422)
    }
    expect(await latest()).toMatchObject({ version: 2 })
  })

  test('a record above the limit is refused, and one at the limit is read', async () => {
    await expectProblem(await post('x'.repeat(MAX_RECORD_BYTES + 1)), 413)
    await expectProblem(await post('x'.repeat(MAX_RECORD_BYTES)), 422)
    await expectProblem(await post(bundle.record, { ...operator, 'content-length': '65536' }), 413)
    await expectProblem(await post(bundle.record, { ...operator, 'content-encoding': 'gzip' }), 415)
    expect((await store.log.head()).size).toBe(2)
  })

  test('of concurrent publishers over HTTP one wins', async () => {
    await publish(store, bundle)
    const rivals = await Promise.all(['a', 'b', 'c', 'd'].map((salt) => sampleBundle(2, salt)))
    for (const rival of rivals) await putAll(store, rival)
    const answers = await Promise.all(rivals.map(({ record }) => post(record)))
    expect(answers.map((answer) => answer.status).sort()).toEqual([201, 409, 409, 409])
    const winner = rivals[answers.findIndex((answer) => answer.status === 201)]
    expect(await latest()).toEqual(winner.entry)
  })

  test('an edge without the log’s key puts nothing on record, and serves what is there', async () => {
    await publish(store, bundle)
    const next = await sampleBundle(2)
    await putAll(store, next)
    app = createApp({ ...options, store: await openStore(join(folder, 'bundles')) })
    await expectProblem(await post(next.record), 503)
    expect(await latest()).toEqual(bundle.entry)
    expect((await app.request('/vitrine.js')).status).toBe(200)
    const status = await (await app.request('/v1/operator/status', { headers: operator })).json()
    expect(status.log).toEqual({ size: 3 })
  })

  test('bytes that are not those of the name are refused and not kept', async () => {
    const [[sha256, bytes]] = bundle.chunks
    const wrong = bytes.slice(1)
    const problem = await expectProblem(await put(`/v1/operator/chunks/${sha256}`, wrong), 422)
    expect(problem.detail).toContain(await sha256Hex(wrong))
    await expectProblem(await app.request(`/v1/chunks/${sha256}`), 404)
    await expectProblem(await put('/v1/operator/chunks/nonsense', wrong), 400)
    await expectProblem(
      await put(`/v1/operator/chunks/${sha256}`, wrong, { ...operator, 'content-encoding': 'gzip' }),
      415,
    )
  })

  test('a body above the limit is refused: by its length when it says one, else while it is read', async () => {
    const sha256 = '0'.repeat(64)
    const body = new Uint8Array(MAX_UPLOAD_BYTES + 1)
    const said = { ...operator, 'content-length': String(body.length) }
    await expectProblem(await put(`/v1/operator/chunks/${sha256}`, body, said), 413)

    let pulled = 0
    const long = () =>
      new ReadableStream({
        pull(controller) {
          if (pulled >= 2 * MAX_UPLOAD_BYTES) return controller.close()
          pulled += 1 << 20
          controller.enqueue(new Uint8Array(1 << 20))
        },
      })
    for (const headers of [operator, { ...operator, 'content-length': '5' }]) {
      pulled = 0
      const request = new Request(`http://edge/v1/operator/chunks/${sha256}`, {
        method: 'PUT',
        headers,
        body: long(),
        duplex: 'half',
      } as RequestInit)
      await expectProblem(await app.request(request), 413)
      expect(pulled).toBeLessThanOrEqual(MAX_UPLOAD_BYTES + (3 << 20)) // a stream reads one or two ahead
    }
  })

  test('a full disk is a 507 problem that does not name our files', async () => {
    const full = Object.assign(new Error('ENOSPC: no space left on device, write /srv/bundles'), { code: 'ENOSPC' })
    app = createApp({ ...options, store: { ...store, putChunk: () => Promise.reject(full) } })
    const problem = await expectProblem(await put(`/v1/operator/chunks/${'0'.repeat(64)}`, 'x'), 507)
    expect(problem.detail).not.toContain('/srv')
  })

  test('the largest chunk there may be is taken', async () => {
    const body = new Uint8Array(MAX_UPLOAD_BYTES)
    expect((await put(`/v1/operator/chunks/${await sha256Hex(body)}`, body)).status).toBe(201)
  })

  test('without the token every operator route says the same, existing or not', async () => {
    const answers = new Set<string>()
    for (const headers of [
      {},
      { authorization: '' },
      { authorization: 'Bearer' },
      { authorization: 'Bearer ' },
      { authorization: `Bearer ${TOKEN}x` },
      { authorization: `Bearer ${TOKEN.slice(1)}` },
      { authorization: `Basic ${Buffer.from(`operator:${TOKEN}`).toString('base64')}` },
      { authorization: TOKEN },
      { 'x-token': TOKEN },
      { authorization: `Bearer ${options.operatorTokenSha256}` }, // knowing the settings is not enough
    ] as Record<string, string>[]) {
      for (const path of ['/v1/operator/status', '/v1/operator/nothing', `/v1/operator/status?token=${TOKEN}`]) {
        const response = await app.request(path, { headers })
        expect(response.headers.get('www-authenticate')).toBe('Bearer')
        answers.add(JSON.stringify(await expectProblem(response, 401)))
      }
      await expectProblem(await post(bundle.record, headers), 401)
    }
    expect(answers.size).toBe(1)
  })

  test('where no token is configured nobody is the operator', async () => {
    app = createApp({ ...options, operatorTokenSha256: undefined })
    for (const authorization of ['', 'Bearer ', 'Bearer undefined', `Bearer ${TOKEN}`]) {
      await expectProblem(await app.request('/v1/operator/status', { headers: { authorization } }), 401)
    }
  })

  test('a token configured where its hash belongs is refused without being repeated', () => {
    const create = () => createApp({ ...options, operatorTokenSha256: TOKEN })
    expect(create).toThrow('operatorTokenSha256')
    expect(create).not.toThrow(TOKEN)
  })
})

describe('what is written down', () => {
  test('has a line a request, with the route and not the address', async () => {
    await publish(store, bundle)
    await app.request(`/v1/chunks/${bundle.latest.manifest}?shopper=42`)
    await app.request('/v1/log/tile/0/000.p/3?shopper=42')
    await app.request('/somewhere/else?shopper=42')
    await app.request('/v1/latest', { method: 'POST' })
    const lines = logged
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    const size = bundle.chunks.get(bundle.latest.manifest)!.length
    expect(lines).toMatchObject([
      { method: 'GET', route: '/v1/chunks/:sha256', status: 200, bytes: size },
      { method: 'GET', route: '/v1/log/tile/:path{.+}', status: 200, bytes: 96 },
      { method: 'GET', route: '*', status: 404 },
      { method: 'POST', route: '*', status: 405 },
    ])
    for (const line of lines) {
      const names = Object.keys(line).filter((name) => !['level', 'time', 'pid', 'hostname'].includes(name))
      expect(['method', 'route', 'status', 'ms', 'bytes']).toEqual(expect.arrayContaining(names))
      expect(line.ms).toBeGreaterThanOrEqual(0)
    }
  })

  test('never has the token, wherever it was sent, nor anything of the visitor', async () => {
    const encoded = Buffer.from(TOKEN).toString('base64')
    const visitor = {
      'user-agent': 'AgentOfAShopper/1.0',
      referer: 'https://shop.example/secret-page',
      cookie: 'sid=cookie-value',
      'x-forwarded-for': '203.0.113.7',
    }
    const placed: [string, RequestInit][] = [
      ['/v1/operator/status', { headers: operator }],
      [`/v1/operator/status?token=${TOKEN}`, {}],
      [`/v1/operator/${TOKEN}`, { headers: operator }],
      [`/${TOKEN}`, {}],
      [`/assets/${TOKEN}`, {}],
      [`/v1/chunks/${TOKEN}`, {}],
      ['/v1/latest', { headers: { 'x-operator-token': TOKEN } }],
      ['/v1/latest', { headers: { 'if-none-match': TOKEN, 'accept-encoding': TOKEN } }],
      ['/v1/operator/status', { headers: { authorization: `Basic ${encoded}` } }],
      ['/v1/operator/records', { method: 'POST', headers: operator, body: TOKEN }],
      ['/v1/operator/records', { method: 'POST', headers: operator, body: `{"token":"${TOKEN}"}\n\n— x AAAAAAAA\n` }],
      [`/v1/log/tile/${TOKEN}`, {}],
      [`/v1/operator/chunks/${TOKEN}`, { method: 'PUT', headers: operator, body: TOKEN }],
      [`/v1/operator/records?${TOKEN}`, { method: 'DELETE', headers: operator }],
    ]
    for (const [path, init] of placed) await app.request(path, { ...init, headers: { ...visitor, ...init.headers } })
    // A failure of our own is logged with its stack; nor does that have it.
    const failing: Store = { ...store, usage: () => Promise.reject(new Error('disk on fire')) }
    const failed = await createApp({ ...options, store: failing }).request(`/v1/operator/status?${TOKEN}`, {
      headers: { ...visitor, ...operator },
    })
    expect(await expectProblem(failed, 500)).not.toHaveProperty('detail', expect.stringContaining('fire'))
    expect(logged).toContain('disk on fire')
    expect(logged.trim().split('\n')).toHaveLength(placed.length + 1)
    for (const secret of [TOKEN, encoded, ...Object.values(visitor)]) expect(logged).not.toContain(secret)
  })
})

describe('methods and prefixes', () => {
  test('a method that a route does not have is 405 and says which it has', async () => {
    const [sha256] = bundle.chunks.keys()
    for (const [path, method, allow] of [
      ['/v1/latest', 'POST', 'GET, HEAD'],
      ['/v1/latest', 'PUT', 'GET, HEAD'],
      [`/v1/chunks/${sha256}`, 'DELETE', 'GET, HEAD'],
      ['/vitrine.js', 'PATCH', 'GET, HEAD'],
      ['/healthz', 'POST', 'GET, HEAD'],
      ['/v1/log/checkpoint', 'POST', 'GET, HEAD'],
      ['/v1/log/tile/0/000', 'PUT', 'GET, HEAD'],
      ['/v1/operator/records', 'GET', 'POST'],
      [`/v1/operator/chunks/${sha256}`, 'DELETE', 'PUT'],
      ['/v1/operator/status', 'PUT', 'GET, HEAD'],
    ]) {
      const response = await app.request(path, { method, headers: operator })
      expect([path, response.headers.get('allow')]).toEqual([path, allow])
      await expectProblem(response, 405)
    }
  })

  test('mounted in a shop under a prefix, it answers the same', async () => {
    await publish(store, bundle)
    const shop = new Hono()
    shop.route('/edge', app)
    shop.get('*', (c) => c.text('the shop'))
    const [sha256] = bundle.chunks.keys()
    const asked: [string, RequestInit][] = [
      ['/vitrine.js', {}],
      [`/assets/${WORKER}`, {}],
      ['/v1/latest', {}],
      [`/v1/chunks/${sha256}`, { headers: { 'accept-encoding': 'br' } }],
      ['/v1/chunks/x', {}],
      ['/nothing', {}],
      ['/healthz', { method: 'POST' }],
      ['/v1/latest', { method: 'OPTIONS' }],
      ['/v1/operator/status', {}],
      ['/v1/operator/nothing', { headers: operator }],
      ['/v1/operator/records', { method: 'POST', headers: operator, body: '{}' }],
      ['/v1/log/checkpoint', {}],
      ['/v1/log/tile/entries/000.p/3', {}],
      ['/v1/log/tile/x', {}],
      ['/openapi.json', {}],
    ]
    for (const [path, init] of asked) {
      const alone = await app.request(path, init)
      const mounted = await shop.request(`/edge${path}`, init)
      expect([path, mounted.status]).toEqual([path, alone.status])
      expect(Object.fromEntries(mounted.headers)).toEqual(Object.fromEntries(alone.headers))
      expect(await bytesOf(mounted)).toEqual(await bytesOf(alone))
    }
    expect(await (await shop.request('/')).text()).toBe('the shop')
    expect(logged).toContain('"route":"/edge/v1/chunks/:sha256"')
  })
})
