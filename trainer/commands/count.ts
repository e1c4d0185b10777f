/** `vitrine count`: what an operator may know of its shoppers, as a noised sum over many of them. */
import { defineCommand } from 'citty'
import { COUNTS } from '../../shared/federated/counts.ts'
import { vdafOf } from '../../shared/federated/vdaf.ts'
import { field64 } from '../field64.ts'
import { oneOf } from '../flags.ts'
import { endRound } from '../rounds/rounds.ts'
import { openTask, TASK_FLAGS } from '../rounds/task-flags.ts'

/** Of a normal distribution, on either side. */
const DEVIATIONS_OF_95 = 1.96
const AGGREGATORS = 2

export default defineCommand({
  meta: {
    name: 'count',
    description: `Count something of many shoppers, so that nobody learns it of any: one answer each, added up by two aggregators, with noise.
Shoppers who allow contributing answer while the round is open. Known: ${Object.keys(COUNTS).join(', ')}.

Examples:
  vitrine count --what hit-rate-10 --to bundles --leader http://127.0.0.1:8091 --helper http://127.0.0.1:8092 --noise 5 --hours 24
  vitrine count --what furthest-step --edge https://edge.example --leader https://l.example --helper https://h.example --json`,
  },
  args: {
    what: {
      type: 'string',
      required: true,
      valueHint: Object.keys(COUNTS).join('|'),
      description: 'What each answers',
    },
    ...TASK_FLAGS,
    json: { type: 'boolean', default: false, description: 'Print one JSON document' },
  },
  async run({ args }) {
    const what = oneOf('--what', Object.keys(COUNTS), args.what)
    const { publisher, task, id, nextRound } = await openTask(args, what, async () => COUNTS[what].vdaf)
    await nextRound()
    const { result, aggregate } = await endRound(id, publisher)
    if (result.outcome === 'aborted' || !aggregate) {
      console.log(
        args.json ? JSON.stringify(result) : `nothing is released (${result.outcome === 'aborted' && result.reason})`,
      )
      return
    }
    const vdaf = vdafOf(task, await field64())
    // It is the sum of both shares already: the other one is nothing.
    const sums = vdaf.unshard([aggregate, new Uint8Array(aggregate.length)]).map(Number)
    const deviation = task.noiseMultiplier * Math.sqrt(AGGREGATORS * Number(vdaf.squaredSensitivity))
    const margin = DEVIATIONS_OF_95 * deviation
    const counts = COUNTS[what].labels.map((label, n) => ({ label, sum: sums[n] }))
    if (args.json) return console.log(JSON.stringify({ ...result, counts, margin }))
    console.log(`${what}, round ${result.round}: ${result.reports.toLocaleString('en')} shoppers answered`)
    for (const { label, sum } of counts) {
      const share = (100 * sum) / result.reports
      const error = (100 * margin) / result.reports
      console.log(`  ${share.toFixed(1).padStart(5)} %  ± ${error.toFixed(1)} for the noise  ${label}`)
    }
  },
})
