/** Over real connections: what app.request() cannot show. */
import { createHash } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { type IncomingMessage, type RequestOptions, request } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { brotliDecompressSync } from 'node:zlib'
import { Hono } from 'hono'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createApp } from '../../edge/app.ts'
import { MAX_UPLOAD_BYTES } from '../../edge/chunks.ts'
import { type ServedEdge, serveEdge } from '../../edge/node.ts'
import type { Store } from '../../edge/store.ts'
import { sha256Hex } from '../../shared/model/bundle.ts'
import { audit } from '../../trainer/audit/audit.ts'
import { openSource } from '../../trainer/audit/source.ts'
import { openSample, POLICY, publish, type SampleBundle, sampleBundle, sampleRelease } from './sample-bundle.ts'

const TOKEN = 'over the wire'.replaceAll(' ', '-')
const operator = { authorization: `Bearer ${TOKEN}` }

let folder: string
let store: Store
let bundle: SampleBundle
let edge: ServedEdge

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vitrine-node-'))
  store = await openSample(join(folder, 'bundles'))
  bundle = await sampleBundle(1)
  await publish(store, await sampleRelease(1, { 'vitrine.js': 'the tag', 'worker.4f1c09ab5d6e7f80.js': 'the worker' }))
  await publish(store, bundle)
  await writeFile(join(folder, 'secret.js'), 'outside')
  const operatorTokenSha256 = createHash('sha256').update(TOKEN).digest('hex')
  edge = await serveEdge(createApp({ store, version: '1', operatorTokenSha256 }), {
    port: 0,
  })
})
afterEach(async () => {
  await edge.close()
  await rm(folder, { recursive: true, force: true })
})

interface Answer {
  status: number
  headers: IncomingMessage['headers']
  body: Buffer
}

/** node:http sends the path as it is given; fetch would tidy it first. */
function send(path: string, options: RequestOptions = {}, body?: Iterable<Uint8Array> | Uint8Array): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(edge.url, { ...options, path }, async (response) => {
      const parts: Buffer[] = []
      for await (const part of response) parts.push(part)
      resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(parts) })
    })
    sent.on('error', reject)
    if (body instanceof Uint8Array) sent.end(body)
    else {
      for (const part of body ?? []) sent.write(part)
      sent.end()
    }
  })
}

test('a chunk arrives in brotli with its length, and HEAD has the same length and no body', async () => {
  const [[sha256, bytes]] = bundle.chunks
  const headers = { 'accept-encoding': 'br' }
  const got = await send(`/v1/chunks/${sha256}`, { headers })
  expect(got.headers['content-encoding']).toBe('br')
  expect(brotliDecompressSync(got.body).equals(bytes)).toBe(true)
  const head = await send(`/v1/chunks/${sha256}`, { method: 'HEAD', headers })
  expect(head.headers['content-length']).toBe(String(got.body.length))
  expect(head.body).toHaveLength(0)
  const cached = await send(`/v1/chunks/${sha256}`, { headers: { ...headers, 'if-none-match': got.headers.etag } })
  expect([cached.status, cached.body.length]).toEqual([304, 0])
  expect(Buffer.from(await (await fetch(`${edge.url}/v1/chunks/${sha256}`)).arrayBuffer()).equals(bytes)).toBe(true)
})

test('what is served audits clean, and what lies in the folder', async () => {
  for (const place of [edge.url, join(folder, 'bundles')]) {
    const options = { contents: true, now: Date.now(), publisher: POLICY.publisher }
    const { entries, findings } = await audit(openSource(place), options)
    expect(entries).toEqual({ policy: 1, release: 1, bundle: 1 })
    // The tag of this test is text: it pins no policy, as a real one does.
    const codes = findings.filter(({ severity }) => severity !== 'note').map(({ code }) => code)
    expect(codes).toEqual(['tag-policy'])
  }
})

test('a path that climbs finds nothing', async () => {
  for (const path of ['/assets/../secret.js', '/assets/..%2fsecret.js', '//secret.js', '/assets/%2e%2e/secret.js']) {
    const { status, body } = await send(path)
    expect([path, status]).toEqual([path, 404])
    expect(body.toString()).not.toContain('outside')
  }
  expect((await send('/assets\\..\\secret.js')).status).toBe(400)
})

test('an upload is taken whole or refused, with its length said or not', async () => {
  const half = new Uint8Array(MAX_UPLOAD_BYTES / 2).fill(3)
  const largest = new Uint8Array(MAX_UPLOAD_BYTES).fill(3)
  const path = `/v1/operator/chunks/${await sha256Hex(largest)}`
  const put = { method: 'PUT', headers: operator }
  expect((await send(path, put, [half, half, Uint8Array.of(3)])).status).toBe(413)
  const tooLong = new Uint8Array(MAX_UPLOAD_BYTES + 1)
  expect(
    (await send(path, { ...put, headers: { ...operator, 'content-length': tooLong.length } }, tooLong)).status,
  ).toBe(413)
  expect((await store.usage()).chunks).toBe(6)
  expect((await send(path, put, [half, half])).status).toBe(201)
  expect((await send(path, put, largest)).status).toBe(200)
  expect((await send('/v1/latest')).status).toBe(200)
})

test('an upload that breaks off leaves nothing', async () => {
  const socket = connect(edge.port, '127.0.0.1')
  const head = `PUT /v1/operator/chunks/${'a'.repeat(64)} HTTP/1.1\r\nhost: edge\r\ncontent-length: 1000\r\n`
  socket.write(`${head}authorization: Bearer ${TOKEN}\r\n\r\npartial`)
  await new Promise((resolve) => setTimeout(resolve, 50))
  socket.destroy()
  expect((await send('/v1/latest')).status).toBe(200)
  expect((await store.usage()).chunks).toBe(6)
})

test('headers beyond 16 kB are refused', async () => {
  expect((await send('/v1/latest', { headers: { 'x-long': 'x'.repeat(20_000) } })).status).toBe(431)
})

test('a port in use is an error that names it', async () => {
  const again = serveEdge(new Hono(), { port: edge.port })
  await expect(again).rejects.toThrow(`port ${edge.port} is in use`)
  await expect(serveEdge(new Hono(), { port: 0, host: '192.0.2.1' })).rejects.toThrow('192.0.2.1')
})

test('closing lets a request in flight finish, then frees the port', async () => {
  let release = () => {}
  const released = new Promise<void>((resolve) => {
    release = resolve
  })
  let arrived = () => {}
  const arrival = new Promise<void>((resolve) => {
    arrived = resolve
  })
  const slow = new Hono().get('/slow', async (c) => {
    arrived()
    await released
    return c.text('finished')
  })
  const served = await serveEdge(slow, { port: 0 })
  const answer = fetch(`${served.url}/slow`)
  await arrival
  const closed = served.close()
  expect(served.close()).toBe(closed)
  await expect(fetch(`${served.url}/slow`)).rejects.toThrow()
  const start = Date.now()
  release()
  expect(await (await answer).text()).toBe('finished')
  await closed
  expect(Date.now() - start).toBeLessThan(2_000)
  await (await serveEdge(slow, { port: served.port })).close()
})

test('idle connections do not hold up closing', async () => {
  await (await fetch(`${edge.url}/v1/latest`)).text() // leaves a kept-alive connection behind
  const start = Date.now()
  await edge.close()
  expect(Date.now() - start).toBeLessThan(2_000)
})
