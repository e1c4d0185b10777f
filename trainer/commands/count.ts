/** `vitrine count`: what an operator may know of its shoppers, as a noised sum over many of them. */
import { defineCommand } from 'citty'
import { decodeItems } from '../../shared/model/chunks.ts'
import { oneOf, wholeNumber } from '../flags.ts'
import { type Destination, readPrevious } from '../publish.ts'
import { countedOf, rateOf, reasonOf } from '../rounds/counting.ts'
import { COUNT_NAMES, figuresOf, vdafFor } from '../rounds/figures.ts'
import { endRound } from '../rounds/rounds.ts'
import { openTask, TASK_FLAGS } from '../rounds/task-flags.ts'

/** Of a normal distribution, on either side. */
const DEVIATIONS_OF_95 = 1.96

/** Of its noise, that what a share is of must be above. */
const LEAST_DEVIATIONS = 5

export default defineCommand({
  meta: {
    name: 'count',
    description: `Count something of many shoppers, so that nobody learns it of any: one answer each, added up by two aggregators, with noise.
Shoppers who allow contributing answer while the round is open. Known: ${COUNT_NAMES.join(', ')}.

Who does not allow contributing says nothing, not even that: how many do is a share of the visitors that the shop counts itself (--visitors).

Examples:
  vitrine count --what hit-rate-10 --to bundles --leader http://127.0.0.1:8091 --helper http://127.0.0.1:8092 --noise 5 --hours 24
  vitrine count --what demand --edge https://edge.example --leader https://l.example --helper https://h.example --json
  vitrine count --what opted-in --visitors 12000 --to bundles --leader https://l.example --helper https://h.example`,
  },
  args: {
    what: {
      type: 'string',
      required: true,
      valueHint: COUNT_NAMES.join('|'),
      description: 'What each answers',
    },
    visitors: {
      type: 'string',
      valueHint: 'N',
      description: 'Of the shop while the round was open: shares of them, too',
    },
    ...TASK_FLAGS,
    json: { type: 'boolean', default: false, description: 'Print one JSON document' },
  },
  async run({ args }) {
    const what = oneOf('--what', COUNT_NAMES, args.what)
    const visitors = args.visitors === undefined ? undefined : wholeNumber('--visitors', args.visitors, 10_000)
    const { publisher, task, id, nextRound } = await openTask(args, what, async (destination) =>
      vdafFor(what, await categoriesIn(destination)),
    )
    await nextRound()
    const ended = await endRound(id, publisher)
    const { result } = ended
    const counted = await countedOf(task, ended)
    if (!counted || task.vdaf.kind === 'pine') {
      console.log(args.json ? JSON.stringify(result) : `nothing is released (${reasonOf(result)})`)
      return
    }
    const figures = figuresOf(what, task.vdaf, await categoriesIn(publisher.destination))
    const rates = figures.flatMap((figure) => {
      const rate = rateOf(counted, figure)
      // Of what nobody answered noise is left, and no share of that is one.
      if (!rate || (figure.whole && rate.whole < LEAST_DEVIATIONS * Math.sqrt(counted.variance))) return []
      const sum = figure.part.reduce((total, n) => total + counted.sums[n], 0)
      const margin = DEVIATIONS_OF_95 * Math.sqrt(counted.variance * figure.part.length)
      const ofVisitors = visitors === undefined ? {} : { visitors: sum / visitors }
      return [{ label: figure.label, sum, margin, ...rate, ...ofVisitors }]
    })
    // Shares of one whole: the largest first.
    if (!figures.some(({ whole }) => whole)) rates.sort((a, b) => b.rate - a.rate)
    if (args.json) return console.log(JSON.stringify({ ...result, rates }))
    console.log(`${what}, round ${result.round}: ${counted.reports.toLocaleString('en')} shoppers answered`)
    for (const { label, rate, noise, visitors: ofVisitors } of rates) {
      const error = `± ${percent(DEVIATIONS_OF_95 * Math.sqrt(noise)).trim()} for the noise`
      const also = ofVisitors === undefined ? '' : `; ${percent(ofVisitors).trim()} of the visitors`
      console.log(`  ${percent(rate)} ${error}  ${label}${also}`)
    }
  },
})

const percent = (share: number) => `${(100 * share).toFixed(1).padStart(5)} %`

/** Of the items that are published. */
async function categoriesIn(destination: Destination): Promise<string[]> {
  const previous = await readPrevious(destination)
  const sha256 = previous?.manifest.chunks.find(({ name }) => name === 'items')?.sha256
  const items = sha256 && (await previous?.read(sha256))
  return items ? decodeItems(items).map(({ category }) => category) : []
}
