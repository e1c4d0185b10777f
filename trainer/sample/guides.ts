/**
 * What the sample shop has to read and to watch: a guide or a video for each of its largest categories, and who reads it. Readers
 * have a generator of their own, so that all other acts of a shop are the same with and without.
 */
import { CATEGORY_SEPARATOR, type Product } from '../../shared/data/catalog.ts'
import type { Random } from '../../shared/data/random.ts'
import { SESSION_GAP_MS } from '../../shared/data/sequence.ts'
import type { HistoryEvent } from '../datasets/dataset.ts'
import { UserError } from '../user-error.ts'
import { LEAVES, type Leaf } from './departments.ts'
import { MATERIALS } from './words.ts'

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
  const { en, zh } = leaf.path[leaf.path.length - 1]
  const cares = leaf.materials.flatMap((key) => MATERIALS[key]?.care ?? [])
  return {
    ...contentOf(leaf, n),
    kind: 'guide',
    title: `${en}: what to look for`,
    description: ['Before you choose.', ...leaf.uses.map((use) => use.en), ...cares.map((care) => care.en)].join(' '),
    translations: {
      zh: {
        title: `${zh}选购指南`,
        description: `选购时看什么。${[...leaf.uses, ...cares].map((words) => words.zh).join('')}`,
        category: leaf.path.map((part) => part.zh),
      },
    },
  }
}

function videoOf(leaf: Leaf, n: number): Product {
  const { en, zh } = leaf.path[leaf.path.length - 1]
  return {
    ...contentOf(leaf, n),
    kind: 'video',
    title: `${en}, tried at home`,
    description: ['Two minutes of seeing for yourself.', ...leaf.uses.map((use) => use.en)].join(' '),
    translations: {
      zh: {
        title: `在家试用${zh}`,
        description: `两分钟，眼见为实。${leaf.uses.map((use) => use.zh).join('')}`,
        category: leaf.path.map((part) => part.zh),
      },
    },
  }
}

const contentOf = (leaf: Leaf, n: number) => ({
  item_id: `M${101 + n}`,
  category: leaf.path.map((part) => part.en),
  language: 'en',
})

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
