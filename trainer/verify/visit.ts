/** A visit to a shop page as a new shopper makes it, in a fresh profile, with everything the checklist needs written down. */
import { join } from 'node:path'
import type { Browser, BrowserContext, Page, Request } from 'playwright-core'
import { readEdge } from './edge-reading.ts'
import {
  type Complaint,
  type EdgeReading,
  type Evidence,
  type Exchange,
  type PageReading,
  type Policy,
  readHistory,
  readStatus,
  type TagStatus,
} from './evidence.ts'
import { splitPolicies } from './policy.ts'

export interface VisitOptions {
  /** For each page, until it has settled. */
  timeoutMs: number
  ignoreHttpsErrors: boolean
}

export interface Visit {
  /** Opens the page and waits until the tag has done what it will do. */
  open(url: string): Promise<Evidence>
  /** Follows a link to a product, as a shopper would. Undefined when the page has none. */
  followProduct(from: Evidence): Promise<Evidence | undefined>
  close(): Promise<void>
}

const WITNESS = "window[Symbol.for('vitrine.witness')]"
/** How the tag's own words begin in the console, when it cannot start. */
export const TAG_SAYS = 'vitrine: '
/** A tag manager adds the tag after the page has loaded. */
const LATE_TAG_MS = 3_000
/** A shelf is drawn as soon as the bundle is there; its impression follows in 400 ms. */
const SHELF_MS = 3_000
const IMPRESSION_MS = 700
/** The rest of a bundle comes in idle time, 2 s after the start on a page without shelves. */
const WHOLE_BUNDLE_MS = 8_000
const ANSWER_MS = 2_000
const POLL_MS = 150

export async function startVisit(browser: Browser, { timeoutMs, ignoreHttpsErrors }: VisitOptions): Promise<Visit> {
  const context = await browser.newContext({ ignoreHTTPSErrors: ignoreHttpsErrors })
  await context.addInitScript({ path: join(import.meta.dirname, 'witness.js') })
  const page = await context.newPage()
  const records = recordTraffic(page)

  return {
    async open(url) {
      const end = Date.now() + timeoutMs
      const failure = await page.goto(url, { waitUntil: 'commit', timeout: timeoutMs }).then(
        () => undefined,
        (error: Error) =>
          error.message
            .split('\n')[0]
            .replace(/^page\.goto: /, '')
            .replace(/ at https?:.*$/, ''),
      )
      return gather(context, page, records, url, failure, end)
    },
    async followProduct(from) {
      const links = (await evaluate<string[]>(page, `${WITNESS}.links()`)) ?? []
      const link = chooseProduct(links, from)
      if (!link) return undefined
      const end = Date.now() + timeoutMs
      const { document } = records
      // By the keyboard: no cookie banner lies in its way, and browsers know what follows for the shopper's own doing.
      await evaluate(page, `${WITNESS}.focus(${JSON.stringify(link)})`)
      await page.keyboard.press('Enter')
      await page
        .waitForURL((url) => url.href !== from.page?.address, { waitUntil: 'commit', timeout: ANSWER_MS })
        .catch(() => page.goto(link, { waitUntil: 'commit', timeout: timeoutMs }).catch(() => undefined))
      const next = await gather(context, page, records, link, undefined, end)
      return records.document === document ? { ...next, answer: undefined } : next
    },
    close: () => context.close(),
  }
}

interface Records {
  /** The last document that was asked for, and what followed. */
  document?: Request
  exchanges: Exchange[]
  complaints: Complaint[]
  /** What is still being written into `exchanges`. */
  pending: Set<Promise<void>>
}

function recordTraffic(page: Page): Records {
  const records: Records = { exchanges: [], complaints: [], pending: new Set() }
  /** Which of the page's documents asked: what one had under way when it was left fails under the next. */
  const loads = new WeakMap<Request, number>()
  let load = 0
  page.on('request', (request) => {
    if (isDocument(request, page)) {
      records.document = request
      if (!request.redirectedFrom()) {
        load++
        records.exchanges.length = 0
        records.complaints.length = 0
      }
    }
    loads.set(request, load)
  })
  const write = (request: Request, failure?: string) => {
    if (loads.get(request) !== load) return
    const { exchanges } = records
    const work = describeExchange(request, failure).then((exchange) => void exchanges.push(exchange))
    records.pending.add(work)
    work.finally(() => records.pending.delete(work))
  }
  page.on('requestfinished', (request) => write(request))
  page.on('requestfailed', (request) => write(request, request.failure()?.errorText ?? 'failed'))
  page.on('console', (message) => {
    const isTags = message.type() === 'warning' && message.text().startsWith(TAG_SAYS)
    if (message.type() !== 'error' && !isTags) return
    records.complaints.push({ text: message.text(), url: message.location().url, isUncaught: false })
  })
  page.on('pageerror', (error) => {
    const [, url = ''] = /(https?:\/\/[^\s)]+?):\d+:\d+/.exec(error.stack ?? '') ?? []
    records.complaints.push({ text: error.message, url, isUncaught: true })
  })
  return records
}

function isDocument(request: Request, page: Page): boolean {
  return request.isNavigationRequest() && request.frame() === page.mainFrame()
}

async function describeExchange(request: Request, failure?: string): Promise<Exchange> {
  const url = request.url()
  if (failure) {
    const response = await request.response().catch(() => null)
    return response ? { url, failure, status: response.status() } : { url, failure }
  }
  const [response, headers, sizes] = await Promise.all([
    request.response().catch(() => null),
    request.allHeaders().catch((): Record<string, string> => ({})),
    request.sizes().catch(() => undefined),
  ])
  // A file from the HTTP cache did not travel; its size is then reported as less than nothing.
  return {
    url,
    status: response?.status(),
    bytes: Math.max(0, sizes?.responseBodySize ?? 0),
    referrer: headers.referer,
  }
}

async function gather(
  context: BrowserContext,
  page: Page,
  records: Records,
  asked: string,
  failure: string | undefined,
  end: number,
): Promise<Evidence> {
  const { document } = records
  const none = { asked, policies: [], exchanges: [], complaints: [], history: [] }
  if (failure) return { ...none, answer: { failure, redirects: [], loadedInTime: false } }
  const loadedInTime = await page.waitForLoadState('load', { timeout: remaining(end) }).then(
    () => true,
    () => false,
  )
  const answer = document && { ...(await describeAnswer(document)), loadedInTime }

  // A page of an error is looked at as it is: nobody waits for what a tag manager may add to it.
  const lateMs = (answer?.status ?? 200) < 400 ? LATE_TAG_MS : 0
  const first = await waitForTag(page, records, Math.min(end, Date.now() + lateMs), end)
  const script = first?.scripts[0]
  const src = script?.src || records.exchanges.find(({ url }) => isTagFile(url))?.url
  const edge = edgeOf(src)
  const tag = { src: src ?? '' }
  const edgeReading =
    edge && first
      ? await readEdge(context.request, edge, new URL(first.address).origin, tag, Math.max(1_000, remaining(end)))
      : undefined
  const wasRunning = first?.running === true
  const isInstalled = wasRunning && (await waitForBundle(page, edgeReading, end))
  if (isInstalled && first.shelves.length > 0) await lookAtShelves(page, end)

  const status = wasRunning ? await readTag(page, 'status').then(readStatus) : undefined
  const history = wasRunning ? readHistory(await readTag(page, 'history')) : []
  const reading = await read(page)
  await Promise.all(records.pending)
  return {
    asked,
    answer,
    policies: [...(document ? await headerPolicies(document) : []), ...metaPolicies(reading)],
    exchanges: [...records.exchanges],
    complaints: [...records.complaints],
    page: reading,
    status,
    history,
    edge,
    edgeReading,
  }
}

/** Until it runs, or has failed to load, or is not going to come. */
async function waitForTag(page: Page, records: Records, late: number, end: number): Promise<PageReading | undefined> {
  for (;;) {
    const reading = await read(page)
    const hasGivenUp = records.complaints.some(({ text }) => text.startsWith(TAG_SAYS))
    const hasFailed =
      hasGivenUp ||
      records.exchanges.some(({ url, failure, status = 200 }) => isTagFile(url) && (failure || status >= 400))
    const isComing = reading === undefined || (reading.scripts.length > 0 && !hasFailed && Date.now() < late)
    if (reading?.running || Date.now() >= end) return reading
    if (!isComing && (reading.scripts.length > 0 || Date.now() >= late)) return reading
    await delay(POLL_MS)
  }
}

/**
 * Until the bundle is all there, or was refused, or will not come.
 * @returns whether there is one, be it an older one or a part
 */
async function waitForBundle(page: Page, edge: EdgeReading | undefined, end: number): Promise<boolean> {
  const wanted = edge?.manifest?.opened?.chunks.map(({ name }) => name) ?? []
  let isInstalled = false
  let whole = end
  while (Date.now() < Math.min(end, whole)) {
    const status: TagStatus | undefined = readStatus(await readTag(page, 'status'))
    isInstalled = status !== undefined && status.bundle.version > 0
    if (status?.failed || status?.refused || status?.offline) break
    if (isInstalled) whole = Math.min(whole, Date.now() + WHOLE_BUNDLE_MS)
    if (isInstalled && wanted.every((name) => status?.bundle.parts.includes(name))) break
    await delay(POLL_MS)
  }
  return isInstalled
}

async function lookAtShelves(page: Page, end: number): Promise<void> {
  const until = Math.min(end, Date.now() + SHELF_MS)
  while (Date.now() < until) {
    const reading = await read(page)
    if (reading?.shelves.every(({ state }) => state === 'ready' || state === 'empty')) break
    await delay(POLL_MS)
  }
  await evaluate(page, `${WITNESS}.look()`)
  await delay(IMPRESSION_MS)
}

/** A link that the bundle knows as a product's, else one that looks like it. */
function chooseProduct(links: string[], { page, edgeReading }: Evidence): string | undefined {
  const others = links.filter((link) => link.split('#')[0] !== page?.address.split('#')[0])
  const known = new Set<string>()
  for (const { url } of edgeReading?.items ?? []) {
    if (url && URL.canParse(url, page?.address)) known.add(new URL(url, page?.address).pathname)
  }
  return (
    others.find((link) => known.has(new URL(link).pathname)) ??
    others.find((link) => /\/(p|product|products|item|items|dp)\/[^/]/.test(new URL(link).pathname))
  )
}

async function describeAnswer(document: Request) {
  const redirects: { url: string; status: number }[] = []
  for (let hop = document.redirectedFrom(); hop; hop = hop.redirectedFrom()) {
    redirects.unshift({ url: hop.url(), status: (await hop.response())?.status() ?? 0 })
  }
  return { status: (await document.response().catch(() => null))?.status(), redirects }
}

async function headerPolicies(document: Request): Promise<Policy[]> {
  const headers = (await (await document.response().catch(() => null))?.headersArray()) ?? []
  return headers.flatMap(({ name, value }) => {
    const [, reportOnly] = /^content-security-policy(-report-only)?$/i.exec(name) ?? [undefined, 'other']
    if (reportOnly === 'other') return []
    return splitPolicies(value).map((text) => ({ from: 'header' as const, enforced: reportOnly === undefined, text }))
  })
}

function metaPolicies(reading: PageReading | undefined): Policy[] {
  return (reading?.metaPolicies ?? []).map((text) => ({ from: 'meta', enforced: true, text }))
}

function read(page: Page): Promise<PageReading | undefined> {
  return evaluate<PageReading>(page, `${WITNESS}.read()`)
}

function readTag(page: Page, command: 'status' | 'history'): Promise<unknown> {
  return evaluate(page, `${WITNESS}.ask('${command}', ${ANSWER_MS})`)
}

/** Undefined while the page goes from one document to the next, or when its main thread is stuck. */
async function evaluate<T>(page: Page, expression: string): Promise<T | undefined> {
  // What witness.js answers is declared in evidence.ts; they change together.
  const answered = page.evaluate(expression).then(
    (value) => value as T,
    () => undefined,
  )
  return Promise.race([answered, delay(STUCK_MS)])
}
const STUCK_MS = 5_000

/** By name, or pinned to a release; the same in witness.js. */
export function isTagFile(url: string): boolean {
  return /\/(vitrine|assets\/vitrine\.[0-9a-f]{16})\.js([?#]|$)/.test(url)
}

/** As the tag finds it (`web/tag/settings.ts`): what pins a release names it by its hash, among the assets. */
function edgeOf(src: string | undefined): string | undefined {
  if (!src || !URL.canParse(src)) return undefined
  return new URL(/\/assets\/vitrine\.\w+\.js$/.test(new URL(src).pathname) ? '..' : '.', src).href
}

function remaining(end: number): number {
  return Math.max(1, end - Date.now())
}

function delay(ms: number): Promise<undefined> {
  return new Promise((resolve) => setTimeout(resolve, ms, undefined))
}
