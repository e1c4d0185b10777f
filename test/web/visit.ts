/** A shopper's browser in a shop with the tag: real Chromium, real HTTP, two origins. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { AxeResults } from 'axe-core'
import type { BrowserContext, Page } from 'playwright-core'
import { launchChromium } from '../../trainer/chromium.ts'
import type { HistoryEntry, Shelf, Status } from '../../web/protocol.ts'
import type { Vitrine } from '../../web/tag/api.ts'
import { createSigner, type Published, publish, type Signer, startEdge, startShop, type TestEdge } from './edge.ts'

declare global {
  interface Window {
    vitrine?: Vitrine
  }
}

/** What a page has in its body, what its script tag says beyond the key, and its policy. */
export interface PageSpec {
  body?: string
  head?: string
  tag?: string
  policy?: string
}

export interface World {
  edge: TestEdge
  signer: Signer
  published: Published
  shopUrl: string
  /** A fresh profile. */
  newProfile(): Promise<BrowserContext>
  /** Serves these at /0, /1, … from now on and opens the first. */
  visit(context: BrowserContext, ...pages: PageSpec[]): Promise<Visit>
  close(): Promise<void>
}

export interface Visit {
  page: Page
  /** Everything the page complained of: console errors and warnings, uncaught errors, unhandled rejections. */
  complaints: string[]
  history(): Promise<HistoryEntry[]>
  status(): Promise<Status>
  recommend(request?: { kind?: Shelf['kind']; item?: string; limit?: number }): Promise<Shelf>
  call(...call: unknown[]): Promise<unknown>
}

/** Chromium with a back/forward cache, which Playwright leaves out. */
export async function createWorld(flags: string[] = []): Promise<World> {
  const browser = await launchChromium(flags, ['--disable-back-forward-cache'])
  const signer = await createSigner()
  const published = await publish(signer, 1)
  const edge = await startEdge(signer.policy, published)
  let pages: PageSpec[] = []
  const shop = await startShop((path) => {
    const { body = '', head = '', tag = '', policy } = pages[Number(path.slice(1))] ?? {}
    const script = `<script async src="${edge.url}vitrine.js" ${tag}></script>`
    const html = `<!doctype html><html lang="en"><title>Shop</title>${head}${script}<body>${body}`
    return { html, policy: policy?.replaceAll('EDGE', edge.url.slice(0, -1)) }
  })
  return {
    edge,
    signer,
    published,
    shopUrl: shop.url,
    newProfile: () => browser.newContext(),
    async visit(context, ...specs) {
      pages = specs
      return openVisit(await context.newPage(), `${shop.url}0`)
    },
    async close() {
      await browser.close()
      shop.close()
      edge.close()
    },
  }
}

export async function openVisit(page: Page, url: string): Promise<Visit> {
  const complaints: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(String(error)))
  await page.goto(url)
  const call = (...args: unknown[]) =>
    page.evaluate((call) => Promise.resolve(Reflect.apply(window.vitrine as never, undefined, call)), args)
  return {
    page,
    complaints,
    call,
    history: () => call('history') as Promise<HistoryEntry[]>,
    status: () => call('status') as Promise<Status>,
    recommend: (request) => call('recommend', request) as Promise<Shelf>,
  }
}

const AXE = readFileSync(join(import.meta.dirname, '../../node_modules/axe-core/axe.min.js'), 'utf8')

/** What axe has against a part of the page, which must not be wider than the screen either. axe comes in past the page's policy. */
export async function violationsIn({ page }: Pick<Visit, 'page'>, part: string): Promise<string[]> {
  const client = await page.context().newCDPSession(page)
  await client.send('Page.setBypassCSP', { enabled: true })
  await client.send('Runtime.evaluate', { expression: AXE })
  return page.evaluate(async (of) => {
    const { axe } = window as unknown as { axe: { run(of: string): Promise<AxeResults> } }
    const found = (await axe.run(of)).violations.map(({ id, nodes }) => `${id}: ${nodes[0].html}`)
    return document.documentElement.scrollWidth > innerWidth ? [...found, 'wider than the screen'] : found
  }, part)
}

/** Asks again until it holds: what a person waiting at the page would see. */
export async function until<T>(ask: () => Promise<T>, holds: (value: T) => boolean, timeoutMs = 20_000): Promise<T> {
  const end = Date.now() + timeoutMs
  for (;;) {
    const value = await ask()
    if (holds(value)) return value
    if (Date.now() > end) throw new Error(`still ${JSON.stringify(value)} after ${timeoutMs} ms`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

/** Without ids and times, which differ at every run. */
export function bare(entries: HistoryEntry[]): object[] {
  return entries.map(({ event: { id: _, time: __, ...event }, source }) => ({ source, ...event }))
}

/**
 * Goes away and back again, until the browser says why it kept the page, or why not: a reason that is "masked" is its own, such as
 * too little memory beside other tests, and no page's fault.
 * @param away makes a page, and leaves it for another
 * @returns "null" where the page was kept
 */
export async function backAgain(away: () => Promise<Page>): Promise<string> {
  let why = ''
  for (let n = 0; n < 4 && (why === '' || /"reasons":\[\{"reason":"masked"\}\],"children":\[\]/.test(why)); n++) {
    const page = await away()
    await page.goBack({ waitUntil: 'commit' })
    why = await page.evaluate(() => {
      const [entry] = performance.getEntriesByType('navigation')
      return String(JSON.stringify('notRestoredReasons' in entry ? entry.notRestoredReasons : undefined))
    })
  }
  return why
}
