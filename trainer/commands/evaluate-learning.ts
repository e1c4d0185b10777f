/** `vitrine evaluate-learning`: what a shopper gains when their own device goes on learning. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { defineCommand } from 'citty'
import { readyBackend } from '../backend.ts'
import { BACKEND_FLAG, backendChoice, describeBackend } from '../backend-flag.ts'
import { loadHistories } from '../datasets/load.ts'
import { oneOf, secondsOf, wholeNumber } from '../flags.ts'
import { evaluateLearning, type LearningEvaluation } from '../learning/evaluate-learning.ts'
import { type Group, verdict } from '../learning/report.ts'
import { PARTS } from '../learning/shoppers.ts'
import { PRESET_NAMES, PRESETS } from '../presets.ts'
import { readDrifts } from '../profile/truth.ts'
import { networkOf, readRun } from '../run-folder.ts'

export default defineCommand({
  meta: {
    name: 'evaluate-learning',
    description: `Measure what learning on the shopper's own device is worth.

What each did after a date is foretold by everyone's model with all that came before in its context, and by the same model
with an adapter learned from what they did before.

Half of the shoppers teach the network, which has then seen nothing of those who are asked; with --run, a network that may have.
In a simulated shop those whose taste changed are shown apart.

Examples:
  vitrine evaluate-learning --data online-retail.csv.gz --seeds 1,2,3
  vitrine evaluate-learning --data data/sample --run runs/sample --json`,
  },
  args: {
    data: { type: 'string', required: true, valueHint: 'PATH', description: 'Dataset folder, or a file to import' },
    run: { type: 'string', valueHint: 'FOLDER', description: 'A run, whose network is adapted; else one is trained' },
    seeds: { type: 'string', default: '1', valueHint: '1,2,3', description: 'Of the network and of what is drawn' },
    part: {
      type: 'string',
      default: 'report',
      valueHint: PARTS.join('|'),
      description: 'Shoppers settings are chosen on, or the others',
    },
    'max-shoppers': { type: 'string', valueHint: 'N', description: 'Ask no more than these, drawn with a seed' },
    preset: {
      type: 'string',
      default: 'tiny',
      valueHint: PRESET_NAMES.join('|'),
      description: 'Of the network that is trained',
    },
    'max-seconds': { type: 'string', valueHint: 'SECONDS', description: 'Ends each training of a network' },
    backend: BACKEND_FLAG,
    json: { type: 'boolean', default: false, description: 'Print one JSON document' },
  },
  async run({ args }) {
    const preset = PRESETS[oneOf('--preset', PRESET_NAMES, args.preset)]
    const part = oneOf('--part', PARTS, args.part)
    const choice = backendChoice(args.backend)
    const histories = await loadHistories(args.data)
    console.error(describeBackend(await readyBackend(choice)))
    const network =
      args.run === undefined ? undefined : networkOf(args.run, await readRun(args.run, 'measured'), histories.items)
    const simulated = existsSync(join(args.data, 'truth.jsonl'))
    const evaluation = await evaluateLearning(histories, {
      seeds: args.seeds.split(','),
      part,
      preset,
      ...(network ? { network } : {}),
      ...(simulated ? { drifts: await readDrifts(args.data) } : {}),
      ...(args['max-seconds'] === undefined ? {} : { maxSeconds: secondsOf('--max-seconds', args['max-seconds']) }),
      ...(args['max-shoppers'] === undefined
        ? {}
        : { maxShoppers: wholeNumber('--max-shoppers', args['max-shoppers'], 100) }),
      say: (message) => console.error(message),
    })
    console.log(args.json ? JSON.stringify(evaluation) : table(evaluation))
  },
})

function table({ dataset, split, able, acceptance, all, drifting, steady, verdict: said }: LearningEvaluation): string {
  return [
    `${dataset}: ${split}`,
    `${able.toLocaleString('en')} shoppers have enough to learn from; ${(100 * acceptance).toFixed(0)} % of the adapters are accepted`,
    group('all', all),
    ...(drifting ? [group('those whose taste changed before the date', drifting)] : []),
    ...(steady ? [group('the others', steady)] : []),
    said,
    ...(drifting ? [`whose taste changed: ${verdict(drifting)}`] : []),
  ].join('\n\n')
}

function group(title: string, { shoppers, events, withMany, arms }: Group): string {
  const signed = (value: number) => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(4)}`
  const rows = Object.entries(arms).map(([arm, { nats, ndcg, harmed }]) => {
    const interval = ({ mean, low, high }: typeof nats) => `${signed(mean)} [${signed(low)}, ${signed(high)}]`
    return `  ${arm.padEnd(9)} ${interval(nats).padEnd(28)} ${interval(ndcg).padEnd(28)} ${(100 * harmed).toFixed(1)} %`
  })
  const heading = `  ${''.padEnd(9)} ${'nats an event'.padEnd(28)} ${'NDCG@10'.padEnd(28)} harmed`
  const about = `${shoppers.toLocaleString('en')} shoppers, ${events.toLocaleString('en')} events, ${withMany} with 20 or more`
  return [`${title}: ${about}`, heading, ...rows].join('\n')
}
