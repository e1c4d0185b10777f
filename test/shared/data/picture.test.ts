import { createReadStream, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { createGunzip } from 'node:zlib'
import { SaxesParser } from 'saxes'
import { build } from 'vite'
import { describe, expect, test } from 'vitest'
import { COLOURS } from '../../../shared/data/picture/paint.ts'
import { SILHOUETTES } from '../../../shared/data/picture/silhouettes.ts'
import { drawPicture, pictureOf } from '../../../shared/data/picture.ts'
import { seeded } from '../../../shared/data/random.ts'
import { makeCatalog } from '../../../trainer/sample/catalog.ts'
import { besideRepository } from '../../shared-data.ts'

const PICTURE = resolve(import.meta.dirname, '../../../shared/data/picture.ts')

const silhouette = (title: string, category: string[] = []) => pictureOf({ title, category }).split(':')[0]
const colour = (title: string) => pictureOf({ title, category: [] }).split(':')[3]

describe('pictureOf', () => {
  test.each([
    ['WHITE HANGING HEART T-LIGHT HOLDER', 'tlight'],
    ['SET 7 BABUSHKA NESTING BOXES', 'doll'],
    ['JUMBO BAG RED RETROSPOT', 'bag'],
    ['REGENCY CAKESTAND 3 TIER', 'cakestand'],
    ['LUNCH BAG SPACEBOY DESIGN', 'lunchbag'],
    ['HOT WATER BOTTLE KEEP CALM', 'hotwater'],
    ['PACK OF 72 RETROSPOT CAKE CASES', 'cupcake'],
    ['Speckled stoneware mug, sage', 'mug'],
    ['斑点釉粗陶马克杯 鼠尾草绿', 'mug'],
    ['Striped brass table lamp, black', 'lamp'],
    ['条纹黄铜台灯 黑色', 'lamp'],
    ['Flower PU Leather Ankle Boots', 'shoe'],
  ])('%s is drawn as a %s', (title, name) => expect(silhouette(title)).toBe(name))

  test('a title that says nothing is drawn by its category, and nothing at all is a gift', () => {
    expect(silhouette('Clara', ['Apparel', 'Dresses'])).toBe('dress')
    expect(silhouette('Clara')).toBe('gift')
  })

  test('colours are found in both languages, before the materials that imply one', () => {
    expect(colour('WHITE METAL LANTERN')).toBe('white')
    expect(colour('Speckled stoneware mug, sage')).toBe('sage')
    expect(colour('斑点釉粗陶马克杯 藏青')).toBe('navy')
  })

  test('a code is at most 24 bytes and names a silhouette and a colour that exist, whatever the title', () => {
    const random = seeded('titles')
    const scraps = [
      'MUG',
      'heart',
      '灯',
      '"<script>',
      '🫖',
      'x'.repeat(500),
      '',
      'CAKE STAND',
      'terracotta',
      '__proto__',
    ]
    for (let n = 0; n < 300; n++) {
      const title = Array.from({ length: random.int(5) }, () => random.pick(scraps)).join(' ')
      const code = pictureOf({ title, category: [] })
      expect(new TextEncoder().encode(code).length).toBeLessThanOrEqual(24)
      const [name, , , paint] = code.split(':')
      expect(Object.hasOwn(SILHOUETTES, name) && Object.hasOwn(COLOURS, paint), code).toBe(true)
    }
  })

  test('the sample shop: each leaf has its own main picture, the same in Chinese for nine in ten', () => {
    const { items, leaves } = makeCatalog(seeded('pictures'), 1200, 180)
    let same = 0
    for (const { product } of items) {
      const chinese = product.translations?.zh
      const translated = pictureOf({ title: chinese?.title ?? '', category: chinese?.category ?? [] })
      if (translated.split(':')[0] === silhouette(product.title, product.category)) same++
    }
    expect(same / items.length).toBeGreaterThan(0.9)
    const main = leaves.map(({ items: own }) => {
      const counts = new Map<string, number>()
      for (const i of own) {
        const name = silhouette(items[i].product.title, items[i].product.category)
        counts.set(name, (counts.get(name) ?? 0) + 1)
      }
      return [...counts].sort((a, b) => b[1] - a[1])[0][0]
    })
    expect(new Set(main).size).toBeGreaterThan(38)
    expect(main).not.toContain('gift')
  })

  test('fewer than 12% of Online Retail lines fall to the generic gift', async (context) => {
    const file = besideRepository('data', 'uci-online-retail', 'online-retail.csv.gz')
    if (!file) return context.skip()
    const lines = new Map<string, number>()
    for await (const line of createInterface({ input: createReadStream(file).pipe(createGunzip()) })) {
      const title = /^[^,]*,[^,]*,("(?:[^"]|"")*"|[^,]*),/.exec(line)?.[1] ?? ''
      if (title !== '' && title !== 'Description') lines.set(title, (lines.get(title) ?? 0) + 1)
    }
    let gifts = 0
    let all = 0
    for (const [title, n] of lines) {
      all += n
      if (silhouette(title) === 'gift') gifts += n
    }
    expect(lines.size).toBeGreaterThan(3000)
    expect(gifts / all).toBeLessThan(0.04)
  })
})

describe('drawPicture', () => {
  const codes = Object.keys(SILHOUETTES).flatMap((name, i) =>
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map((pattern) => {
      const paints = Object.keys(COLOURS)
      return `${name}:${((i * 37 + pattern * 11) % 256).toString(16).padStart(2, '0')}:${pattern}:${paints[(i + pattern) % paints.length]}`
    }),
  )

  test('every silhouette with every pattern is well-formed and refers to nothing', () => {
    const names = new Set<string>()
    for (const code of [...codes, '', 'no such thing', 'mug', '__proto__:zz:99:constructor', '"><script>:a:b:c']) {
      const svg = drawPicture(code)
      const parser = new SaxesParser()
      parser.on('error', (error) => {
        throw new Error(`${code}: ${error.message}`)
      })
      parser.on('opentag', ({ name, attributes }) => {
        names.add(name)
        for (const attribute of Object.keys(attributes)) expect(attribute).not.toMatch(/^(id|on.*|href|style|class)$/)
      })
      parser.write(svg).close()
      expect(svg, code).not.toMatch(/NaN|undefined|url\(/)
    }
    expect([...names].sort()).toEqual(['circle', 'ellipse', 'path', 'rect', 'svg'])
  })

  test('no path asks for an arc, a curve or a line with numbers missing', () => {
    const needed: Record<string, number> = { m: 2, l: 2, h: 1, v: 1, c: 6, q: 4, s: 4, t: 2, a: 7, z: 0 }
    for (const code of codes) {
      for (const [, path] of drawPicture(code).matchAll(/ d="([^"]*)"/g)) {
        for (const [, command, numbers] of path.matchAll(/([a-z])([^a-z]*)/gi)) {
          const count = numbers.match(/-?\d*\.?\d+/g)?.length ?? 0
          const size = needed[command.toLowerCase()]
          expect(size === 0 ? count === 0 : count > 0 && count % size === 0, `${code}: ${command}${numbers}`).toBe(true)
        }
      }
    }
  })

  test('different things, patterns and colours give different drawings, the same code the same', () => {
    expect(new Set(codes.map(drawPicture)).size).toBeGreaterThan(codes.length * 0.9)
    expect(drawPicture('mug:3a:2:sage')).toBe(drawPicture('mug:3a:2:sage'))
    expect(drawPicture('mug:3a:2:sage')).not.toBe(drawPicture('lamp:3a:2:sage'))
    expect(Object.keys(SILHOUETTES).length).toBeGreaterThan(50)
  })

  test('what the page loads to draw is at most 12 KiB, and holds none of the word lists', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'vitrine-picture-'))
    const entry = join(folder, 'draw.ts')
    writeFileSync(entry, `export { drawPicture } from ${JSON.stringify(PICTURE)}`)
    const result = await build({
      root: folder,
      configFile: false,
      logLevel: 'silent',
      build: { write: false, minify: true, lib: { entry, formats: ['iife'], name: 'draw', fileName: 'draw' } },
    }).finally(() => rmSync(folder, { recursive: true }))
    const [output] = Array.isArray(result) ? result : [result]
    if (!('output' in output)) throw new Error('the build gave no output')
    // As a script: the library build keeps the white space of modules.
    const [{ code }] = output.output
    expect(code).not.toContain('降临节')
    expect(new TextEncoder().encode(code).length).toBeLessThanOrEqual(12 * 1024)
  })
})
