/** What a page says or shows becomes exactly these events, whatever the dialect. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bare, createWorld, type PageSpec, type Visit, type World } from './visit.ts'

let world: World
beforeAll(async () => {
  world = await createWorld()
})
afterAll(() => world.close())

async function visit(spec: PageSpec): Promise<Visit> {
  const visit = await world.visit(await world.newProfile(), spec)
  await visit.page.waitForFunction(() => window.vitrine?.running)
  return visit
}

const MUG = { item_id: 'mug-0' }

describe('calls', () => {
  it('made before and after the tag has loaded are events, in order', async () => {
    const stub = `window.vitrine ||= function () { (vitrine.q ||= []).push(arguments) }`
    const { call, history } = await visit({
      head: `<script>${stub}; vitrine('event', 'view_item', { items: [{ item_id: 'mug-0', price: '4.5' }] })</script>`,
    })
    await call('event', { name: 'search', search_term: 'lamp' })
    expect(bare(await history())).toEqual([
      { source: 'call', name: 'view_item', items: [{ ...MUG, price: 4.5 }] },
      { source: 'call', name: 'search', search_term: 'lamp' },
    ])
  })

  it('that are no events are counted, and why, without what they said', async () => {
    const { call, status } = await visit({})
    await call('event', 'bought_something', { items: [MUG] })
    await call('event', 'view_item', { items: [{ item_id: 'secret'.repeat(100) }] })
    await call('event', 'purchase')
    await call('nonsense', 1)
    const { events } = await status()
    expect(events).toMatchObject({ total: 0, rejected: 3 })
    await call('event', 'review', { items: [MUG], rating: 9, text: 'secret' })
    const { lastRejection } = (await status()).events
    expect(lastRejection).toContain('rating')
    expect(lastRejection).not.toMatch(/secret|received/)
  })
})

describe('attributes', () => {
  const declared = (name: string, rest = '') =>
    `data-vitrine-event="${name}" data-vitrine-item="mug-0" data-vitrine-price="4.50" ${rest}`

  it('an element that is there is seen once', async () => {
    const { page, history } = await visit({ body: `<main ${declared('view_item', 'data-vitrine-name="Mug"')}></main>` })
    await page.evaluate(() => document.querySelector('main')?.append('more'))
    expect(bare(await history())).toEqual([
      { source: 'attribute', name: 'view_item', items: [{ ...MUG, item_name: 'Mug', price: 4.5 }] },
    ])
  })

  it('an element that a page re-uses, or takes away and brings back, appears again; one that moves does not', async () => {
    const { page, history } = await visit({ body: `<main ${declared('view_item')}></main><section></section>` })
    const act = (how: string) =>
      page.evaluate((how) => {
        const main = document.querySelector('main') ?? Object.assign(document.createElement('main'), {})
        if (how === 'reuse') main.dataset.vitrineItem = 'lamp-1'
        if (how === 'move') document.querySelector('section')?.append(main)
        if (how === 'away') (window as { kept?: HTMLElement }).kept = document.body.removeChild(main)
        if (how === 'back') document.body.append((window as { kept?: HTMLElement }).kept as HTMLElement)
      }, how)
    await act('away')
    await act('back')
    await act('reuse')
    await act('move')
    const items = bare(await history()).map((event) => (event as { items: { item_id: string }[] }).items[0].item_id)
    expect(items).toEqual(['mug-0', 'mug-0', 'lamp-1'])
  })

  it('a click on what declares it is the act; the innermost counts, and an undeclared click is nothing', async () => {
    const { page, history } = await visit({
      body: `<div ${declared('select_item')} id="card"><p>Mug</p><button id="add" ${declared('add_to_cart')}>Add to cart</button></div>
        <button id="plain">Add to cart</button>
        <main ${declared('view_item')} data-vitrine-on="click" id="quick">Quick view</main>`,
    })
    await page.evaluate(() => document.body.addEventListener('click', (event) => event.stopPropagation(), true))
    expect(await history()).toEqual([])
    await page.click('#plain')
    await page.click('#add')
    await page.click('#card p')
    await page.click('#quick')
    expect(bare(await history()).map((event) => (event as { name: string }).name)).toEqual([
      'add_to_cart',
      'select_item',
      'view_item',
    ])
  })

  it('a list gathers its items, and a search form its words', async () => {
    const { page, history } = await visit({
      body: `<table data-vitrine-event="view_cart" data-vitrine-currency="GBP" data-vitrine-value="14">
          <tr data-vitrine-item="mug-0" data-vitrine-quantity="2"><td data-vitrine-item="mug-0"></td></tr>
          <tr data-vitrine-item="lamp-1" data-vitrine-price="free"></tr></table>
        <form data-vitrine-event="search" data-vitrine-on="submit"><input type="search"></form>`,
    })
    await page.evaluate(() => document.forms[0].addEventListener('submit', (event) => event.preventDefault()))
    await page.fill('input', ' brass lamp ')
    await page.press('input', 'Enter')
    expect(bare(await history())).toEqual([
      {
        source: 'attribute',
        name: 'view_cart',
        currency: 'GBP',
        value: 14,
        items: [{ ...MUG, quantity: 2 }, { item_id: 'lamp-1' }],
      },
      { source: 'attribute', name: 'search', search_term: 'brass lamp' },
    ])
  })
})

describe('dataLayer', () => {
  it('is read from its backlog, from later pushes, and after a page replaces it', async () => {
    const { page, history } = await visit({
      body: '<p>Mug</p>',
      head: `<script>dataLayer = [{ event: 'view_item', ecommerce: { items: [{ item_id: 'mug-0' }] } }]
        function gtag() { dataLayer.push(arguments) }</script>`,
    })
    await page.evaluate(`gtag('event', 'add_to_cart', { currency: 'GBP', items: [{ item_id: 'mug-0', quantity: 2 }] })`)
    await page.evaluate(`dataLayer = [{ event: 'search', search_term: 'lamp' }]`)
    await page.click('p')
    expect(bare(await history())).toEqual([
      { source: 'datalayer', name: 'view_item', items: [MUG] },
      { source: 'datalayer', name: 'add_to_cart', currency: 'GBP', items: [{ ...MUG, quantity: 2 }] },
      { source: 'datalayer', name: 'search', search_term: 'lamp' },
    ])
  })
})

it('one act told in three dialects is one event; two acts told twice are two', async () => {
  const { page, history } = await visit({ head: '<script>dataLayer = []</script>' })
  await page.evaluate(() => {
    const items = [{ item_id: 'mug-0' }]
    for (let press = 0; press < 2; press++) {
      window.vitrine?.('event', 'add_to_cart', { items })
      ;(window.dataLayer as unknown[]).push({ event: 'add_to_cart', ecommerce: { items } })
    }
    document.body.insertAdjacentHTML('beforeend', '<i data-vitrine-event="add_to_cart" data-vitrine-item="mug-0">')
    document.querySelector<HTMLElement>('i')?.click()
  })
  expect((await history()).map(({ source }) => source)).toEqual(['call', 'call'])
})
