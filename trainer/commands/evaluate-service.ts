/** `vitrine evaluate-service`: what variety costs a shelf, and what three answers are worth to a new shopper. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { defineCommand } from 'citty'
import type { PriceLevel, TasteAnswers } from '../../shared/profile/taste-start.ts'
import { type ContentScore, scoreContent } from '../content-evaluation.ts'
import { readDatasetInfo, readLines } from '../datasets/dataset.ts'
import { intervalText } from '../evaluate.ts'
import { readShoppers } from '../profile/shoppers.ts'
import { STYLES } from '../sample/words.ts'
import { type ShelfScore, scoreShelves, scoreTasteStart, type TasteStartScore } from '../service-evaluation.ts'

export default defineCommand({
  meta: {
    name: 'evaluate-service',
    description: `Measure the cross-category shelf, guides and videos, and the taste start.

The shelf's relevance and variety are given at each λ; guides where the shop has any; the taste start in the sample shop, whose
shoppers’ tastes are known.

Examples:
  vitrine evaluate-service --data data/sample
  vitrine evaluate-service --data data/sample --json`,
  },
  args: {
    data: { type: 'string', required: true, valueHint: 'FOLDER', description: 'A dataset folder' },
    json: { type: 'boolean', default: false, description: 'Print one JSON document' },
  },
  async run({ args }) {
    const info = await readDatasetInfo(args.data)
    const shoppers = await readShoppers(args.data)
    const shelves = scoreShelves(shoppers)
    const content = scoreContent(shoppers)
    const answers = existsSync(join(args.data, 'truth.jsonl')) ? await honestAnswers(args.data) : undefined
    const tasteStart = answers && scoreTasteStart(shoppers, (id) => answers.get(id) ?? { departments: [], styles: [] })
    if (args.json) {
      const { name: dataset, simulated } = info
      console.log(
        JSON.stringify({
          dataset,
          simulated,
          shelves,
          ...(content ? { content } : {}),
          ...(tasteStart ? { taste_start: tasteStart } : {}),
        }),
      )
      return
    }
    const tables = [shelfTable(shelves), ...(content ? [contentTable(content)] : [])]
    console.log([...tables, ...(tasteStart ? [tasteTable(tasteStart)] : [])].join('\n\n'))
  },
})

interface ShopperTruth {
  shopper: string
  taste: Record<string, number>
  styles: Record<string, number>
  price_band: PriceLevel
}

/** Who cares less for something does not tap it. */
const TAPPED_SHARE = 0.2
const MOST_TAPS = 3

async function honestAnswers(folder: string): Promise<Map<string, TasteAnswers>> {
  const styleNames = new Map(STYLES.map(({ id, en }) => [id, `style: ${en.toLowerCase()}`]))
  const answers = new Map<string, TasteAnswers>()
  for await (const { shopper, taste, styles, price_band } of readLines<ShopperTruth>(folder, 'truth.jsonl')) {
    const departments: Record<string, number> = {}
    for (const [leaf, share] of Object.entries(taste)) {
      const [department] = leaf.split(' > ')
      departments[department] = (departments[department] ?? 0) + share
    }
    answers.set(shopper, {
      departments: tapped(departments),
      styles: tapped(styles).flatMap((id) => styleNames.get(id) ?? []),
      priceLevel: price_band,
    })
  }
  return answers
}

const tapped = (shares: Record<string, number>) =>
  Object.entries(shares)
    .filter(([, share]) => share >= TAPPED_SHARE)
    .sort(([, a], [, b]) => b - a)
    .slice(0, MOST_TAPS)
    .map(([label]) => label)

function shelfTable(scores: readonly ShelfScore[]): string {
  return [
    'cross-category shelf of 8',
    '  λ     relevance  categories  departments  diversity  came true  explained',
    ...scores.map(({ lambda, relevance, categories, departments, diversity, came_true, explained }) =>
      [
        `  ${lambda.toFixed(1)}`,
        relevance.toFixed(3).padStart(11),
        categories.toFixed(2).padStart(12),
        departments.toFixed(2).padStart(13),
        diversity.toFixed(3).padStart(11),
        came_true.toFixed(3).padStart(11),
        explained.toFixed(3).padStart(11),
      ].join(''),
    ),
  ].join('\n')
}

function contentTable({ guides, readings, popularity, ranked, better }: ContentScore): string {
  return [
    `guides and videos: ${readings} readings, is what was read among the first three of ${guides}?`,
    `  by popularity                        ${popularity.toFixed(3)}`,
    `  by rules and popularity              ${ranked.toFixed(3)}   ${intervalText(better, 3)}`,
  ].join('\n')
}

function tasteTable(scores: readonly TasteStartScore[]): string {
  return [
    `taste start: first visits of ${scores[0].shoppers} new shoppers, NDCG@10`,
    ...scores.map(
      ({ answered, ndcg, better }) => `  ${answered.padEnd(36)} ${ndcg.toFixed(4)}   ${intervalText(better)}`,
    ),
  ].join('\n')
}
