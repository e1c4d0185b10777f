/** `vitrine simulate`: rounds of federated learning with many shoppers, some of whom go away or lie. */
import { existsSync } from 'node:fs'
import { rename, writeFile } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { defineCommand } from 'citty'
import { DELTA } from '../../shared/federated/accounting/zcdp.ts'
import { readyBackend } from '../backend.ts'
import { loadHistories } from '../datasets/load.ts'
import { intervalText } from '../evaluate.ts'
import { PLAINTEXT } from '../federation/aggregation.ts'
import { roundProgress } from '../federation/round-progress.ts'
import { type Simulation, simulate } from '../federation/simulate.ts'
import { simulationPage } from '../federation/simulation-page.ts'
import { WIRE } from '../federation/wire.ts'
import { oneOf, secondsOf, shareOf, wholeNumber } from '../flags.ts'
import { PRESET_NAMES, PRESETS } from '../presets.ts'
import { count, kilobytes, seconds } from '../report/numbers.ts'
import { generateSample } from '../sample/sample.ts'
import { UserError } from '../user-error.ts'

export default defineCommand({
  meta: {
    name: 'simulate',
    description: `Simulate rounds of federated learning, with shoppers who go away, are late, or lie.

Shoppers have real histories; where there are more of them than histories, the others have one of those, drawn with repetition. What
each device learns is what a browser learns. Its report is clipped and rounded as it would be sent, and added up in the clear, with
the noise that two aggregators would add: ${PLAINTEXT}.

The page shows quality by round for the model as it was, for one place with all the data, and for rounds without and with noise; bytes;
and ε. The same seed gives the same rounds.

Examples:
  vitrine simulate --shoppers 20000 --cohort 1500 --rounds 100 --dropout 0.3 --malicious 0.01
  vitrine simulate --data online-retail.csv.gz --shoppers 5000 --cohort 600 --rounds 16 --out rounds.html
  vitrine simulate --shoppers 1000 --cohort 1000 --rounds 3 --wire`,
  },
  args: {
    data: {
      type: 'string',
      valueHint: 'PATH',
      description: 'A history to import, or a dataset folder; else the sample shop',
    },
    shoppers: { type: 'string', default: '20000', valueHint: 'N', description: 'Who may be asked' },
    cohort: { type: 'string', default: '1500', valueHint: 'N', description: 'Shoppers asked in a round' },
    rounds: { type: 'string', default: '100', valueHint: 'N', description: 'Of federated learning' },
    dropout: { type: 'string', default: '0.3', valueHint: 'SHARE', description: 'Of those asked, who go away' },
    stragglers: {
      type: 'string',
      default: '0.02',
      valueHint: 'SHARE',
      description: 'Of those asked, who come too late',
    },
    malicious: {
      type: 'string',
      default: '0.01',
      valueHint: 'SHARE',
      description: 'Of the shoppers, who send the opposite',
    },
    sybils: {
      type: 'string',
      default: '0',
      valueHint: 'SHARE',
      description: 'Of the shoppers, who are one party that pulls back',
    },
    noise: { type: 'string', default: '1', valueHint: 'Z', description: 'Noise multiplier of each aggregator' },
    wire: {
      type: 'boolean',
      default: false,
      description: `Noised sums by ${WIRE}`,
    },
    seed: {
      type: 'string',
      default: '1',
      description: 'Of everything that is drawn; not of noise that goes over the wire',
    },
    preset: { type: 'string', default: 'tiny', valueHint: PRESET_NAMES.join('|'), description: 'Of the backbone' },
    'max-seconds': { type: 'string', valueHint: 'SECONDS', description: 'Ends the training of the backbone' },
    out: { type: 'string', default: 'simulation.html', valueHint: 'FILE', description: 'The page' },
    json: { type: 'boolean', default: false, description: 'Print all figures as one JSON document' },
  },
  async run({ args }) {
    const numbers = {
      shoppers: wholeNumber('--shoppers', args.shoppers, 20_000),
      cohort: wholeNumber('--cohort', args.cohort, 1500),
      rounds: wholeNumber('--rounds', args.rounds, 100),
      dropout: shareOf('--dropout', args.dropout),
      stragglers: shareOf('--stragglers', args.stragglers),
      malicious: shareOf('--malicious', args.malicious),
      sybils: shareOf('--sybils', args.sybils),
      noiseMultiplier: noiseOf(args.noise),
      preset: PRESETS[oneOf('--preset', PRESET_NAMES, args.preset)],
    }
    refuseImpossible(numbers)
    const say = (text: string) => console.error(text)
    const h = await loadHistories(args.data ?? (await sampleShop(args.seed, say)))
    await readyBackend()
    let progress: ReturnType<typeof roundProgress> | undefined
    const simulation = await simulate(h, {
      ...numbers,
      seed: args.seed,
      wire: args.wire,
      ...(args['max-seconds'] === undefined
        ? {}
        : { maxTrainingSeconds: secondsOf('--max-seconds', args['max-seconds']) }),
      say,
      onRound(round, record) {
        progress ??= roundProgress(numbers.rounds)
        progress.show(round, record)
      },
    }).finally(() => progress?.end())
    const out = resolve(args.out)
    const partial = join(dirname(out), `.${basename(out)}.partial`)
    await writeFile(partial, simulationPage(simulation, new Date()))
    await rename(partial, out)
    console.log(args.json ? JSON.stringify({ out, ...simulation }) : summary(out, simulation))
  },
})

/** @throws UserError where the shares leave nobody, or there are fewer shoppers than are asked */
function refuseImpossible({
  shoppers,
  cohort,
  dropout,
  stragglers,
  malicious,
  sybils,
}: Record<'shoppers' | 'cohort' | 'dropout' | 'stragglers' | 'malicious' | 'sybils', number>): void {
  if (cohort > shoppers) {
    throw new UserError(`--cohort ${cohort}: more than the ${shoppers} shoppers`, `try --cohort ${shoppers}`)
  }
  if (dropout + stragglers >= 1) {
    throw new UserError(`${dropout} go away and ${stragglers} are late: nobody is left`, 'try --dropout 0.3')
  }
  if (malicious + sybils >= 1) {
    throw new UserError(`${malicious} lie and ${sybils} are one party: nobody is left`, 'try --malicious 0.01')
  }
}

function noiseOf(text: string): number {
  const value = Number(text)
  if (value > 0 && Number.isFinite(value)) return value
  throw new UserError(`--noise ${text}: not a number above 0`, 'try --noise 1')
}

const SAMPLE_SHOPPERS = 5000

/** Simulated shoppers in a simulated shop, made once. */
async function sampleShop(seed: string, say: (text: string) => void): Promise<string> {
  const folder = join('.vitrine', `simulate-sample-${seed}`)
  if (!existsSync(join(folder, 'dataset.json'))) {
    say('making the sample shop: products and shoppers are simulated')
    await generateSample({ out: folder, seed, shoppers: SAMPLE_SHOPPERS })
  }
  return folder
}

function summary(
  out: string,
  { wire, dataset, simulated, gains, rounds, population, seconds: taken }: Simulation,
): string {
  const last = rounds[rounds.length - 1]
  const bytes = rounds.reduce((sum, { sentBytes, fetchedBytes }) => sum + sentBytes + fetchedBytes, 0)
  return [
    `${dataset}: ${wire}`,
    `${count(population.shoppers)} shoppers with ${count(population.lessons)} ${simulated ? 'simulated' : 'real'} histories, ${rounds.length} rounds in ${seconds(taken)}`,
    ...Object.entries(gains).map(([arm, gain]) => `  ${arm.padEnd(12)} ${intervalText(gain)} NDCG@10 above frozen`),
    `  with noise   ε = ${last.epsilon.toFixed(2)} at δ = ${DELTA}, ${last.participations} participations; ${kilobytes(bytes)} on the wire`,
    `${out}: open it in a browser`,
  ].join('\n')
}
