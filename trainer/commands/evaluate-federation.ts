/** `vitrine evaluate-federation`: what shoppers' devices can teach everyone's model, and what of it is left in rounds. */
import { defineCommand } from 'citty'
import { DELTA } from '../../shared/federated/accounting/zcdp.ts'
import { readyBackend } from '../backend.ts'
import { describeBackend } from '../backend-flag.ts'
import { loadHistories } from '../datasets/load.ts'
import { intervalText } from '../evaluate.ts'
import { evaluateFederation, type FederationEvaluation, type Gain } from '../federation/evaluate-federation.ts'
import { FEDERATION } from '../federation/learning.ts'
import { oneOf, secondsOf, shareOf, wholeNumber } from '../flags.ts'
import { PARTS } from '../learning/shoppers.ts'
import { PRESET_NAMES, PRESETS } from '../presets.ts'
import { UserError } from '../user-error.ts'

export default defineCommand({
  meta: {
    name: 'evaluate-federation',
    description: `Measure what shoppers' devices can teach everyone's model together.

A backbone learns the first half of a history. A shared vector of a few thousand floats is then learned from what clients did until
four fifths of it: from all they have in one place, and in rounds of clipped updates, some of which never arrive. Both are asked what
other shoppers want after that, beside the backbone as it was.

With --crowds and --noise, the same for larger crowds, drawn from these clients with repetition, with the noise of two aggregators.

Examples:
  vitrine evaluate-federation --data online-retail.csv.gz --seeds 1,2,3
  vitrine evaluate-federation --data online-retail.csv.gz --crowds 1000,10000,100000 --noise 1,2,4,8 --json`,
  },
  args: {
    data: { type: 'string', required: true, valueHint: 'PATH', description: 'Dataset folder, or a file to import' },
    seeds: { type: 'string', default: '1', valueHint: '1,2,3', description: 'Of the backbone and of what is drawn' },
    part: {
      type: 'string',
      default: 'report',
      valueHint: PARTS.join('|'),
      description: 'Shoppers settings are chosen on, or the others',
    },
    rounds: {
      type: 'string',
      default: String(FEDERATION.rounds),
      valueHint: 'N',
      description: 'Of federated learning',
    },
    cohort: {
      type: 'string',
      default: String(FEDERATION.cohort),
      valueHint: 'N',
      description: 'Devices asked a round',
    },
    dropout: {
      type: 'string',
      default: String(FEDERATION.dropout),
      valueHint: 'SHARE',
      description: 'Of whom nothing arrives',
    },
    crowds: { type: 'string', valueHint: '1000,10000', description: 'Cohorts to try with noise' },
    noise: { type: 'string', valueHint: '1,2', description: 'Noise multipliers to try with them, of each aggregator' },
    preset: { type: 'string', default: 'tiny', valueHint: PRESET_NAMES.join('|'), description: 'Of the backbone' },
    'max-seconds': { type: 'string', valueHint: 'SECONDS', description: 'Ends each training of a backbone' },
    json: { type: 'boolean', default: false, description: 'Print one JSON document' },
  },
  async run({ args }) {
    const preset = PRESETS[oneOf('--preset', PRESET_NAMES, args.preset)]
    const part = oneOf('--part', PARTS, args.part)
    if ((args.crowds === undefined) !== (args.noise === undefined)) {
      throw new UserError('--crowds and --noise go together', 'try --crowds 1000,10000 --noise 1,2')
    }
    const histories = await loadHistories(args.data)
    // The threads of the crowd are on the CPU, whatever trains the backbone.
    console.error(describeBackend(await readyBackend()))
    const evaluation = await evaluateFederation(histories, {
      seeds: args.seeds.split(','),
      part,
      preset,
      federation: {
        rounds: wholeNumber('--rounds', args.rounds, FEDERATION.rounds),
        cohort: wholeNumber('--cohort', args.cohort, FEDERATION.cohort),
        dropout: shareOf('--dropout', args.dropout),
      },
      ...(args.crowds === undefined ? {} : { crowds: listOf('--crowds', args.crowds) }),
      ...(args.noise === undefined ? {} : { noiseMultipliers: listOf('--noise', args.noise) }),
      ...(args['max-seconds'] === undefined ? {} : { maxSeconds: secondsOf('--max-seconds', args['max-seconds']) }),
      say: (message) => console.error(message),
    })
    console.log(args.json ? JSON.stringify(evaluation) : table(evaluation))
  },
})

function listOf(flag: string, text: string): number[] {
  const values = text.split(',').map(Number)
  if (values.every((value) => value > 0 && Number.isFinite(value))) return values
  throw new UserError(`${flag} ${text}: not numbers above 0`, `try ${flag} 1,2`)
}

function table(evaluation: FederationEvaluation): string {
  const { dataset, split, clients, floats, asked, frozen, popularity, centralised, federated, kept } = evaluation
  const { rounds, cohort, dropout, participations } = evaluation.federation
  const count = (value: number) => value.toLocaleString('en')
  const row = (name: string, { ndcg, nats }: Gain, more = '') =>
    `  ${name.padEnd(32)} ${signedInterval(ndcg).padEnd(28)} ${signedInterval(nats).padEnd(28)} ${more}`.trimEnd()
  const { ndcg, abovePopularity } = evaluation.canary
  return [
    `${dataset}: ${split}`,
    `${count(clients)} clients, a shared vector of ${count(floats)} floats; ${count(asked.shoppers)} other shoppers asked about ${count(asked.events)} events`,
    [
      `  ${'NDCG@10'.padEnd(32)} frozen ${frozen.toFixed(4)}, popularity ${popularity.toFixed(4)}`,
      `  ${''.padEnd(32)} ${'above frozen'.padEnd(28)} nats an event`,
      row('centralised', centralised),
      row(`federated, ${rounds} × ${cohort}, ${100 * dropout} % lost`, federated),
    ].join('\n'),
    `federated keeps ${intervalText(kept, 2)} of the centralised gain; a shopper takes part ${participations} times at most`,
    ...(evaluation.noise.length > 0
      ? [
          [
            `clients drawn with repetition, noise of two aggregators, ε at δ = ${DELTA} with ${evaluation.noise[0].participations} participations and one of them honest:`,
            ...evaluation.noise.map((noisy) =>
              row(
                `${count(noisy.cohort)} a round, z = ${noisy.noiseMultiplier}`,
                noisy,
                `ε = ${noisy.epsilon.toFixed(2)}`,
              ),
            ),
          ].join('\n'),
        ]
      : []),
    `canary, from random weights and shuffled items: ${ndcg.toFixed(4)}, beside popularity ${signedInterval(abovePopularity)}`,
  ].join('\n\n')
}

function signedInterval({ mean, low, high }: { mean: number; low: number; high: number }): string {
  const signed = (value: number) => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(4)}`
  return `${signed(mean)} [${signed(low)}, ${signed(high)}]`
}
