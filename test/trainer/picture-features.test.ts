import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { denseOf } from '../../shared/model/sparse.ts'
import { launchChromium } from '../../trainer/chromium.ts'
import { featuresOf, PICTURE_WIDTH, pictureFeatures, SIDE } from '../../trainer/picture-features.ts'
import { openThumbnails } from '../../trainer/thumbnails.ts'

/** @param colour of the pixel at x, y */
function painted(colour: (x: number, y: number) => [number, number, number]): Uint8ClampedArray {
  const rgba = new Uint8ClampedArray(4 * SIDE * SIDE)
  for (let y = 0; y < SIDE; y++) for (let x = 0; x < SIDE; x++) rgba.set([...colour(x, y), 255], 4 * (y * SIDE + x))
  return rgba
}
const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, i) => sum + value * b[i], 0)
const colours = (features: Float32Array) => features.subarray(0, 30)
const shapes = (features: Float32Array) => features.subarray(30)

describe('a picture', () => {
  it('has a share of each colour, in the middle and around it', () => {
    // A red square in its middle, a quarter of the whole, on white.
    const middle = (v: number) => Math.abs(v - SIDE / 2) < SIDE / 4
    const features = featuresOf(painted((x, y) => (middle(x) && middle(y) ? [220, 20, 20] : [255, 255, 255])))
    expect([...features.keys()].filter((at) => at < 30 && features[at] > 0)).toEqual([0, 15 + 14])
    expect(features[0]).toBe(1)
    const green = featuresOf(painted(() => [20, 220, 20]))
    expect([...green.keys()].filter((at) => green[at] > 0)).toEqual([4, 15 + 4])
    const greys = [10, 128, 250].map((grey) => featuresOf(painted(() => [grey, grey, grey])).indexOf(1))
    expect(greys).toEqual([12, 13, 14])
  })

  it('of upright stripes is told from one of level stripes, whatever their colours', () => {
    const stripes = (at: (x: number, y: number) => number, light: number, dark: number) =>
      featuresOf(painted((x, y) => new Array(3).fill(at(x, y) % 8 < 4 ? light : dark) as [number, number, number]))
    const upright = stripes((x) => x, 250, 30)
    const other = stripes((x) => x + 4, 180, 100)
    const level = stripes((_, y) => y, 250, 30)
    expect(dot(shapes(upright), shapes(other))).toBeGreaterThan(0.95)
    expect(dot(shapes(upright), shapes(level))).toBeLessThan(0.05)
    expect(dot(colours(upright), colours(level))).toBeGreaterThan(1.9)
  })
})

describe('pictures of a catalogue', () => {
  const folder = mkdtempSync(join(tmpdir(), 'vitrine-pictures-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it('are decoded in a browser; a damaged or missing one is none', async () => {
    const browser = await launchChromium()
    const page = await browser.newPage({ viewport: { width: 120, height: 80 } })
    await page.setContent('<body style="margin:0;background:rgb(20,40,220)">')
    const jpeg = await page.screenshot({ type: 'jpeg', quality: 95 })
    await browser.close()
    writeFileSync(join(folder, 'blue.jpg'), jpeg)
    writeFileSync(join(folder, 'damaged.jpg'), jpeg.subarray(0, 40))
    const products = ['none', 'blue', 'damaged'].map((item_id) => ({ item_id, title: item_id, category: [] }))
    const { pictures, found } = await pictureFeatures(products, openThumbnails(folder))
    expect(found).toBe(1)
    const rows = denseOf(pictures)
    const row = (item: number) => rows.subarray(item * PICTURE_WIDTH, (item + 1) * PICTURE_WIDTH)
    expect(row(0).every((value) => value === 0)).toBe(true)
    expect(row(2).every((value) => value === 0)).toBe(true)
    expect(row(1)[7]).toBeCloseTo(1, 2) // hue 234° of 360°
  })
})
