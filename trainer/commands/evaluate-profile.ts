/** `vitrine evaluate-profile`: what profiles foretell of a shop's shoppers, beside rules and beside the truth. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { defineCommand } from 'citty'
import { encodeSegments } from '../../shared/profile/segments.ts'
import { readyBackend } from '../backend.ts'
import { readDatasetInfo } from '../datasets/dataset.ts'
import { scoreNextCategory } from '../profile/next-category-score.ts'
import { scorePrices } from '../profile/price-bands.ts'
import { interestQuality } from '../profile/quality.ts'
import { scoreHeads } from '../profile/scorecard.ts'
import { scoreSegments } from '../profile/segment-score.ts'
import { fitSegments } from '../profile/segments.ts'
import { readShoppers } from '../profile/shoppers.ts'
import {
  gateTable,
  headTable,
  nextTable,
  priceTable,
  qualityTable,
  segmentTable,
  tasteTable,
} from '../profile/tables.ts'
import { scoreTastes } from '../profile/tastes.ts'
import { readTruth } from '../profile/truth.ts'
import { scoreGate } from '../profile/visit-gate.ts'
import { networkOf, readRun } from '../run-folder.ts'

export default defineCommand({
  meta: {
    name: 'evaluate-profile',
    description: `Measure what profiles foretell and know of shoppers.

Asked are a purchase in this visit, a return within 30 days, the next category, tastes, prices and kinds of shopper.

The last 30 days of the history are asked about, what came before them trains. In a simulated shop an observer who knows
each shopper's truth and sees the same events is shown beside it.

Examples:
  vitrine evaluate-profile --data data/sample
  vitrine evaluate-profile --data data/sample --run runs/sample --json`,
  },
  args: {
    data: { type: 'string', required: true, valueHint: 'FOLDER', description: 'A dataset folder' },
    run: {
      type: 'string',
      valueHint: 'FOLDER',
      description: 'A run, whose network the heads read beside the features',
    },
    seed: { type: 'string', default: '1', description: 'Of the moments that are asked and of the training' },
    json: { type: 'boolean', default: false, description: 'Print one JSON document' },
  },
  async run({ args }) {
    const info = await readDatasetInfo(args.data)
    const shoppers = await readShoppers(args.data)
    const run = args.run === undefined ? undefined : await readRun(args.run, 'measured')
    const network = run && networkOf(args.run as string, run, shoppers.products)
    const truth = existsSync(join(args.data, 'truth.jsonl')) ? await readTruth(args.data, shoppers) : undefined
    await readyBackend()
    const options = { seed: args.seed, ...(network ? { network } : {}), ...(truth ? { truth } : {}) }
    const heads = scoreHeads(shoppers, options)
    const next = await scoreNextCategory(shoppers, options)
    const gate = scoreGate(shoppers, args.seed)
    const fitted = fitSegments(shoppers, args.seed)
    const segments = {
      found: fitted.segments.names.map((name, n) => ({ name, shoppers: fitted.sizes[n] })),
      tried: fitted.tried,
      bytes: encodeSegments(fitted.segments).length,
      ...(truth ? { score: await scoreSegments(shoppers, fitted, truth) } : {}),
    }
    const tastes = truth && scoreTastes(shoppers, truth)
    const quality = truth && interestQuality(shoppers, truth)
    const prices = truth && (await scorePrices(shoppers, truth))
    const report = {
      dataset: info.name,
      simulated: info.simulated,
      seed: args.seed,
      heads,
      next_category: next,
      gate,
      segments,
      ...(tastes ? { tastes } : {}),
      ...(quality ? { quality } : {}),
      ...(prices ? { prices } : {}),
    }
    const parts = [
      ...heads.map(headTable),
      nextTable(next),
      gateTable(gate),
      segmentTable(segments),
      ...(tastes ? [tasteTable(tastes)] : []),
      ...(quality ? [qualityTable(quality)] : []),
      ...(prices ? [priceTable(prices)] : []),
    ]
    console.log(args.json ? JSON.stringify(report) : parts.join('\n\n'))
  },
})
