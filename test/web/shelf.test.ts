/** A shelf as a shopper meets it: seen, reached by keyboard, dismissed and brought back. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PRODUCTS, publish } from './edge.ts'
import { bare, createWorld, type PageSpec, until, type Visit, type World } from './visit.ts'

let world: World
beforeAll(async () => {
  world = await createWorld()
})
afterAll(() => world.close())

async function visit(body: string, spec: PageSpec = {}): Promise<Visit> {
  const visit = await world.visit(await world.newProfile(), { body, ...spec })
  await visit.page.waitForFunction(() => window.vitrine?.running)
  return visit
}
const ready = async (visit: Visit, which = 'vitrine-shelf') => {
  await visit.page.locator(`${which}[data-state=ready] li`).first().waitFor()
  return visit.page.locator(which)
}
const names = async ({ history }: Visit) => bare(await history()).map((event) => (event as { name: string }).name)

describe('what it shows', () => {
  it('picture, title, price in words of the language, a link, and why', async () => {
    const shopper = await visit('<vitrine-shelf limit="3" language="en-GB"></vitrine-shelf>')
    await shopper.call('event', 'view_item', { items: [{ item_id: 'mug-0' }] })
    const shelf = await ready(shopper)
    await shelf.locator('.reason', { hasText: 'Because you looked at Blue mug' }).first().waitFor()
    expect(await shelf.locator('li').count()).toBe(3)
    const card = shelf.locator('li', { hasText: 'Blue lamp' })
    expect(await card.locator('.price').textContent()).toBe('£5.50')
    expect(await card.locator('a').getAttribute('href')).toBe(`${world.shopUrl}p/lamp-1`)
    expect(await card.locator('svg').count()).toBe(1)
    expect(await shelf.getByRole('heading', { name: 'For you' }).count()).toBe(1)
    expect(await shelf.getByRole('region', { name: 'For you' }).getByRole('listitem').count()).toBe(3)
  })

  it('a guide as what it is, without a price', async () => {
    const items = PRODUCTS.map((product, n) => (n === 1 ? { ...product, kind: 'guide' as const } : product))
    const before = world.edge.published
    world.edge.published = await publish(world.signer, 1, [], {}, items)
    try {
      const shelf = await ready(await visit('<vitrine-shelf language="en-GB"></vitrine-shelf>'))
      expect(await shelf.locator('li', { hasText: 'Blue lamp' }).locator('.price').textContent()).toBe('Guide')
    } finally {
      world.edge.published = before
    }
  })

  it('in Chinese where the page is', async () => {
    const shopper = await visit('<div lang="zh-CN"><vitrine-shelf limit="2"></vitrine-shelf></div>')
    const shelf = await ready(shopper)
    expect(await shelf.getByRole('heading').textContent()).toBe('为你推荐')
    expect(await shelf.locator('.title').first().textContent()).toMatch(/^蓝色/)
  })

  it('changes with what the shopper does, and related with its item', async () => {
    const shopper = await visit('<vitrine-shelf kind="related" item="mug-0" limit="2"></vitrine-shelf>')
    const shelf = await ready(shopper)
    await shelf.locator('li', { hasText: 'Blue lamp' }).waitFor()
    await shopper.page.evaluate(() => document.querySelector('vitrine-shelf')?.setAttribute('item', 'clock-5'))
    await shelf.locator('li', { hasText: 'Blue kettle' }).waitFor()
    expect(await shelf.locator('li', { hasText: 'Blue lamp' }).count()).toBe(0)
  })

  it('nothing: the room is given back only out of sight, and what the shop put inside stays', async () => {
    const below = '<div style="height: 3000px"></div>'
    const empty = '<vitrine-shelf kind="buy-again"></vitrine-shelf>'
    const shopper = await visit(`${empty}<vitrine-shelf kind="buy-again" id="own">ours</vitrine-shelf>${below}${empty}`)
    await shopper.page.locator('vitrine-shelf[data-state=empty]').nth(2).waitFor({ state: 'attached' })
    const shelves = shopper.page.locator('vitrine-shelf')
    await until(
      () => shelves.nth(2).isVisible(),
      (visible) => !visible,
    )
    expect((await shelves.nth(0).boundingBox())?.height).toBeGreaterThan(100)
    expect(await shopper.page.locator('#own').textContent()).toBe('ours')
  })
})

describe('what a shopper does with it', () => {
  it('by keyboard: dismiss, undo, and the focus is never lost', async () => {
    const shopper = await visit('<vitrine-shelf limit="3"></vitrine-shelf>')
    const shelf = await ready(shopper)
    const title = await shelf.locator('.title').nth(1).textContent()
    await shelf.locator('.open').first().focus()
    await shopper.page.keyboard.press('ArrowRight')
    expect(await shelf.locator('.open:focus .title').textContent()).toBe(title)
    await shopper.page.keyboard.press('Tab')
    await shopper.page.keyboard.press('Enter')
    expect(await shelf.locator(':focus').textContent()).toBe('Undo')
    expect(await shelf.getByRole('status').textContent()).toBe(`${title} will not be shown again.`)
    await until(
      () => names(shopper),
      (all) => all.includes('rec_dismiss'),
    )
    await shopper.page.keyboard.press('Enter')
    expect(await shelf.locator(':focus').getAttribute('aria-label')).toBe(`Not interested in ${title}`)
    await until(
      () => names(shopper),
      (all) => !all.includes('rec_dismiss'),
    )
  })

  it('a dismissed item does not come back', async () => {
    const shopper = await visit('<vitrine-shelf limit="3"></vitrine-shelf><p>elsewhere</p>')
    const shelf = await ready(shopper)
    const title = (await shelf.locator('.title').first().textContent()) ?? ''
    await shelf.locator('.dismiss').first().click()
    await shopper.page.locator('p').click()
    await shelf.locator('.gone').waitFor({ state: 'detached' })
    await until(
      () => shelf.locator('li').count(),
      (count) => count === 3,
    )
    expect(await shelf.locator('.title').allTextContents()).not.toContain(title)
  })

  it('seeing and choosing are events of this device, with place and shelf; the page hears of a choice and may stop it', async () => {
    const shopper = await visit('<vitrine-shelf limit="2"></vitrine-shelf>')
    const shelf = await ready(shopper)
    await until(
      () => names(shopper),
      (all) => all.includes('rec_impression'),
    )
    await shopper.page.evaluate(() =>
      document.addEventListener('vitrine-select', (event) => {
        event.preventDefault()
        document.title = (event as CustomEvent<{ item: { itemId: string } }>).detail.item.itemId
      }),
    )
    await shelf.locator('.open').nth(1).click()
    await until(
      () => names(shopper),
      (all) => all.includes('rec_click'),
    )
    const [impression, click] = bare(await shopper.history()) as { source: string; items: Record<string, unknown>[] }[]
    expect(impression).toMatchObject({ source: 'shelf', name: 'rec_impression', items: [{ index: 1 }, { index: 2 }] })
    expect(click).toMatchObject({ source: 'shelf', name: 'rec_click', items: [{ index: 2, placement: 'for-you' }] })
    expect(click.items[0].rec_id).toBe(impression.items[1].rec_id)
    expect(await shopper.page.title()).toBe(click.items[0].item_id)
    expect(shopper.page.url()).toBe(`${world.shopUrl}0`)
    await shopper.page.waitForTimeout(600)
    expect((await names(shopper)).filter((name) => name === 'rec_impression').length).toBeLessThanOrEqual(2)
  })
})

it('loads no picture from anywhere unless the shop asks for its own', async () => {
  const shopper = await visit('<vitrine-shelf limit="3"></vitrine-shelf>')
  const shelf = await ready(shopper)
  expect(await shelf.locator('img').count()).toBe(0)
})

it('has no accessibility violations that axe can find', async () => {
  const shopper = await visit('<main><h1>Shop</h1><vitrine-shelf limit="3"></vitrine-shelf></main>')
  await ready(shopper)
  await shopper.page.addScriptTag({ path: 'node_modules/axe-core/axe.min.js' })
  const { violations } = await shopper.page.evaluate(() =>
    (window as unknown as { axe: { run(): Promise<{ violations: { id: string }[] }> } }).axe.run(),
  )
  expect(violations.map(({ id }) => id)).toEqual([])
})
