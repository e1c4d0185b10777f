import { describe, expect, it } from 'vitest'
import type { Product } from '../../shared/data/catalog.ts'
import { seeded } from '../../shared/data/random.ts'
import { isUnspaced, unitsOf } from '../../shared/data/subwords.ts'
import {
  decodeTextEncoder,
  encodeText,
  encodeTextEncoder,
  MAX_TEXT_ENCODER_BYTES,
  type SubwordEncoder,
} from '../../shared/model/text-encoder.ts'
import { type Corpus, corpusOfProducts } from '../../trainer/text/corpus.ts'
import type { Teacher } from '../../trainer/text/teacher.ts'
import { distil } from '../../trainer/text-encoder.ts'

/** Words in six groups; those of a group mean the same, and none appears with another of its group. */
const GROUPS = [
  { en: ['laptop', 'notebook', 'ultrabook'], zh: '电脑' },
  { en: ['earbuds', 'headphones', 'headset'], zh: '耳机' },
  { en: ['toner', 'cartridge', 'ink'], zh: '墨盒' },
  { en: ['backpack', 'bag', 'sleeve'], zh: '背包' },
  { en: ['kettle', 'teapot', 'jug'], zh: '水壶' },
  { en: ['lamp', 'lantern', 'light'], zh: '台灯' },
]
const COLOURS = { en: ['red', 'blue', 'green', 'black'], zh: ['红色', '蓝色', '绿色', '黑色'] }

function shop({ translated = true, products = 600 } = {}): { corpus: Corpus; products: Product[] } {
  const random = seeded('small shop')
  const list = Array.from({ length: products }, (_, n): Product => {
    const group = random.pick(GROUPS)
    const colour = random.int(4)
    return {
      item_id: `p${n}`,
      title: `${COLOURS.en[colour]} ${random.pick(group.en)} ${random.pick(['home', 'office', 'travel'])} n${n}`,
      category: [],
      ...(translated ? { translations: { zh: { title: `${COLOURS.zh[colour]}${group.zh}` } } } : {}),
    }
  })
  return { corpus: corpusOfProducts('small shop', list), products: list }
}

/** Knows every English group as a direction of its own, and nothing of Chinese. */
function groupTeacher(width = 12): Teacher {
  const directions = new Map<string, Float32Array>()
  const direction = (name: string) => {
    const random = seeded(`direction ${name}`)
    const vector = directions.get(name) ?? Float32Array.from({ length: width }, () => random.normal())
    directions.set(name, vector)
    return vector
  }
  const of = (unit: string) => GROUPS.findIndex(({ en }) => en.includes(unit))
  return {
    name: 'six groups',
    width,
    words: [],
    understands: (text) => unitsOf(text).every((unit) => !isUnspaced(unit)),
    async encode(texts) {
      const rows = new Float32Array(texts.length * width)
      texts.forEach((text, row) => {
        for (const unit of unitsOf(text)) {
          const group = of(unit)
          const vector = direction(group < 0 ? unit : `group ${group}`)
          for (let j = 0; j < width; j++) rows[row * width + j] += vector[j] * (group < 0 ? 0.2 : 1)
        }
      })
      return rows
    },
  }
}

const OPTIONS = { width: 8, sentences: 2000, seed: 1 }
const cosine = (encoder: SubwordEncoder, a: string, b: string) => {
  const [x, y] = [encodeText(encoder, a), encodeText(encoder, b)]
  return x.reduce((sum, value, j) => sum + value * y[j], 0)
}

describe('a text encoder with a teacher', () => {
  it('finds alike what the teacher does, and tells each step’s cost on texts held out', async () => {
    const { corpus } = shop()
    const { encoder, steps, heldOut } = await distil(corpus, groupTeacher(), OPTIONS)
    expect(cosine(encoder, 'laptop', 'notebook')).toBeGreaterThan(0.9)
    expect(cosine(encoder, 'laptop', 'lamp')).toBeLessThan(0.5)
    expect(heldOut).toBeGreaterThan(40)
    expect(steps.map(({ step }) => step)).toEqual(['reduce', 'fit', 'prune', 'quantise'])
    for (const { cosine: mean } of steps.slice(1)) expect(mean).toBeGreaterThan(0.9)
    expect(steps[0].likeness).toBeGreaterThan(steps[3].likeness - 0.02)
  })

  it('that is English learns Chinese from translated titles: each finds the other', async () => {
    const { encoder, taught } = await distil(shop().corpus, groupTeacher(), OPTIONS)
    expect(taught.meaning).toBe(24)
    expect(taught.coOccurrence + taught.none).toBe(0)
    expect(cosine(encoder, '电脑', 'laptop')).toBeGreaterThan(0.7)
    expect(cosine(encoder, '电脑', 'laptop')).toBeGreaterThan(cosine(encoder, '电脑', 'kettle') + 0.5)
  })

  it('that is English says so of Chinese without translations, which falls back to co-occurrences', async () => {
    const random = seeded('mixed')
    const { products } = shop({ translated: false })
    const chinese = Array.from({ length: 200 }, (_, n): Product => {
      const kind = random.int(2)
      const company = random.shuffle(kind ? ['厨房', '烹饪', '餐具'] : ['学习', '阅读', '书桌']).slice(0, 2)
      const title = `${random.pick(kind ? ['水壶', '茶壶'] : ['台灯', '灯具'])} ${company.join(' ')}`
      return { item_id: `z${n}`, title, category: [], language: 'zh' }
    })
    const corpus = corpusOfProducts('mixed', [...products, ...chinese])
    const { encoder, taught, notes } = await distil(corpus, groupTeacher(), OPTIONS)
    expect(taught.coOccurrence).toBeGreaterThan(20)
    expect(notes.join()).toMatch(/take the catalogue’s co-occurrences: they find each other/)
    expect(cosine(encoder, '水壶', '茶壶')).toBeGreaterThan(cosine(encoder, '水壶', '台灯') + 0.3)
  })

  it('is the same file from the same seed, and not from another', async () => {
    const { corpus } = shop({ products: 150 })
    const bytes = async (seed: number) =>
      encodeTextEncoder((await distil(corpus, groupTeacher(), { ...OPTIONS, seed })).encoder)
    const first = await bytes(1)
    expect(await bytes(1)).toEqual(first)
    expect(await bytes(2)).not.toEqual(first)
  })

  it('fits into the bytes it is given, for the price that it states', async () => {
    const { corpus } = shop()
    // Room for 20 rows of 8 numbers, a key and a scale, beside 1,024 bytes of header.
    const maxBytes = 1024 + 20 * 16
    const { encoder, steps } = await distil(corpus, groupTeacher(), { ...OPTIONS, maxBytes })
    const bytes = encodeTextEncoder(encoder)
    expect(bytes.length).toBeLessThanOrEqual(maxBytes)
    expect(steps.map(({ rows }) => rows).slice(2)).toEqual([20, 20])
    expect(steps[1].rows).toBeGreaterThan(20)
    expect(encodeText(decodeTextEncoder(bytes), 'red laptop')).toEqual(encodeText(encoder, 'red laptop'))
    expect(MAX_TEXT_ENCODER_BYTES).toBeLessThanOrEqual(550_000)
  })

  it('narrower than the encoder, or of another language than every text, is refused', async () => {
    const { corpus } = shop()
    await expect(distil(corpus, groupTeacher(4), OPTIONS)).rejects.toThrow(/vectors are 4 wide, the encoder’s 8/)
    const deaf = { ...groupTeacher(), understands: () => false }
    await expect(distil(corpus, deaf, OPTIONS)).rejects.toThrow(/reads none of small shop’s \d+ texts/)
  })
})

describe('a text encoder without a teacher', () => {
  it('learns from what stands together, in both languages', async () => {
    const random = seeded('documents')
    const rooms = [
      { company: ['stove', 'spoon', 'apron', 'oven', 'bowl'], words: ['kettle', 'teapot'], zh: '水壶' },
      { company: ['desk', 'paper', 'stapler', 'folder', 'shelf'], words: ['lamp', 'lantern'], zh: '台灯' },
    ]
    const products = Array.from({ length: 500 }, (_, n): Product => {
      const { company, words, zh } = random.pick(rooms)
      return {
        item_id: `p${n}`,
        title: `${random.pick(words)} ${random
          .shuffle([...company])
          .slice(0, 2)
          .join(' ')}`,
        category: [],
        translations: { zh: { title: zh } },
      }
    })
    const { encoder, taught } = await distil(corpusOfProducts('rooms', products), undefined, { ...OPTIONS, width: 4 })
    expect(encoder.info.teacher).toBe('the catalogue’s co-occurrences')
    expect(taught.none).toBe(0)
    expect(cosine(encoder, 'kettle', 'teapot')).toBeGreaterThan(0.8)
    expect(cosine(encoder, 'kettle', '水壶')).toBeGreaterThan(0.8)
    expect(cosine(encoder, 'kettle', 'lamp')).toBeLessThan(0.3)
  })

  it('from fewer words than it is wide is refused with what to do', async () => {
    const { corpus } = shop({ products: 3, translated: false })
    await expect(distil(corpus, undefined, { ...OPTIONS, width: 64 })).rejects.toThrow(/too few for a width of 64/)
  })
})
