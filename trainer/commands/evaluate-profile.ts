/** `vitrine evaluate-profile`: what profiles foretell of a shop's shoppers, beside rules and beside the truth. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { defineCommand } from 'citty'
import { readyBackend } from '../backend.ts'
import { readDatasetInfo } from '../datasets/dataset.ts'
import { type PriceScore, scorePrices } from '../profile/price-bands.ts'
import { type Foretold, type HeadScore, scoreHeads } from '../profile/scorecard.ts'
import { readShoppers } from '../profile/shoppers.ts'
import { scoreTastes, type TasteScore } from '../profile/tastes.ts'
import { readTruth } from '../profile/truth.ts'
import { networkOf, readRun } from '../run-folder.ts'

export default defineCommand({
  meta: {
    name: 'evaluate-profile',
    description: `Measure what profiles foretell (a purchase in this visit, a return within 30 days) and what they know of tastes.

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
    const run = args.run === undefined ? undefined : await readRun(args.run)
    const network = run && networkOf(args.run as string, run, shoppers.products)
    const truth = existsSync(join(args.data, 'truth.jsonl')) ? await readTruth(args.data, shoppers) : undefined
    await readyBackend()
    const heads = await scoreHeads(shoppers, {
      seed: args.seed,
      ...(network ? { network } : {}),
      ...(truth ? { truth } : {}),
    })
    const tastes = truth && scoreTastes(shoppers, truth)
    const prices = truth && (await scorePrices(shoppers, truth))
    const report = {
      dataset: info.name,
      simulated: info.simulated,
      seed: args.seed,
      heads,
      ...(tastes ? { tastes } : {}),
      ...(prices ? { prices } : {}),
    }
    const parts = [
      ...heads.map(table),
      ...(tastes ? [tasteTable(tastes)] : []),
      ...(prices ? [priceTable(prices)] : []),
    ]
    console.log(args.json ? JSON.stringify(report) : parts.join('\n\n'))
  },
})

function table({
  head,
  moments,
  rate,
  majority,
  rule,
  trained,
  ideal,
  gap_closed,
  better_than_rule,
  drivers,
}: HeadScore) {
  const row = (name: string, { auroc, log_loss, calibration_error }: Foretold) =>
    `  ${name.padEnd(34)} ${auroc.toFixed(3)}   ${log_loss.toFixed(4)}   ${calibration_error.toFixed(3)}`
  const { mean, low, high } = better_than_rule
  return [
    `${head}: ${moments.test} moments asked, ${(100 * rate).toFixed(1)} % yes; ${moments.training} taught`,
    `  ${''.padEnd(34)} AUROC   log-loss  calibration error`,
    row('majority', majority),
    row(rule.name, rule),
    row('profile', trained),
    ...(ideal ? [row('an observer who knows the truth', ideal)] : []),
    ...(gap_closed === undefined ? [] : [`  of the way from rule to observer: ${(100 * gap_closed).toFixed(0)} %`]),
    `  log-loss below the rule's by ${mean.toFixed(4)} [${low.toFixed(4)}, ${high.toFixed(4)}]`,
    '  what drives it: nats lost when dealt to others, bits it tells alone',
    ...drivers.map(
      ({ feature, permutation_importance, information_gain }) =>
        `    ${feature.padEnd(32)} ${permutation_importance.toFixed(4)}   ${Number.isNaN(information_gain) ? '–' : information_gain.toFixed(4)}`,
    ),
  ].join('\n')
}

function tasteTable({ shoppers, last_looked_at, profile, ideal, gap_closed, better_than_last }: TasteScore): string {
  const { mean, low, high } = better_than_last
  return [
    `interests: the three dearest categories of ${shoppers} shoppers, precision`,
    `  last three looked into                    ${last_looked_at.toFixed(3)}`,
    `  profile                                   ${profile.toFixed(3)}`,
    `  an observer who knows all others’ truth   ${ideal.toFixed(3)}`,
    `  of the way from the last to the observer: ${(100 * gap_closed).toFixed(0)} %`,
    `  more than the last three by ${mean.toFixed(4)} [${low.toFixed(4)}, ${high.toFixed(4)}]`,
  ].join('\n')
}

function priceTable({ shoppers, last_looked_at, profile, ideal, gap_closed }: PriceScore): string {
  return [
    `price band: high above low, ${shoppers} shoppers of the two, AUROC`,
    `  the price last looked at                  ${last_looked_at.toFixed(3)}`,
    `  profile                                   ${profile.toFixed(3)}`,
    `  an observer taught half of the truth      ${ideal.toFixed(3)}`,
    `  of the way from the last to the observer: ${(100 * gap_closed).toFixed(0)} %`,
  ].join('\n')
}
