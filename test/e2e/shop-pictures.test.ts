/** Local photographs of the demo shop: read out of a tar as they lie, and served by name. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import type { StorefrontCatalog } from '../../shared/data/storefront.ts'
import { createDataset } from '../../trainer/datasets/dataset.ts'
import { createShop } from '../../trainer/shop-server.ts'
import { openThumbnails } from '../../trainer/thumbnails.ts'
import { besideRepository } from '../shared-data.ts'

const folder = mkdtempSync(join(tmpdir(), 'vitrine-pictures-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

// Sizes around a tar block; names that fit its header, that need its prefix, and that need a record of their own.
const FILES: Record<string, number> = {
  'a.jpg': 0,
  'b.jpg': 511,
  'c.jpg': 512,
  'd.jpg': 513,
  [`${'long-name-'.repeat(9)}.jpg`]: 100,
  [`${'longer-name-'.repeat(15)}.jpg`]: 700,
}

function writePictures(): string {
  const pictures = join(folder, 'pictures')
  mkdirSync(pictures, { recursive: true })
  for (const [name, size] of Object.entries(FILES)) writeFileSync(join(pictures, name), Buffer.alloc(size, name))
  return pictures
}

it.each(['folder', 'ustar', 'gnu', 'pax'])('pictures are read back from a %s byte for byte', async (kind) => {
  let path = writePictures()
  const files = { ...FILES }
  if (kind !== 'folder') {
    // ustar has no room for a name of more than 100 bytes without a folder to cut at.
    const names = Object.keys(files).filter((name) => kind !== 'ustar' || name.length <= 100)
    for (const name of Object.keys(files)) if (!names.includes(name)) delete files[name]
    const tar = join(folder, `${kind}.tar`)
    execFileSync('tar', ['-C', folder, `--format=${kind}`, '-cf', tar, ...names.map((name) => `pictures/${name}`)])
    path = tar
  }
  const thumbnails = openThumbnails(path)
  for (const [name, size] of Object.entries(files)) {
    expect(await thumbnails.read(name)).toEqual(Buffer.alloc(size, name))
  }
  expect(thumbnails.has('missing.jpg')).toBe(false)
  expect(await thumbnails.read('../pictures/a.jpg')).toBeUndefined()
})

it('a product finds its photograph by the handle in its address, and the shop serves it', async () => {
  const writer = createDataset(join(folder, 'shop'))
  const url = 'https://shop.example/products/d?variant=2'
  await writer.product({ item_id: '1', title: 'With', category: [], url, image_link: 'https://cdn.example/d.webp' })
  await writer.product({ item_id: '2', title: 'Without', category: [] })
  const common = { format: 'vitrine-dataset/1' as const, simulated: true, source: 'test', languages: ['en'] }
  await writer.finish({ ...common, name: 'pictures', shoppers: 0, items: 2, events: 0 })
  const dist = join(folder, 'dist')
  mkdirSync(dist)
  writeFileSync(join(dist, 'index.html'), '<html><head></head></html>')
  const status = { name: '', simulated: true, phase: 'rules', version: 1, progress: 0, message: '' } as const
  const shop = await createShop({
    folder: join(folder, 'shop'),
    dist,
    status: () => status,
    thumbnails: writePictures(),
  })

  const catalog = (await (await shop.request('/shop/catalog.json')).json()) as StorefrontCatalog
  expect(catalog.products.map(({ thumbnail }) => thumbnail)).toEqual(['d.jpg', undefined])
  const picture = await shop.request('/shop/pictures/d.jpg')
  expect(picture.headers.get('content-type')).toBe('image/jpeg')
  expect((await picture.arrayBuffer()).byteLength).toBe(513)
  expect((await shop.request('/shop/pictures/..%2Fdataset.json')).status).toBe(404)
  // The photograph is here, so the policy does not let pages go to its host.
  expect((await shop.request('/')).headers.get('content-security-policy')).toMatch(/img-src 'self' data:;/)
})

const real = besideRepository('data', 'livostyle-catalog', 'thumbnails.tar')
it.skipIf(!real)('the photographs of a real catalogue are JPEG files', async () => {
  const thumbnails = openThumbnails(real ?? '')
  const bytes = await thumbnails.read('1-2-width-acrylic-curb-chain-belt.jpg')
  expect(bytes?.subarray(0, 3)).toEqual(Buffer.from([0xff, 0xd8, 0xff]))
})
