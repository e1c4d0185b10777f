/**
 * What the sample shop has to read and to watch: a guide or a video for each of its largest categories, and who reads it. Readers
 * have a generator of their own, so that all other acts of a shop are the same with and without.
 */
import { CATEGORY_SEPARATOR, type ContentKind, type Product } from '../../shared/data/catalog.ts'
import type { Random } from '../../shared/data/random.ts'
import { SESSION_GAP_MS } from '../../shared/data/sequence.ts'
import type { HistoryEvent } from '../datasets/dataset.ts'
import { UserError } from '../user-error.ts'
import { LEAVES, type Leaf } from './departments.ts'
import { MATERIALS, type Words } from './words.ts'

/** One of so many is a video. */
const VIDEO_EVERY = 3
/** Of somebody as curious as can be, on the first look into a category. */
const MOST_CURIOUS = 0.8
/** How much of that is left for what was read before. */
const AGAIN = 0.1
const READING_MS = 20_000

/**
 * For the categories with the most shoppers.
 * @throws UserError when there are fewer categories
 */
export function makeGuides(count: number): Product[] {
  if (count > LEAVES.length) {
    throw new UserError(`--guides ${count}: the sample shop has ${LEAVES.length} categories`, 'one each at most')
  }
  const largest = [...LEAVES].sort((a, b) => b.weight - a.weight).slice(0, count)
  return largest.map((leaf, n) => (n % VIDEO_EVERY === VIDEO_EVERY - 1 ? videoOf(leaf, n) : guideOf(leaf, n)))
}

function guideOf(leaf: Leaf, n: number): Product {
  const title = { en: `${nameOf(leaf, 'en')}: a buying guide`, zh: `${nameOf(leaf, 'zh')}选购指南` }
  const begin = { en: 'Before you choose.', zh: '选购之前。' }
  return contentOf(leaf, n, 'guide', title, (language) => [
    begin[language],
    ...usesIn(leaf, language),
    ...caresIn(leaf, language),
  ])
}

function videoOf(leaf: Leaf, n: number): Product {
  const title = { en: `${nameOf(leaf, 'en')} on video, tried at home`, zh: `视频：在家试用${nameOf(leaf, 'zh')}` }
  const begin = { en: 'Two minutes of seeing for yourself.', zh: '两分钟，眼见为实。' }
  return contentOf(leaf, n, 'video', title, (language) => [begin[language], ...usesIn(leaf, language)])
}

type Language = keyof Words

const nameOf = ({ path }: Leaf, language: Language) => path[path.length - 1][language]
const usesIn = ({ uses }: Leaf, language: Language) => uses.map((use) => use[language])
/** Several materials are cared for alike. */
const caresIn = ({ materials }: Leaf, language: Language) => [
  ...new Set(materials.flatMap((key) => MATERIALS[key]?.care[language] ?? [])),
]

function contentOf(
  leaf: Leaf,
  n: number,
  kind: ContentKind,
  title: Words,
  sentencesIn: (language: Language) => string[],
): Product {
  const pathIn = (language: Language) => leaf.path.map((part) => part[language])
  return {
    item_id: `M${101 + n}`,
    kind,
    title: title.en,
    description: sentencesIn('en').join(' '),
    category: pathIn('en'),
    language: 'en',
    translations: { zh: { title: title.zh, description: sentencesIn('zh').join(''), category: pathIn('zh') } },
  }
}

/**
 * What a shopper reads, who is otherwise as `events` say: mostly the guide of a category that is new to them, after the first look
 * into it. In the order of times, beside `events` and not among them.
 */
export function readingOf(
  random: Random,
  guides: readonly Product[],
  categoryOf: (itemId: string) => string | undefined,
  events: readonly HistoryEvent[],
): HistoryEvent[] {
  const guideOn = new Map(guides.map((guide) => [guide.category.join(CATEGORY_SEPARATOR), guide.item_id]))
  const curiosity = MOST_CURIOUS * random.next() ** 2
  const looks = new Map<string, { times: number; last: number }>()
  const read = new Set<string>()
  const reading: HistoryEvent[] = []
  events.forEach((event, at) => {
    const category = event.name === 'view_item' ? categoryOf(event.items[0].item_id) : undefined
    const guide = category === undefined ? undefined : guideOn.get(category)
    if (category === undefined || guide === undefined) return
    const before = looks.get(category) ?? { times: 0, last: Number.NEGATIVE_INFINITY }
    looks.set(category, { times: before.times + 1, last: event.time })
    if (event.time - before.last <= SESSION_GAP_MS) return
    const pause = Math.min(READING_MS, ((events[at + 1]?.time ?? Number.POSITIVE_INFINITY) - event.time) / 2)
    const wanted = (curiosity * (read.has(guide) ? AGAIN : 1)) / (1 + before.times)
    if (random.next() >= wanted || pause < 1) return
    read.add(guide)
    const { shopper, time } = event
    const id = `${shopper}-M${reading.length + 1}`
    reading.push({ shopper, id, time: time + Math.floor(pause), name: 'view_item', items: [{ item_id: guide }] })
  })
  return reading
}
