/**
 * The report in a real browser, from a file, as a merchant opens it: nothing leaves, nothing that a catalogue says runs,
 * neighbours are the right ones, and it can be used by keyboard at two widths in both schemes.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { AxeResults } from 'axe-core'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { seeded } from '../../../shared/data/random.ts'
import { contentOf } from '../../../shared/model/content.ts'
import { initParams, type ModelConfig } from '../../../shared/model/params.ts'
import { rowsOf } from '../../../shared/model/quantise.ts'
import { launchChromium } from '../../../trainer/chromium.ts'
import type { Histories } from '../../../trainer/datasets/histories.ts'
import { PRESETS } from '../../../trainer/presets.ts'
import { makeBundle } from '../../../trainer/publish.ts'
import { viewHistory } from '../../../trainer/report/history-view.ts'
import { renderPage } from '../../../trainer/report/page.ts'
import { pageScript } from '../../../trainer/report/page-script.ts'
import { type RunView, viewRun } from '../../../trainer/report/run-view.ts'
import { writeParts, writeRun } from '../../../trainer/run-folder.ts'
import { historiesOf, viewsOf } from '../small-histories.ts'

const ITEMS = 60
const HOSTILE = `</script><img src=x onerror="window.ran=1"><b title='`
const AXE = readFileSync(join(import.meta.dirname, '../../../node_modules/axe-core/axe.min.js'), 'utf8')
const home = mkdtempSync(join(tmpdir(), 'vitrine-report-'))
const file = join(home, 'report.html')
/** Only their names and lengths are shown. */
const PARTS = { profile: new Uint8Array(50), segments: new Uint8Array(70) }
let browser: Browser
let runs: (RunView & { data: number })[]
let h: Histories

function shop(): Histories {
  const random = seeded('report')
  const histories = historiesOf(
    Array.from({ length: 80 }, () =>
      viewsOf(...Array.from({ length: 3 + random.int(9) }, () => Math.floor(ITEMS * random.next() ** 2))),
    ),
    ITEMS,
  )
  histories.name = `Shop ${HOSTILE}`
  for (const [item, product] of histories.items.entries()) {
    product.title = item === 7 ? HOSTILE : `${['Blue', 'Red', 'Crème'][item % 3]} mug no. ${item}`
    product.category = ['Home', item % 2 === 0 ? 'Mugs' : `Odd ${HOSTILE}`]
    product.brand = `Brand ${item % 9}`
  }
  return histories
}

async function makeRun(seed: number): Promise<string> {
  const folder = join(home, `run ${seed} <b> & "x"`)
  const config: ModelConfig = {
    items: ITEMS,
    contentWidth: contentOf(h.items).width,
    width: 8,
    blocks: 1,
    heads: 2,
    window: 4,
    hidden: 8,
  }
  const epochs = [1, 2, 3].map((epoch) => ({
    epoch,
    loss: 4 / epoch + seed / 10,
    ndcg: epoch / 20,
    seconds: 9 * epoch,
  }))
  const weights = { network: seed / 10, rules: 1, popularity: 0.2, buyAgain: 0 }
  await writeRun(
    folder,
    {
      format: 'vitrine-run/1',
      dataset: h.name,
      preset: PRESETS.tiny,
      seed,
      split: HOSTILE,
      epochs,
      best: epochs[2],
      whole: { passes: 3, loss: 1, seconds: 27 },
      blend: { weights, newItems: 1, validationNdcg: 0.2 },
      backend: 'wasm',
    },
    config,
    { measured: initParams(config, seed), shipped: initParams(config, seed + 1) },
  )
  return folder
}

beforeAll(async () => {
  h = shop()
  runs = []
  for (const seed of [1, 2]) {
    const folder = await makeRun(seed)
    if (seed === 1) await writeParts(folder, PARTS)
    runs.push({ ...(await viewRun(folder, folder.split('/').at(-1) ?? '', h)), data: 0 })
  }
  const data = [{ histories: h, view: await viewHistory(h, 'unused') }]
  writeFileSync(file, renderPage({ runs, data, made: new Date(0) }, await pageScript()))
  browser = await launchChromium()
})

afterAll(async () => {
  await browser?.close()
  rmSync(home, { recursive: true, force: true })
})

interface Opened {
  page: Page
  /** Everything asked for, beside the file itself. */
  requests: string[]
  complaints: string[]
}

async function open(width: number, colorScheme: 'light' | 'dark' = 'light'): Promise<Opened> {
  const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme })
  const opened: Opened = { page, requests: [], complaints: [] }
  page.on('request', (request) => {
    const url = request.url()
    if (url !== pathToFileURL(file).href && !url.startsWith('data:')) opened.requests.push(url)
  })
  page.on('pageerror', (error) => opened.complaints.push(error.message))
  page.on('console', (message) => opened.complaints.push(message.text()))
  await page.addInitScript({ content: AXE })
  await page.goto(pathToFileURL(file).href)
  await page.locator('.nearest li').first().waitFor()
  return opened
}

/** Titles with their cosines to two digits, from the floats that the int8 rows stand for. */
function bruteForce(run: RunView, item: number): string[] {
  const { width } = run.network.table
  const rows = rowsOf(run.network.table)
  const row = (n: number) => rows.subarray(n * width, (n + 1) * width)
  const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, j) => sum + value * b[j], 0)
  const cosine = (n: number) => dot(row(item), row(n)) / Math.sqrt(dot(row(item), row(item)) * dot(row(n), row(n)))
  return h.items
    .map(({ title }, n) => ({ n, title, cosine: cosine(n) }))
    .filter(({ n }) => n !== item)
    .sort((a, b) => b.cosine - a.cosine)
    .slice(0, 10)
    .map(({ title, cosine: value }) => `${title} ${value.toFixed(2).replace('-', '−')}`)
}

const listed = (page: Page, run: number) =>
  page
    .locator(`.nearest[data-run="${run}"] li`)
    .evaluateAll((rows) =>
      rows.map((row) =>
        [row.querySelector('button'), row.querySelector('.cosine')].map((part) => part?.textContent).join(' '),
      ),
    )

it('counts the chunks that publishing the run makes, its profile and segments among them', async () => {
  for (const [run, parts] of [PARTS, {}].entries()) {
    const { network, info, sizes } = runs[run]
    const published = await makeBundle({
      histories: h,
      network,
      blend: info.blend.weights,
      parts,
      version: 7,
      now: 1_700_000_000_000,
    })
    const nameAndBytes = ({ name, bytes }: { name: string; bytes: number }) => [name, bytes]
    expect(sizes.map(nameAndBytes)).toEqual(published.manifest.chunks.map(nameAndBytes))
    expect(sizes.some(({ name }) => name === 'profile' || name === 'segments')).toBe(run === 0)
  }
})

describe('the page', () => {
  it('lets nothing leave and runs nothing but its own script, whatever a title says', async () => {
    const { page, requests, complaints } = await open(1280)
    await page.getByRole('combobox').fill('onerror')
    await page.keyboard.press('Enter')
    expect(await page.locator('.nearest h4').first().textContent()).toBe(`Nearest to ${HOSTILE}`)
    await page.locator('#as-list summary').click()
    await page.getByLabel('Category').selectOption({ index: 1 })
    await page.waitForTimeout(200)
    expect(await page.locator('img, b[title]').count()).toBe(0)
    expect(await page.evaluate('window.ran')).toBeUndefined()
    expect(requests).toEqual([])
    // Were a title markup, the policy would still let neither its picture nor its script through.
    const refused = page.waitForEvent('requestfailed')
    await page.evaluate(
      `document.body.insertAdjacentHTML('beforeend', '<img src="https://out.example/x" onerror="window.ran=2">')`,
    )
    expect((await refused).failure()?.errorText).toBe('csp')
    await page.waitForTimeout(100)
    expect(await page.evaluate('window.ran')).toBeUndefined()
    expect(complaints.every((text) => text.includes('Content Security Policy'))).toBe(true)
    expect(complaints.length).toBeGreaterThan(0)
    await page.close()
  })

  it('names the neighbours of a typed item in every run as a plain search over all items does', async () => {
    const { page, complaints } = await open(1280)
    const finder = page.getByRole('combobox')
    for (const [typed, item] of [
      ['creme no. 41', 41],
      ['i30', 30],
    ] as const) {
      await finder.fill(typed)
      await page.keyboard.press('ArrowDown')
      await page.keyboard.press('Enter')
      expect(await finder.inputValue()).toBe(h.items[item].title)
      for (const [n, run] of runs.entries()) expect(await listed(page, n)).toEqual(bruteForce(run, item))
    }
    // A neighbour is a step further.
    const next = bruteForce(runs[1], 30)[2].replace(/ \S+$/, '')
    await page.locator('.nearest[data-run="1"] button').nth(2).click()
    expect(await listed(page, 0)).toEqual(
      bruteForce(
        runs[0],
        h.items.findIndex(({ title }) => title === next),
      ),
    )
    expect(complaints).toEqual([])
    await page.close()
  })

  it('is a combobox by keyboard: arrows move, Escape closes, what is active is announced', async () => {
    const { page } = await open(390)
    const finder = page.getByRole('combobox')
    await finder.focus()
    await finder.fill('mug')
    expect(await finder.getAttribute('aria-expanded')).toBe('true')
    expect(await page.locator('#matches').textContent()).toMatch(/^59 items; the 12 most wanted/)
    await page.keyboard.press('ArrowUp')
    expect(await finder.getAttribute('aria-activedescendant')).toBe('option11')
    await page.keyboard.press('ArrowDown')
    const active = await finder.getAttribute('aria-activedescendant')
    expect(await page.locator(`#${active}`).getAttribute('aria-selected')).toBe('true')
    expect(active).toBe('option0')
    await page.keyboard.press('Escape')
    expect(await finder.getAttribute('aria-expanded')).toBe('false')
    expect(await finder.inputValue()).toBe('mug')
    await finder.fill('no such thing')
    expect(await page.locator('#matches').textContent()).toBe('0 items')
    await page.close()
  })

  it('says what is under the pointer on the map, and shows one category alone', async () => {
    const { page } = await open(1280)
    const map = page.locator('.map[data-run="0"]')
    await map.locator('svg').first().scrollIntoViewIfNeeded()
    const box = await map.locator('svg').first().boundingBox()
    const chosen = await map
      .locator('.picked .chosen')
      .evaluate((ring) => [ring.getAttribute('cx'), ring.getAttribute('cy')])
    const scale = (box?.width ?? 0) / 640
    await page.mouse.move((box?.x ?? 0) + Number(chosen[0]) * scale, (box?.y ?? 0) + Number(chosen[1]) * scale)
    expect(await map.locator('.pointed').textContent()).toContain('wanted')
    const button = map.getByRole('button', { name: 'Mugs' })
    await button.click()
    expect(await button.getAttribute('aria-pressed')).toBe('true')
    expect(await map.locator('svg .dots.dim').count()).toBe(1)
    await button.click()
    expect(await map.locator('svg .dots.dim').count()).toBe(0)
    await page.close()
  })

  it.each([
    [390, 'dark'],
    [1280, 'light'],
  ] as const)('%i wide, %s: no violation that axe can find, nothing wider than the screen', async (width, scheme) => {
    const { page } = await open(width, scheme)
    await page.locator('details').evaluateAll((all) => {
      for (const details of all) details.setAttribute('open', '')
    })
    const violations = await page.evaluate(async () => {
      const { axe } = window as unknown as { axe: { run(): Promise<AxeResults> } } // put there by addInitScript
      return (await axe.run()).violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)
    })
    expect(violations).toEqual([])
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0)
    await page.close()
  })

  it('compares two runs: a line, a column and a map each, and marks what differs', async () => {
    const { page } = await open(1280)
    expect(await page.locator('#training .chart').first().locator('svg .line').count()).toBe(4) // two, and two in the key
    expect(await page.locator('.map').count()).toBe(2)
    const marked = await page.locator('#settings tr:has(mark) th').allInnerTexts()
    expect(marked.map((text) => text.replace(/\s+/g, ' '))).toEqual([
      '≠ differs: seed',
      '≠ differs: blend weight: network',
    ])
    const sections = await page.locator('main > section').evaluateAll((all) => all.map(({ id }) => id))
    for (const id of [
      'accuracy',
      'slices',
      'exposure',
      'items',
      'training',
      'calibration',
      'sizes',
      'settings',
      'data',
    ])
      expect(sections).toContain(id)
    await page.close()
  })
})
