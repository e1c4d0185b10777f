/** `vitrine start` from an empty folder, as a person runs it: a shop that suggests, Ctrl-C, and a second start. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { decodeModelEntry } from '../../shared/tlog/entry.ts'
import { decodeProof } from '../../shared/tlog/proof.ts'
import { launchChromium } from '../../trainer/chromium.ts'
import type { Shelf, Status } from '../../web/protocol.ts'

const BIN = join(import.meta.dirname, '../../trainer/bin.js')
/** What the first start may take after the install. */
const FIRST_ANSWER_MS = 60_000
/** From the first answer to a trained network, on two cores. */
const NETWORK_MS = 180_000

const folder = mkdtempSync(join(tmpdir(), 'vitrine-start-'))
const started: ChildProcess[] = []
let browser: Browser

beforeAll(async () => {
  browser = await launchChromium()
})

afterAll(async () => {
  await browser?.close()
  for (const child of started) child.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
})

interface Started {
  url: string
  port: string
  said(): string
  /** Ctrl-C. Resolves to the exit code. */
  interrupt(): Promise<number | null>
}

async function start(...args: string[]): Promise<Started> {
  const child = spawn(process.execPath, [BIN, 'start', '--no-open', ...args], { cwd: folder })
  started.push(child)
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text: Buffer) => (said += text))
  const ended = once(child, 'close')
  const answers = /(http:\/\/\S+:(\d+))\/ answers/
  await expect.poll(() => said, { timeout: FIRST_ANSWER_MS, interval: 100 }).toMatch(answers)
  const [, url, port] = answers.exec(said)!
  return {
    url,
    port,
    said: () => said,
    async interrupt() {
      child.kill('SIGINT')
      return (await ended)[0]
    },
  }
}

const statusOf = (page: Page) => page.evaluate(() => window.vitrine?.('status') as Promise<Status>)
const shelf = (page: Page, kind: string) => page.locator(`vitrine-shelf[kind=${kind}][data-state=ready]`)
async function latestAt(url: string): Promise<{ index: number; version: number }> {
  const { record, index } = decodeProof(await (await fetch(`${url}/edge/v1/latest`)).text())
  return { index, version: decodeModelEntry(record).entry.version }
}

async function visit(url: string): Promise<Page> {
  const page = await browser.newPage()
  await page.goto(`${url}/`)
  await shelf(page, 'for-you').locator('li').first().waitFor()
  return page
}

it('serves a shop that suggests from rules, ends at Ctrl-C, and the next start goes on from there', async () => {
  const first = await start('--no-train', '--home', 'home', '--port', '0')
  expect(first.said()).toContain('making the sample shop')
  const page = await visit(first.url)
  await page.locator('.departments a').first().click()
  await page.locator('.results .title').first().click()
  await shelf(page, 'related').locator('li').first().waitFor()
  const seen = (await page.locator('main h1').textContent())?.trim()
  const list = await page.evaluate(() => window.vitrine?.('recommend', { kind: 'for-you', limit: 8 }) as Promise<Shelf>)
  expect(list.models).toContain('rules')
  expect(list.items.map(({ reason }) => reason)).toContainEqual(
    expect.objectContaining({ code: 'viewed', title: seen }),
  )
  expect((await statusOf(page)).bundle).toMatchObject({ version: 1, items: 1230, simulated: true, network: false })

  // The page stays open, with its connections.
  expect(await first.interrupt(), first.said()).toBe(0)
  await expect(fetch(first.url)).rejects.toThrow('fetch failed')
  await expect.poll(async () => (await statusOf(page)).offline, { timeout: 10_000 }).toBe(true)
  expect((await statusOf(page)).bundle.version).toBe(1)

  const second = await start('--no-train', '--home', 'home', '--port', first.port)
  expect(second.url).toBe(first.url)
  expect(second.said()).not.toContain('making the sample shop')
  // After the policy, the tag and the first bundle: what is on record already is not put there again.
  expect(await latestAt(second.url)).toEqual({ index: 3, version: 2 })
  // The key is the same, so the open page takes what the second start published.
  await expect.poll(async () => (await statusOf(page)).bundle.version, { timeout: 15_000 }).toBe(2)
  // Both are said when the installation has ended, a moment after the new version ranks.
  await expect.poll(() => statusOf(page)).toMatchObject({ offline: false, refused: undefined })
  expect(await second.interrupt(), second.said()).toBe(0)
}, 150_000)

it.runIf(process.env.VITRINE_SOAK)(
  'trains behind the open shop and swaps the network in',
  async () => {
    const shop = await start('--home', 'trained', '--port', '0')
    const page = await visit(shop.url)
    expect((await statusOf(page)).bundle.network).toBe(false)
    await expect
      .poll(async () => (await statusOf(page)).bundle.network, { timeout: NETWORK_MS, interval: 500 })
      .toBe(true)
    expect(shop.said()).toMatch(/network live \(bundle 2\)/)
    expect(await shop.interrupt(), shop.said()).toBe(0)
  },
  FIRST_ANSWER_MS + NETWORK_MS + 30_000,
)
