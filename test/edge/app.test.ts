import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { Hono } from 'hono'
import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createApp, type EdgeOptions } from '../../edge/app.ts'
import { type BundleStore, MAX_UPLOAD_BYTES, openBundles } from '../../edge/bundles.ts'
import { sha256Hex } from '../../shared/model/bundle.ts'
import { publish, putAll, type SampleBundle, sampleBundle } from './sample-bundle.ts'

const TOKEN = 'correct-horse-battery-staple'
const operator = { authorization: `Bearer ${TOKEN}` }
const WORKER = 'worker.4f1c09ab.js'
const files = {
  'vitrine.js': '/* the tag */'.repeat(100),
  [WORKER]: '/* the worker */'.repeat(100),
  'shelf.0a1b2c3d.js': '/* the shelf */',
  'learning-simd.5c6d7e8f.wasm': '\0asm',
  'notes.txt': 'none of the build',
}

let folder: string
let bundles: BundleStore
let options: EdgeOptions
let app: Hono
let bundle: SampleBundle
let logged: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vitrine-edge-'))
  const assets = join(folder, 'tag')
  await mkdir(assets)
  for (const [name, text] of Object.entries(files)) await writeFile(join(assets, name), text)
  const integrity = Object.fromEntries(
    Object.entries(files)
      .filter(([name]) => /\.(js|wasm)$/.test(name))
      .map(([name, text]) => [name, `sha384-${createHash('sha384').update(text).digest('base64')}`]),
  )
  await writeFile(join(assets, 'integrity.json'), JSON.stringify(integrity))
  await writeFile(join(folder, 'secret.js'), 'outside')
  bundles = await openBundles(join(folder, 'bundles'))
  bundle = await sampleBundle(7)
  logged = ''
  options = {
    bundles,
    assets,
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

describe('what browsers fetch', () => {
  beforeEach(() => publish(bundles, bundle))

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

  test('latest is short-lived, and its ETag changes with a publication', async () => {
    const first = await app.request('/v1/latest')
    expect(await first.json()).toEqual(bundle.latest)
    expect(first.headers.get('cache-control')).toMatch(/^public, max-age=60, stale-while-revalidate=\d+$/)
    const etag = first.headers.get('etag')!
    expect((await app.request('/v1/latest', { headers: { 'if-none-match': etag } })).status).toBe(304)
    await publish(bundles, await sampleBundle(8))
    const second = await app.request('/v1/latest', { headers: { 'if-none-match': etag } })
    expect(second.status).toBe(200)
    expect(await second.json()).toMatchObject({ version: 8 })
  })

  test('the tag is short-lived, and what it loads by hash is immutable', async () => {
    const tag = await app.request('/vitrine.js', { headers: { 'accept-encoding': 'br' } })
    expect(tag.headers.get('content-type')).toBe('text/javascript; charset=utf-8')
    expect(tag.headers.get('cache-control')).not.toContain('immutable')
    expect(brotliDecompressSync(await bytesOf(tag)).toString()).toBe(files['vitrine.js'])
    const worker = await app.request(`/assets/${WORKER}`)
    expect(worker.headers.get('cache-control')).toContain('immutable')
    expect(await worker.text()).toBe(files[WORKER])
    const wasm = await app.request('/assets/learning-simd.5c6d7e8f.wasm')
    expect(wasm.headers.get('content-type')).toBe('application/wasm')
    expect(wasm.headers.get('cache-control')).toContain('immutable')
    expect(wasm.headers.get('access-control-allow-origin')).toBe('*')
    for (const name of ['vitrine.js', 'integrity.json']) {
      const response = await app.request(`/assets/${name}`)
      expect(response.status).toBe(200)
      expect(response.headers.get('cache-control')).not.toContain('immutable')
    }
  })

  test('a new build is served as soon as it is there, with another ETag', async () => {
    const before = (await app.request('/assets/shelf.99999999.js')).status
    expect(before).toBe(404)
    await writeFile(join(options.assets, 'shelf.99999999.js'), 'one')
    const one = await app.request('/assets/shelf.99999999.js')
    await writeFile(join(options.assets, 'shelf.99999999.js'), 'three')
    const three = await app.request('/assets/shelf.99999999.js')
    expect([await one.text(), await three.text()]).toEqual(['one', 'three'])
    expect(one.headers.get('etag')).not.toBe(three.headers.get('etag'))
  })

  test('a script that is not what integrity.json says is not served', async () => {
    await writeFile(join(options.assets, WORKER), files[WORKER].replace('worker', 'w0rker'))
    const problem = await expectProblem(await app.request(`/assets/${WORKER}`), 500)
    expect(problem.detail).toContain('integrity.json')
  })

  test('nothing but the build is an asset, however it is asked for', async () => {
    for (const name of [
      'notes.txt',
      '../secret.js',
      '..%2fsecret.js',
      '..%2Fsecret.4f1c09ab.js',
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
    app = createApp({ ...options, bundles: await openBundles(join(folder, 'bundles')) })
    for (const accept of ['br', 'gzip', 'identity']) {
      const response = await app.request(`/v1/chunks/${sha256}`, { headers: { 'accept-encoding': accept } })
      expect((await expectProblem(response, 500)).detail).toContain('damaged')
    }
    expect(logged).toContain('damaged')
  })

  test('HEAD says what GET says, without the body', async () => {
    const [sha256] = bundle.chunks.keys()
    for (const path of ['/vitrine.js', `/assets/${WORKER}`, '/v1/latest', `/v1/chunks/${sha256}`, '/openapi.json']) {
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
    const empty = createApp({ ...options, bundles: await openBundles(join(folder, 'empty')) })
    await expectProblem(await empty.request('/healthz'), 503)
    await expectProblem(await empty.request('/v1/latest'), 404)
  })

  test('Global Privacy Control is declared', async () => {
    const response = await app.request('/.well-known/gpc.json')
    expect(response.headers.get('content-type')).toBe('application/json')
    expect(await response.json()).toEqual({ gpc: true, lastUpdate: expect.stringMatching(/^\d{4}-\d\d-\d\d$/) })
  })

  test('a tag that is not built is a 404 that says how', async () => {
    app = createApp({ ...options, assets: join(folder, 'nowhere') })
    expect((await expectProblem(await app.request('/vitrine.js'), 404)).detail).toContain('npm run build')
  })
})

describe('other origins', () => {
  const origin = { origin: 'https://shop.example' }
  const publicPaths = ['/vitrine.js', `/assets/${WORKER}`, '/v1/latest', '/healthz', '/openapi.json', '/nothing/here']

  test('public answers are open to all, errors too, without credentials', async () => {
    await publish(bundles, bundle)
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
      '/v1/operator/latest',
      '/v1/operator/chunks/x',
      '/v1/operator/nothing',
    ]) {
      for (const method of ['OPTIONS', 'GET', 'PUT']) {
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
    const published = await put('/v1/operator/latest', JSON.stringify(bundle.latest))
    expect(published.status).toBe(200)
    expect(await published.json()).toEqual(bundle.latest)
    expect(await (await app.request('/v1/latest')).json()).toEqual(bundle.latest)
    const status = await app.request('/v1/operator/status', { headers: operator })
    const size = [...bundle.chunks.values()].reduce((sum, bytes) => sum + bytes.length, 0)
    expect(await status.json()).toEqual({
      version: '1.2.3',
      uptimeSeconds: 0,
      latest: bundle.latest,
      stored: { chunks: 3, bytes: size },
    })
  })

  test('going back, standing still and an incomplete bundle are refused', async () => {
    await publish(bundles, bundle)
    for (const version of [6, 7]) {
      const other = await sampleBundle(version, 'other')
      await putAll(bundles, other)
      const problem = await expectProblem(await put('/v1/operator/latest', JSON.stringify(other.latest)), 409)
      expect(problem.current).toEqual(bundle.latest)
    }
    const next = await sampleBundle(8)
    await expectProblem(await put('/v1/operator/latest', JSON.stringify(next.latest)), 422)
    for (const body of ['', '{', '[]', '{"version":9}', `{"version":"9","manifest":"${next.latest.manifest}"}`]) {
      await expectProblem(await put('/v1/operator/latest', body), 400)
    }
    await expectProblem(await put('/v1/operator/latest', `{"padding":"${'x'.repeat(2000)}"}`), 413)
    expect(await (await app.request('/v1/latest')).json()).toEqual(bundle.latest)
  })

  test('of concurrent publishers over HTTP one wins', async () => {
    const rivals = await Promise.all(['a', 'b', 'c', 'd'].map((salt) => sampleBundle(8, salt)))
    for (const rival of rivals) await putAll(bundles, rival)
    const answers = await Promise.all(rivals.map((r) => put('/v1/operator/latest', JSON.stringify(r.latest))))
    expect(answers.map((answer) => answer.status).sort()).toEqual([200, 409, 409, 409])
    const winner = rivals[answers.findIndex((answer) => answer.status === 200)]
    expect(await (await app.request('/v1/latest')).json()).toEqual(winner.latest)
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
    app = createApp({ ...options, bundles: { ...bundles, putChunk: () => Promise.reject(full) } })
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
      await expectProblem(await put('/v1/operator/latest', '{}', headers), 401)
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

describe('the log', () => {
  test('has a line a request, with the route and not the address', async () => {
    await publish(bundles, bundle)
    await app.request(`/v1/chunks/${bundle.latest.manifest}?shopper=42`)
    await app.request('/somewhere/else?shopper=42')
    await app.request('/v1/latest', { method: 'POST' })
    const lines = logged
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    const size = bundle.chunks.get(bundle.latest.manifest)!.length
    expect(lines).toMatchObject([
      { method: 'GET', route: '/v1/chunks/:sha256', status: 200, bytes: size },
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
      ['/v1/operator/latest', { method: 'PUT', headers: operator, body: TOKEN }],
      ['/v1/operator/latest', { method: 'PUT', headers: operator, body: JSON.stringify({ token: TOKEN }) }],
      [`/v1/operator/chunks/${TOKEN}`, { method: 'PUT', headers: operator, body: TOKEN }],
      [`/v1/operator/latest?${TOKEN}`, { method: 'DELETE', headers: operator }],
    ]
    for (const [path, init] of placed) await app.request(path, { ...init, headers: { ...visitor, ...init.headers } })
    // A failure of our own is logged with its stack; nor does that have it.
    const failing: BundleStore = { ...bundles, latest: () => Promise.reject(new Error('disk on fire')) }
    const failed = await createApp({ ...options, bundles: failing }).request(`/v1/operator/status?${TOKEN}`, {
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
      ['/v1/operator/latest', 'GET', 'PUT'],
      [`/v1/operator/chunks/${sha256}`, 'DELETE', 'PUT'],
      ['/v1/operator/status', 'PUT', 'GET, HEAD'],
    ]) {
      const response = await app.request(path, { method, headers: operator })
      expect([path, response.headers.get('allow')]).toEqual([path, allow])
      await expectProblem(response, 405)
    }
  })

  test('mounted in a shop under a prefix, it answers the same', async () => {
    await publish(bundles, bundle)
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
      ['/v1/operator/latest', { method: 'PUT', headers: operator, body: '{}' }],
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

test('publishing leaves only chunks, their copies and the pointer in the folder', async () => {
  await publish(bundles, bundle)
  const names = await readdir(join(folder, 'bundles', 'chunks'))
  expect(names.filter((name) => !/^[0-9a-f]{64}(\.br)?$/.test(name))).toEqual([])
  expect(await readdir(join(folder, 'bundles', 'latest'))).toEqual(['after-0.json'])
})
