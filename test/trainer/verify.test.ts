/** Real pages over real HTTP, well installed and badly: what is wrong must be found, and nothing else. */
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Hono } from 'hono'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createApp } from '../../edge/app.ts'
import { type ServedEdge, serveEdge } from '../../edge/node.ts'
import { openStore, type Store, type StoreOptions } from '../../edge/store.ts'
import { launchChromium } from '../../trainer/chromium.ts'
import type { PublisherKey } from '../../trainer/keys.ts'
import { prepare, publish } from '../../trainer/publish.ts'
import { BUILT_TAG, withPolicy } from '../../trainer/release.ts'
import { folderDestination } from '../../trainer/serve.ts'
import type { Check, Checklist } from '../../trainer/verify/checklist.ts'
import { renderChecklist } from '../../trainer/verify/checklist.ts'
import { verifyIn } from '../../trainer/verify.ts'
import { buildWeb } from '../../web/build.ts'
import { createSigner, publish as madeUp, type Signer } from '../web/edge.ts'

const MAIN = join(import.meta.dirname, '..', '..', 'trainer', 'main.ts')
const DAY_MS = 86_400_000

interface PageSpec {
  html: string
  headers?: Record<string, string>
}

const folders: string[] = []
const served: ServedEdge[] = []
const pages = new Map<string, PageSpec>()
let browser: Browser
let signer: Signer
let key: PublisherKey
let store: Store
let edge: string
let shop: string

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'vitrine-verify-'))
  folders.push(folder)
  return folder
}

async function serve(app: Hono): Promise<string> {
  const server = await serveEdge(app, { port: 0 })
  served.push(server)
  return server.url
}

/** With the policy and the tag on record. */
async function newStore(options: StoreOptions = {}): Promise<Store> {
  const made = await openStore(await newFolder(), signer.log.signer, options)
  await prepare(folderDestination(made), key)
  return made
}

/** A shop of twelve products. */
async function publishTo(to: Store): Promise<Store> {
  const { version, chunks, names } = await madeUp(signer, 1)
  const entry = { type: 'bundle', version, manifest: names.get('manifest') as string } as const
  await publish({ chunks, entry }, key, folderDestination(to))
  return to
}

const edgeOf = (from: Store): Hono => createApp({ store: from, version: 'test' })

const serveEdgeOf = (from: Store): Promise<string> => serve(edgeOf(from))

/** An edge in whose place something else answers with the tag. */
function serveWithTag(code: string | Uint8Array<ArrayBuffer>): Promise<string> {
  const headers = { 'content-type': 'text/javascript', 'access-control-allow-origin': '*' }
  return serve(new Hono().get('/vitrine.js', (c) => c.body(code, 200, headers)).route('/', edgeOf(store)))
}

const builtTag = () => readFile(join(BUILT_TAG, 'vitrine.js'), 'utf8')

/** By the name that is kept for ever, and its integrity. */
async function pinnedIn(from: Store): Promise<{ name: string; integrity: string }> {
  const files = Object.entries((await from.log.head()).standing.release?.files ?? {})
  const [name, integrity] = files.find(([file]) => /^vitrine\.\w{16}\.js$/.test(file)) ?? []
  if (!name || !integrity) throw new Error('no release')
  return { name, integrity }
}

const pinnedLine = (address: string, { name, integrity }: { name: string; integrity: string }) =>
  `<script async src="${address}/assets/${name}" integrity="${integrity}" crossorigin="anonymous"
    referrerpolicy="no-referrer"></script>`

beforeAll(async () => {
  await buildWeb()
  browser = await launchChromium()
  signer = await createSigner()
  key = { ...signer, verifierKey: signer.policy.publisher }
  store = await publishTo(await newStore())
  edge = await serveEdgeOf(store)
  const app = new Hono()
  app.get('/moved', (c) => c.redirect('/good'))
  app.get('*', (c) => {
    const page = pages.get(c.req.path)
    return page ? c.html(page.html, 200, page.headers) : c.html('<!doctype html><title>Not here</title>', 404)
  })
  shop = await serve(app)
})
afterAll(async () => {
  await browser.close()
  await Promise.all(served.map((server) => server.close()))
  await Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true })))
})

const tagLine = (attributes = '', from = edge) =>
  `<script async src="${from}/vitrine.js" referrerpolicy="no-referrer" ${attributes}></script>`

const CONSENT_MODE =
  "window.dataLayer = []; function gtag() { dataLayer.push(arguments) }; gtag('consent', 'default', { personalization_storage: 'denied' })"
const ROOM = 'vitrine-shelf { display: block; min-block-size: 22.5em }'

const productPage = (id: string, { tag = tagLine(), head = '', shelf = true } = {}) => `<!doctype html><html lang="en">
  <title>Shop</title><style nonce="n">${ROOM}</style><script nonce="n">${CONSENT_MODE}</script>
  <script nonce="n" type="application/ld+json">{"@context": "https://schema.org", "@graph": [
    {"@type": "Product", "sku": "${id}", "offers": {"@type": "Offer", "price": 4.5}}, {"@type": "BreadcrumbList"}]}</script>
  ${head}${tag}<main data-vitrine-event="view_item" data-vitrine-item="${id}">a product</main>
  ${shelf ? '<vitrine-shelf kind="for-you" limit="4"></vitrine-shelf>' : ''}`

const STRICT = () =>
  `default-src 'none'; script-src 'nonce-n' ${edge}; style-src 'nonce-n'; connect-src ${edge}; worker-src blob:;
   require-trusted-types-for 'script'; trusted-types vitrine`.replace(/\s+/g, ' ')

async function verify(path: string, page: PageSpec): Promise<Checklist> {
  pages.set(path, page)
  return verifyIn(browser, `${shop}${path}`, { timeoutMs: 15_000 })
}

function check({ checks }: { checks: Check[] }, id: string): Check {
  const found = checks.find((one) => one.id === id)
  if (!found) throw new Error(`no check "${id}" among ${checks.map((one) => one.id)}`)
  return found
}
/** How long the machine takes is not the page's doing. */
const troubles = ({ checks }: { checks: Check[] }) =>
  checks.filter(({ id, state }) => state !== 'ok' && id !== 'long-tasks').map(({ id, state }) => `${id} ${state}`)

describe.concurrent('a page that is well installed', () => {
  it('under a strict policy has nothing to mend, and neither has the product it leads to', async ({ expect }) => {
    pages.set('/p/lamp-1', { html: productPage('lamp-1'), headers: { 'content-security-policy': STRICT() } })
    const html = `${productPage('mug-0')}<a href="/p/lamp-1">A lamp</a>`
    pages.set('/good', { html, headers: { 'content-security-policy': STRICT() } })
    const list = await verifyIn(browser, `${shop}/moved`, { timeoutMs: 15_000, interact: true })
    expect(troubles(list), renderChecklist(list)).toEqual([])
    expect(list.checks.map(({ id }) => id)).toEqual(
      'page tag policy edge record bundle catalogue semantics events shelves consent storage console long-tasks'.split(
        ' ',
      ),
    )
    expect(check(list, 'page')).toMatchObject({ found: 'status 200 after 1 redirect', details: [`302 ${shop}/moved`] })
    expect(check(list, 'record')).toMatchObject({
      found: 'in shop.test/log, 3 entries, no witness asked for',
      details: [key.verifierKey],
    })
    expect(check(list, 'bundle').found).toContain('version 1, 12 items, shelf, items, rules, probes')
    expect(check(list, 'catalogue').found).toContain('(100 %)')
    expect(check(list, 'events').details).toEqual(
      // A second impression where the network took over from counts while the page was looked at.
      expect.arrayContaining(['attribute: view_item 1', expect.stringMatching(/^shelf: rec_impression [12]$/)]),
    )
    expect(check(list, 'shelves').details).toEqual(['for-you: ready, 4 cards'])

    const { followed } = list
    if (!followed) throw new Error('no link was followed')
    expect(followed.url).toBe(`${shop}/p/lamp-1`)
    expect(troubles(followed), JSON.stringify(followed.checks)).toEqual([])
    expect(check(followed, 'catalogue').details).toContain('attributes: 1 of 1 known')
  })

  it('that shows a product without a new document is looked at as the shopper sees it', async ({ expect }) => {
    const turn = `<script nonce="n">document.querySelector('a').addEventListener('click', (event) => {
      event.preventDefault(); history.pushState({}, '', '/p/lamp-1')
      document.querySelector('main').dataset.vitrineItem = 'lamp-1' })</script>`
    const html = `${productPage('mug-0', { shelf: false })}<a href="/p/lamp-1">A lamp</a>${turn}`
    pages.set('/single', { html, headers: { 'content-security-policy': STRICT() } })
    const { followed } = await verifyIn(browser, `${shop}/single`, { timeoutMs: 15_000, interact: true })
    if (!followed) throw new Error('no link was followed')
    expect(followed.url).toBe(`${shop}/p/lamp-1`)
    expect(check(followed, 'page').found).toContain('without loading a new document')
    expect(check(followed, 'policy').found).toContain('1 (header)')
    expect(check(followed, 'events').details).toContain('attribute: view_item 2')
  })
})

describe.concurrent('a page that pins its tag', () => {
  it('is well installed under a policy that allows the files of this release, and no other script of the edge', async ({
    expect,
  }) => {
    const pinned = await pinnedIn(store)
    const { files = {} } = (await store.log.head()).standing.release ?? {}
    const hashes = Object.values(files).map((hash) => `'${hash}'`)
    const policy = STRICT().replace(`script-src 'nonce-n' ${edge}`, `script-src 'nonce-n' ${hashes.join(' ')}`)
    const html = productPage('mug-0', { tag: pinnedLine(edge, pinned) })
    const list = await verify('/pinned', { html, headers: { 'content-security-policy': policy } })
    expect(troubles(list), renderChecklist(list)).toEqual([])
    expect(check(list, 'tag')).toMatchObject({ found: 'running', details: [`${edge}/assets/${pinned.name}`] })
    expect(check(list, 'tag').remedy).toBeUndefined()
    expect(check(list, 'record').state).toBe('ok')
    expect(check(list, 'edge').found).toContain(`${edge}/ answered`)
    expect(policy).not.toMatch(/script-src [^;]*http/)
  })

  it('to an earlier release goes on with it, and is told of the newest', async ({ expect }) => {
    const changing = await publishTo(await newStore())
    const earlier = await pinnedIn(changing)
    await prepare(folderDestination(changing), key, { maxAgeSeconds: 14 * 86_400 })
    const newest = await pinnedIn(changing)
    expect(newest.name).not.toBe(earlier.name)
    const tag = pinnedLine(await serveEdgeOf(changing), earlier)
    const list = await verify('/pinned-earlier', { html: productPage('mug-0', { tag, shelf: false }) })
    expect(troubles(list), renderChecklist(list)).toEqual([])
    expect(check(list, 'tag').remedy).toContain(`assets/${newest.name}" integrity="${newest.integrity}"`)
  })
})

describe.concurrent('a page that is badly installed', () => {
  it('without a tag gets the line to add', async ({ expect }) => {
    const list = await verify('/no-tag', { html: productPage('mug-0', { tag: '', shelf: false }) })
    expect(troubles(list)).toEqual(['tag fail'])
    expect(check(list, 'tag').remedy).toContain('<script async src=')
  })

  it('whose tag was built and not released trusts nothing, and is told how it is released', async ({ expect }) => {
    const tag = tagLine('', await serveWithTag(await builtTag()))
    const list = await verify('/unreleased', { html: productPage('mug-0', { tag, shelf: false }) })
    expect(troubles(list)).toEqual(['tag fail', 'record fail', 'console fail'])
    expect(check(list, 'record').found).toContain('no policy written into it')
    expect(check(list, 'record').remedy).toContain('vitrine publish')
  })

  it('whose tag trusts another publisher is told whom, and that nothing is installed', async ({ expect }) => {
    const { publisher } = (await createSigner('other.test')).policy
    const strange = withPolicy(await builtTag(), { ...signer.policy, publisher })
    const tag = tagLine('', await serveWithTag(strange))
    const list = await verify('/other-publisher', { html: productPage('mug-0', { tag, shelf: false }) })
    expect(troubles(list)).toEqual(['record fail', 'bundle fail'])
    expect(check(list, 'record').found).toContain('would be refused: the publisher has not signed it')
    expect(check(list, 'record').details).toEqual([publisher])
    expect(check(list, 'bundle').found).toBe('what the edge offers was refused: the publisher has not signed it')
  })

  it('whose policy lacks what the tag needs is told the directives, and they are enough', async ({ expect }) => {
    const lacking = `default-src 'self'; script-src 'self' 'nonce-n' ${edge}; style-src 'nonce-n'`
    const list = await verify('/csp', { html: productPage('mug-0'), headers: { 'content-security-policy': lacking } })
    const policy = check(list, 'policy')
    expect(policy.state).toBe('fail')
    expect(policy.details?.join()).toMatch(/refused by connect-src: .*worker\./)
    const [, directives] = policy.remedy?.split('write into the policy: ') ?? []
    expect(directives).toBe(`connect-src 'self' ${edge}; worker-src 'self' ${edge} blob:`)
    expect(check(list, 'bundle').state).toBe('fail')

    const headers = { 'content-security-policy': `${lacking}; ${directives}` }
    expect(troubles(await verify('/csp-mended', { html: productPage('mug-0'), headers }))).toEqual([])
  })

  it('whose tag says that WebAssembly is allowed, and whose policy does not', async ({ expect }) => {
    const tag = tagLine('data-wasm')
    const policy = `script-src 'self' 'nonce-n' ${edge}; worker-src blob:`
    const headers = { 'content-security-policy': policy }
    const list = await verify('/wasm', { html: productPage('mug-0', { tag, shelf: false }), headers })
    const mended = `script-src 'self' 'nonce-n' ${edge} 'wasm-unsafe-eval'`
    expect(check(list, 'policy')).toMatchObject({
      state: 'warn',
      remedy: `write into the policy: ${mended}; or leave data-wasm out of the tag`,
    })
    headers['content-security-policy'] = `${mended}; worker-src blob:`
    const html = productPage('mug-0', { tag, shelf: false })
    expect(check(await verify('/wasm-mended', { html, headers }), 'policy').state).toBe('ok')
  })

  it('whose policy, in a meta element, refuses the tag itself', async ({ expect }) => {
    const head = `<meta http-equiv="Content-Security-Policy" content="script-src 'self' 'nonce-n'; worker-src blob:">`
    const list = await verify('/csp-meta', { html: productPage('mug-0', { head, shelf: false }) })
    expect(check(list, 'tag').found).toBe('refused by the page’s Content-Security-Policy')
    expect(check(list, 'policy').remedy).toContain(`script-src 'self' 'nonce-n' ${edge}`)
  })

  it('whose Trusted Types do not know the tag’s policy', async ({ expect }) => {
    const policy = `require-trusted-types-for 'script'; trusted-types shop; worker-src 'self'`
    const html = productPage('mug-0', { shelf: false })
    const list = await verify('/trusted', { html, headers: { 'content-security-policy': policy } })
    expect(check(list, 'policy').remedy).toBe(
      `write into the policy: worker-src 'self' blob:; trusted-types shop vitrine`,
    )
  })

  it('with products that the bundle does not know, and calls that are no event', async ({ expect }) => {
    const head = `<script nonce="n">
      window.vitrine ||= function () { (vitrine.q ||= []).push(arguments) }; vitrine('event', 'add_to_basket', {})</script>`
    const list = await verify('/unknown', { html: productPage('SKU-85123A', { head, shelf: false }) })
    const catalogue = check(list, 'catalogue')
    expect(catalogue).toMatchObject({ state: 'fail' })
    expect(catalogue.details).toContain('attributes: 0 of 1 known; not "SKU-85123A"')
    expect(catalogue.remedy).toContain('"mug-0"')
    const events = check(list, 'events')
    expect(events.found).toBe('1 (call 0, attribute 1, datalayer 0, shelf 0), 1 rejected, 1 item not in the bundle')
    expect(events).toMatchObject({ state: 'fail', remedy: expect.stringContaining('event field "name"') })
  })

  it('with the tag twice, in the way of parsing, telling the edge its address', async ({ expect }) => {
    const tag = `<script src="${edge}/vitrine.js" referrerpolicy="unsafe-url"></script>`
    const list = await verify('/twice', { html: productPage('mug-0', { tag: tag + tag, shelf: false }) })
    expect(check(list, 'tag')).toMatchObject({ state: 'warn', found: 'running, added 2 times' })
    expect(check(list, 'tag').details).toContain(`its request told the edge which page it was: Referer: ${shop}/twice`)
    expect(check(list, 'tag').remedy).toMatch(/second tag.*no-referrer.*async/)
  })

  it('whose integrity attribute is of another release is given the right hash', async ({ expect }) => {
    const tag = tagLine(`integrity="sha256-${'A'.repeat(43)}=" crossorigin="anonymous"`)
    const list = await verify('/integrity', { html: productPage('mug-0', { tag, shelf: false }) })
    expect(check(list, 'tag').found).toBe('refused by its integrity attribute')
    expect(check(list, 'tag').remedy).toContain((await pinnedIn(store)).integrity)
  })

  it('whose shelf pushes what lies below is told to keep room', async ({ expect }) => {
    const html = `<!doctype html><title>Shop</title>${tagLine()}<h1>Shop</h1>
      <vitrine-shelf kind="for-you"></vitrine-shelf><p style="height: 300px; background: grey">below</p>`
    // Painted before the tag is there, as on any slow network.
    const late = `<script>new PerformanceObserver((list, painted) => { painted.disconnect(); setTimeout(() => {
      const tag = document.createElement('script'); tag.src = '${edge}/vitrine.js'
      tag.dataset.vitrine = ''; document.head.append(tag) }, 300)
    }).observe({ type: 'paint', buffered: true })</script>`
    const list = await verify('/jumps', { html: html.replace(tagLine(), late) })
    expect(check(list, 'shelves')).toMatchObject({ state: 'warn' })
    expect(check(list, 'shelves').remedy).toContain(ROOM)
  })
})

describe.concurrent('an edge', () => {
  it('that cannot be reached', async ({ expect }) => {
    const closed = await serveEdge(new Hono(), { port: 0 })
    await closed.close()
    const tag = tagLine('', closed.url)
    const list = await verify('/away', { html: productPage('mug-0', { tag, shelf: false }) })
    expect(troubles(list)).toEqual(['tag fail', 'edge fail'])
    expect(check(list, 'tag').found).toContain('ECONNREFUSED')
    expect(check(list, 'edge').found).toContain(`no answer from ${closed.url}/v1/latest`)
  })

  it('with nothing published', async ({ expect }) => {
    const empty = await serveEdgeOf(await newStore())
    const tag = tagLine('', empty)
    const list = await verify('/empty', { html: productPage('mug-0', { tag, shelf: false }) })
    expect(check(list, 'edge')).toMatchObject({ state: 'fail', found: 'it answers, and has no bundle' })
    expect(check(list, 'bundle').state).toBe('fail')
  })

  it('that answers a script it does not have', async ({ expect }) => {
    const tag = tagLine('', `${edge}/wrong`)
    const list = await verify('/misplaced', { html: productPage('mug-0', { tag, shelf: false }) })
    expect(check(list, 'tag').found).toContain('status 404')
  })

  it('that no longer signs its checkpoint is named before its shop goes silent for long', async ({ expect }) => {
    const ago = 8 * DAY_MS
    const stale = await publishTo(await newStore({ now: () => Date.now() - ago }))
    const tag = tagLine('', await serveEdgeOf(stale))
    const list = await verify('/stale', { html: productPage('mug-0', { tag, shelf: false }) })
    const day = new Date(Date.now() - ago).toISOString().slice(0, 8)
    expect(check(list, 'record')).toMatchObject({ state: 'fail', remedy: expect.stringContaining('every hour') })
    expect(check(list, 'record').found).toContain(`would be refused: the checkpoint is of ${day}`)
    expect(check(list, 'bundle').found).toContain(`what the edge offers was refused: the checkpoint is of ${day}`)
  })

  it('behind a proxy that drops its CORS headers', async ({ expect }) => {
    const app = new Hono()
    app.use('/v1/*', async (c, next) => {
      await next()
      c.res.headers.delete('access-control-allow-origin')
    })
    app.route('/', edgeOf(store))
    const tag = tagLine('', await serve(app))
    const list = await verify('/cors', { html: productPage('mug-0', { tag, shelf: false }) })
    expect(check(list, 'edge').found).toMatch(/^CORS: .*\/v1\/latest may not be read by this page/)
    expect(check(list, 'edge').remedy).toContain('access-control-allow-origin')
  })

  it('whose tag keeps the main thread busy, and complains', async ({ expect }) => {
    const busy = '{ const end = performance.now() + 200; while (performance.now() < end) {} }'
    const released = new TextDecoder().decode(withPolicy(await builtTag(), signer.policy))
    const slow = await serveWithTag(`${busy};setTimeout(() => { null.x });${released}`)
    const tag = tagLine('crossorigin="anonymous"', slow)
    const list = await verify('/busy', { html: productPage('mug-0', { tag, shelf: false }) })
    const [, longest] = /the longest (\d+) ms/.exec(check(list, 'long-tasks').found) ?? []
    expect(Number(longest)).toBeGreaterThanOrEqual(200)
    expect(check(list, 'console').details?.join()).toMatch(/^uncaught: Cannot read properties of null/)
  })
})

describe('the command', () => {
  const run = (...args: string[]) =>
    new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
      const options = { cwd: join(import.meta.dirname, '..', '..') }
      execFile(process.execPath, ['--import', 'tsx', MAIN, 'verify', ...args], options, (error, stdout, stderr) =>
        resolve({ code: Number(error?.code ?? 0), stdout, stderr }),
      )
    })

  it('prints one JSON document and exits with 1 when something must be mended', async () => {
    const { code, stdout } = await run(`${shop}/nowhere`, '--json', '--timeout', '5')
    const list: Checklist = JSON.parse(stdout.trim().split('\n').at(-1) ?? '')
    expect(check(list, 'page')).toMatchObject({ state: 'fail', found: 'status 404' })
    expect(code).toBe(1)
  })

  it('exits with 2 and a remedy for an address that is none', async () => {
    const { code, stderr } = await run('shop.example')
    expect(code).toBe(2)
    expect(stderr).toContain('→ write it in full')
  })
})
