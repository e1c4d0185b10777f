/** `vitrine evaluate-demographics`: what a network's state gives away of who a shopper is, though nobody taught it. */
import { defineCommand } from 'citty'
import { readyBackend } from '../backend.ts'
import { readDemographics } from '../datasets/demographics.ts'
import { intervalText } from '../evaluate.ts'
import { PRESETS } from '../presets.ts'
import { type ProbeScore, probeDemographics } from '../profile/demographics.ts'
import { train } from '../train.ts'
import { UserError } from '../user-error.ts'

/** Few shoppers make few steps a pass, so there are more passes. */
const PRESET = { ...PRESETS.long, blocks: 1, epochs: 30 }

export default defineCommand({
  meta: {
    name: 'evaluate-demographics',
    description: `Probe a network's frozen state for what shoppers said of themselves: gender, age band, occupation.

The network learns the next item of each history. Linear probes on its state, cross-validated by shopper, stand beside
probes on how popular the things of a history are, and beside what someone says who knows nothing of the shopper. DATA is
a folder of RecBole's atomic files.

Examples:
  vitrine evaluate-demographics --data ml-100k
  vitrine evaluate-demographics --data ml-100k --seeds 1,2,3 --json`,
  },
  args: {
    data: { type: 'string', required: true, valueHint: 'FOLDER', description: 'With .inter and .user files' },
    seeds: { type: 'string', default: '1', valueHint: '1,2,3', description: 'Of networks and folds' },
    'max-seconds': { type: 'string', default: '600', valueHint: 'N', description: 'Ends each training' },
    json: { type: 'boolean', default: false, description: 'Print one JSON document' },
  },
  async run({ args }) {
    const maxSeconds = Number(args['max-seconds'])
    if (!(maxSeconds > 0)) {
      throw new UserError(`--max-seconds ${args['max-seconds']}: not a number above 0`, 'try --max-seconds 600')
    }
    const data = await readDemographics(args.data)
    await readyBackend()
    const runs: { seed: string; passes: number; probes: ProbeScore[] }[] = []
    for (const seed of args.seeds.split(',')) {
      const ends = data.histories.start.slice(1)
      const { compiled, epochs } = await train(data.histories, ends, [], {
        preset: PRESET,
        seed,
        maxSeconds,
        threads: 1,
      })
      runs.push({ seed, passes: epochs.length, probes: await probeDemographics(data, compiled, seed) })
    }
    const report = { shoppers: data.facts.length, acts: data.histories.item.length, runs }
    console.log(args.json ? JSON.stringify(report) : runs.map(table).join('\n\n'))
  },
})

function table({ seed, passes, probes }: { seed: string; passes: number; probes: ProbeScore[] }): string {
  return [
    `seed ${seed}, ${passes} passes; log-loss in nats (share right)`,
    `  ${''.padEnd(26)}knowing nothing   popularity       state            state better by`,
    ...probes.map(({ fact, classes, log_loss, right, better_than_popularity }) => {
      const cell = (of: 'shares' | 'popularity' | 'state') =>
        `${log_loss[of].toFixed(4)} (${right[of].toFixed(3)})`.padEnd(17)
      const better = intervalText(better_than_popularity)
      return `  ${`${fact}, ${classes} classes`.padEnd(26)}${cell('shares')} ${cell('popularity')}${cell('state')}${better}`
    }),
  ].join('\n')
}
