/**
 * A round in real browsers, under a demonstration's policy: shoppers with histories of their own, two aggregators as two processes, the
 * publisher as a third, real HTTP between all of them.
 */
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { gzipSync } from 'node:zlib'
import type { Browser, BrowserContext } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { claimOf, DEFAULT_TERMS } from '../../shared/federated/policy.ts'
import type { Policy } from '../../shared/tlog/policy.ts'
import { launchChromium } from '../../trainer/chromium.ts'
import { openPublisherKey } from '../../trainer/keys.ts'
import { openShopStore } from '../../trainer/shop-store.ts'
import { isJoined } from '../../web/store/ledger.ts'
import { aggregatorProcess, spawnVitrine } from '../edge/aggregation/processes.ts'
import { startShop } from '../web/edge.ts'
import { ledgerOf, recordingProxy, scriptOf, serveContributing, shopper } from '../web/federated/contributing-shop.ts'
import { until, type Visit } from '../web/visit.ts'

const { VITRINE_SOAK } = process.env
const SHOPPERS = VITRINE_SOAK ? 20 : 5
const LEAST = VITRINE_SOAK ? 16 : 3
/** In which they all arrive, learn and send, on two cores. */
const MINUTES = VITRINE_SOAK ? 2.5 : 0.7

let folder: string
let browser: Browser
const closing: (() => unknown)[] = []

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vitrine-e2e-round-'))
  browser = await launchChromium(['--disable-blink-features=ComputePressure'])
  closing.push(() => browser.close())
})
afterAll(async () => {
  for (const close of closing.reverse()) await close()
  await rm(folder, { recursive: true, force: true })
})

describe('a round in real browsers', { timeout: 600_000 }, () => {
  it('completes, its model installs, and what was sent is what the ledgers say and says nothing in clear', async () => {
    const key = await openPublisherKey(join(folder, 'publisher.json'), 'shop.example')
    const bundles = join(folder, 'bundles')
    const store = await openShopStore(bundles, {}, key.name)
    const leader = await aggregatorProcess(folder, 'leader.example', 'Shop Ltd', key.verifierKey)
    const helper = await aggregatorProcess(folder, 'helper.example', 'Other Ltd', key.verifierKey)
    for (const one of [leader, helper]) {
      await one.start()
      closing.push(() => one.kill())
    }
    const terms = { ...DEFAULT_TERMS, minBatch: LEAST, minNoiseMultiplier: 0 }
    const { edge, policy } = await serveContributing(store, key, { leader: leader.party, helper: helper.party }, terms)
    closing.push(() => edge.close())
    if (!policy.contribution) throw new Error('nothing is asked for')
    expect(claimOf(policy.contribution, policy.contribution.minNoiseMultiplier)).toEqual({ kind: 'demonstration' })
    // The same release, but for the policy that a production shop pins.
    const contribution = { ...policy.contribution, ...DEFAULT_TERMS }
    const strict = await startStrictEdge(edge.url, policy, { ...policy, contribution })
    const shop = await startShop((path) => ({
      html: `<!doctype html><html lang="en"><title>Shop</title>${scriptOf(path === '/strict' ? strict : edge.url)}<body>`,
    }))
    closing.push(() => shop.close())

    const proxy = await recordingProxy(leader.party.url)
    closing.push(() => proxy.close())
    const recorded = proxy.seen
    const round = spawnVitrine([
      ...[
        'round',
        '--json',
        '--to',
        bundles,
        '--key',
        join(folder, 'publisher.json'),
        '--state',
        join(folder, 'rounds'),
      ],
      ...['--leader', proxy.url, '--helper', helper.party.url, '--min-batch', String(LEAST), '--noise', '0'],
      ...['--hours', String(MINUTES / 60)],
    ])
    closing.push(() => round.kill('SIGKILL'))
    const lines = createInterface({ input: round.stdout as NodeJS.ReadableStream })
    const printed = once(lines, 'line')
    await until(
      async () => (await (await fetch(`${edge.url}/v1/rounds`)).json()) as { rounds: unknown[] },
      ({ rounds }) => rounds.length === 1,
    )

    const visits: Visit[] = []
    const contexts: BrowserContext[] = []
    const arrive = async (path: string, n: number): Promise<Visit> => {
      const context = await browser.newContext()
      contexts.push(context)
      const visit = await shopper(context, shop.url + path, 8 + (n % 5))
      return visit
    }
    const strictVisit = await arrive('strict', 0)
    for (let n = 0; n < SHOPPERS; n++) visits.push(await arrive('', n))
    // Two leave in the middle of it.
    for (const { page } of visits.splice(-2)) await page.context().close()
    for (const visit of visits) {
      await until(
        () => ledgerOf(visit),
        (ledger) => ledger.some((one) => isJoined(one) && one.did.state === 'sent'),
        120_000,
      )
    }
    const refused = await until(
      () => ledgerOf(strictVisit),
      (ledger) => ledger.length > 0,
      60_000,
    )
    expect(refused.map(({ did }) => did)).toEqual([{ what: 'refused', why: 'noise-too-small' }])

    const result = JSON.parse(String((await printed)[0]))
    expect(result).toMatchObject({ outcome: 'released', applied: { version: 2 } })
    expect(result.reports).toBeGreaterThanOrEqual(SHOPPERS - 2)
    expect(result.reports).toBeLessThanOrEqual(SHOPPERS)
    for (const { status } of visits) await until(status, ({ bundle }) => bundle.version === 2, 60_000)

    const uploads = recorded.filter(({ method }) => method === 'PUT')
    const bytesOf = (sent: typeof uploads) => sent.reduce((sum, { body }) => sum + body.length, 0)
    let said = 0
    for (const visit of visits) {
      for (const { did } of (await ledgerOf(visit)).filter(isJoined)) {
        said += did.bytes * did.sends
        expect(bytesOf(uploads.filter(({ path }) => path.endsWith(did.report)))).toBe(did.bytes * did.sends)
      }
    }
    // The two who left have taken their ledgers along.
    const leftBehind = bytesOf(uploads) - said
    expect(leftBehind % (uploads[0]?.body.length ?? 1)).toBe(0)
    expect(leftBehind).toBeLessThanOrEqual(2 * (uploads[0]?.body.length ?? 0))
    for (const { body } of uploads) {
      // What says nothing cannot be made shorter; a coordinate in clear is a small number in eight bytes.
      expect(gzipSync(body).length).toBeGreaterThan(0.97 * body.length)
      expect(body.includes(Buffer.from([0, 0, 0, 0, 0]))).toBe(false)
      expect(body.includes(Buffer.from([255, 255, 255, 255, 255]))).toBe(false)
    }
    // Nor does anything else go there.
    expect(new Set(recorded.filter(({ path }) => !path.startsWith('/v1/rounds/')).map(({ path }) => path))).toEqual(
      new Set(['/healthz', '/v1/messages', '/v1/signatures', '/v1/rounds']),
    )
    for (const { complaints } of [...visits, strictVisit]) expect(complaints).toEqual([])
    await Promise.all(contexts.map((context) => context.close()))
  })
})

async function startStrictEdge(to: string, policy: Policy, instead: Policy): Promise<string> {
  const server = createServer(async (request, response) => {
    const answer = await fetch(to + request.url)
    let body = Buffer.from(await answer.arrayBuffer())
    if (request.url === '/vitrine.js') {
      const text = body.toString()
      const pinned = JSON.stringify(policy)
      expect(text.includes(pinned)).toBe(true)
      body = Buffer.from(text.replace(pinned, () => JSON.stringify(instead)))
    }
    response.writeHead(answer.status, {
      'content-type': answer.headers.get('content-type') ?? 'application/octet-stream',
      'access-control-allow-origin': '*',
      'cross-origin-resource-policy': 'cross-origin',
    })
    response.end(body)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  closing.push(() => server.close())
  closing.push(() => server.closeAllConnections())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
