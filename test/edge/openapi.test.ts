/** The document must list what the application answers, and be OpenAPI 3.1 as far as its rules can be checked here. */
import { createHash } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Hono } from 'hono'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createApp } from '../../edge/app.ts'
import type { openApiDocument } from '../../edge/openapi.ts'
import { openStore, type Store } from '../../edge/store.ts'
import { LOG, openSample, policyRecord, publish, sampleBundle, sampleRelease } from './sample-bundle.ts'

const TOKEN = 'of-the-document'

type Document = Awaited<ReturnType<typeof openApiDocument>>
type Operation = NonNullable<Document['paths'][string]['get']>

let folder: string
let store: Store
let app: Hono
let document: Document

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vitrine-openapi-'))
  store = await openStore(folder, LOG)
  app = createApp({ store, version: '1.2.3', operatorTokenSha256: createHash('sha256').update(TOKEN).digest('hex') })
  document = await (await app.request('/openapi.json')).json()
})
afterAll(() => rm(folder, { recursive: true, force: true }))

function operations(): [string, Operation][] {
  return Object.entries(document.paths ?? {}).flatMap(([path, item]) =>
    Object.entries(item ?? {}).map(([method, operation]): [string, Operation] => [
      `${method.toUpperCase()} ${path}`,
      operation as Operation,
    ]),
  )
}

test('every route is documented, and nothing else is', () => {
  const routes = app.routes.filter((route) => route.method !== 'ALL')
  const declared = new Set(routes.map(({ method, path }) => `${method} ${path.replace(/:(\w+)(\{.+?\})?/g, '{$1}')}`))
  expect(new Set(operations().map(([name]) => name))).toEqual(declared)
  expect([...declared].sort()).toEqual([
    'GET /.well-known/gpc.json',
    'GET /assets/{file}',
    'GET /healthz',
    'GET /openapi.json',
    'GET /v1/chunks/{sha256}',
    'GET /v1/latest',
    'GET /v1/log/checkpoint',
    'GET /v1/log/tile/{path}',
    'GET /v1/operator/status',
    'GET /v1/rounds',
    'GET /vitrine.js',
    'POST /v1/operator/records',
    'PUT /v1/operator/chunks/{sha256}',
  ])
})

test('the document has what OpenAPI 3.1 requires of it', () => {
  expect(document.openapi).toMatch(/^3\.1\.\d+$/)
  expect(document.info).toMatchObject({ title: expect.any(String), version: '1.2.3' })
  expect(document.info.license).not.toHaveProperty('url') // excludes `identifier`
  const tags = new Set(document.tags?.map((tag) => tag.name))
  const ids = operations().map(([, operation]) => operation.operationId)
  expect(new Set(ids).size).toBe(ids.length)
  for (const [name, operation] of operations()) {
    expect(operation.summary, name).toBeTruthy()
    for (const tag of operation.tags ?? []) expect(tags).toContain(tag)
    const inPath = [...name.matchAll(/\{(\w+)\}/g)].map(([, parameter]) => parameter)
    expect(operation.parameters ?? [], name).toMatchObject(
      inPath.map((parameter) => ({ name: parameter, in: 'path', required: true, schema: { type: 'string' } })),
    )
    const statuses = Object.entries(operation.responses ?? {})
    expect(statuses.length, name).toBeGreaterThan(0)
    for (const [status, response] of statuses) {
      expect(status).toMatch(/^[1-5]\d\d$/)
      expect(response, `${name} ${status}`).toHaveProperty('description', expect.stringMatching(/\w/))
      const problem = Number(status) >= 400
      expect(Object.hasOwn(Object(response).content ?? {}, 'application/problem+json')).toBe(problem)
    }
  }
})

test('every reference resolves, and every schema type is one of JSON Schema', () => {
  const types = ['array', 'boolean', 'integer', 'null', 'number', 'object', 'string']
  let references = 0
  const walk = (value: unknown, parent?: string): void => {
    if (typeof value !== 'object' || value === null) return
    for (const [key, inner] of Object.entries(value)) {
      if (key === '$ref') {
        references++
        const target = String(inner)
          .slice(2)
          .split('/')
          .reduce<unknown>((at, step) => Object(at)[step], document)
        expect(target, String(inner)).toBeTypeOf('object')
      }
      if (key === 'type' && typeof inner === 'string' && parent !== 'securitySchemes' && !('scheme' in value)) {
        expect(types).toContain(inner)
      }
      walk(inner, key)
    }
  }
  walk(document)
  expect(references).toBeGreaterThan(10)
})

test('the operator routes, and only they, need the token', () => {
  for (const [name, operation] of operations()) {
    const needed = name.includes('/operator/') ? [{ operator: [] }] : undefined
    expect(operation.security, name).toEqual(needed)
    expect(Object.keys(operation.responses ?? {}).includes('401'), name).toBe(needed !== undefined)
  }
  expect(document.components?.securitySchemes?.operator).toEqual({ type: 'http', scheme: 'bearer' })
})

test('the server is the folder that the document lies in, wherever that is mounted', () => {
  const [{ url }] = document.servers ?? []
  expect(new URL(url, 'https://shop.example/edge/openapi.json').href).toBe('https://shop.example/edge/')
})

test('what is answered is a status that is documented', async () => {
  const seen = async (path: string, route: string, status: number, init?: RequestInit) => {
    expect((await app.request(path, init)).status, path).toBe(status)
    const documented = operations().find(([name]) => name === route)?.[1].responses ?? {}
    expect(Object.keys(documented), route).toContain(String(status))
  }
  const hash = 'a'.repeat(64)
  await seen('/healthz', 'GET /healthz', 503)
  await seen('/v1/latest', 'GET /v1/latest', 404)
  await seen('/vitrine.js', 'GET /vitrine.js', 404)
  await seen('/v1/log/checkpoint', 'GET /v1/log/checkpoint', 404)
  // Another process publishes.
  const other = await openSample(folder)
  await publish(other, await sampleRelease(1, { 'vitrine.js': 'the tag' }))
  await publish(other, await sampleBundle(1))
  await seen('/healthz', 'GET /healthz', 200)
  for (const path of ['/v1/latest', '/v1/log/checkpoint', '/v1/rounds']) {
    await seen(path, `GET ${path}`, 200)
    await seen(path, `GET ${path}`, 304, { headers: { 'if-none-match': '*' } })
  }
  const tile = 'GET /v1/log/tile/{path}'
  await seen('/v1/log/tile/0/000.p/3', tile, 200)
  await seen('/v1/log/tile/0/000.p/3', tile, 304, { headers: { 'if-none-match': '*' } })
  await seen('/v1/log/tile/0/000', tile, 404)
  await seen('/v1/log/tile/0/0', tile, 400)
  await seen('/v1/chunks/x', 'GET /v1/chunks/{sha256}', 400)
  await seen(`/v1/chunks/${hash}`, 'GET /v1/chunks/{sha256}', 404)
  await seen('/vitrine.js', 'GET /vitrine.js', 200)
  await seen('/assets/integrity.json', 'GET /assets/{file}', 200)
  await seen('/assets/nothing.js', 'GET /assets/{file}', 404)
  await seen('/openapi.json', 'GET /openapi.json', 200)

  const records = 'POST /v1/operator/records'
  const post = (path: string, status: number, body: BodyInit, headers: Record<string, string> = {}) =>
    seen(path, records, status, { method: 'POST', body, headers: { authorization: `Bearer ${TOKEN}`, ...headers } })
  await post('/v1/operator/records', 401, '', { authorization: '' })
  await post('/v1/operator/records', 413, 'x'.repeat(65_536))
  await post('/v1/operator/records', 415, '', { 'content-encoding': 'br' })
  await post('/v1/operator/records', 422, '')
  await post('/v1/operator/records', 409, (await sampleBundle(3)).record)
  const policy = await policyRecord({ maxAgeSeconds: 5 })
  await post('/v1/operator/records', 201, policy)
  await post('/v1/operator/records', 200, policy)
})
