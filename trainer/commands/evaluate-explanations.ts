/** `vitrine evaluate-explanations`: whether the reasons on the cards are what moves the suggestions. */
import { defineCommand } from 'citty'
import { loadHistories } from '../datasets/load.ts'
import { intervalText } from '../evaluate.ts'
import { scoreExplanations } from '../explanations.ts'
import { datesOf } from '../protocol.ts'
import { sampleQueries, visitQueries, withoutSeen } from '../queries.ts'
import { modelsAt } from '../ranking.ts'
import { networkOf, readRun } from '../run-folder.ts'
import { tuningSplit } from '../train-run.ts'
import { UserError } from '../user-error.ts'

const QUESTIONS = 1000

export default defineCommand({
  meta: {
    name: 'evaluate-explanations',
    description: `Leave the reasons of a suggestion out of the history, and see how far it falls.

Further than without three acts drawn at random, or the three latest? Asked in visits under way, after what the run was trained on.

Examples:
  vitrine evaluate-explanations --data data/sample --run runs/sample
  vitrine evaluate-explanations --data data/sample --run runs/sample --json`,
  },
  args: {
    data: { type: 'string', required: true, valueHint: 'PATH', description: 'What the run was trained on' },
    run: { type: 'string', required: true, valueHint: 'FOLDER', description: 'A run of "vitrine train"' },
    seed: { type: 'string', default: '1', description: 'Of the questions and of the acts that are drawn' },
    json: { type: 'boolean', default: false, description: 'Print one JSON document' },
  },
  async run({ args }) {
    const h = await loadHistories(args.data)
    if (!h.timed) throw new UserError(`${h.name}: has no times, so no visit is under way`, 'evaluate a shop’s history')
    const run = await readRun(args.run, 'measured')
    const { weights, newItems } = run.info.blend
    const at = modelsAt(h, tuningSplit(h).trainEnds, networkOf(args.run, run, h.items), newItems)
    const visits = withoutSeen(visitQueries(h, datesOf(h).test, Number.POSITIVE_INFINITY, 'during'))
    const score = scoreExplanations(
      (time) => ({ ...at(time), weights }),
      sampleQueries(visits, QUESTIONS, args.seed),
      h.queries,
      args.seed,
    )
    if (args.json) {
      console.log(JSON.stringify({ dataset: h.name, simulated: h.simulated, seed: args.seed, ...score }))
      return
    }
    const { questions, log2_place, further_down } = score
    console.log(
      `${h.name}${h.simulated ? ' (simulated)' : ''}: ${questions} questions; log2 of the first suggestion's place`,
    )
    for (const [arm, place] of Object.entries(log2_place)) console.log(`  without ${NAMES[arm]}  ${place.toFixed(2)}`)
    for (const [arm, interval] of Object.entries(further_down)) {
      console.log(`  reasons − ${arm}  ${intervalText(interval, 2)}`)
    }
  },
})

const NAMES: Record<string, string> = {
  reasons: 'its three strongest reasons',
  drawn: 'three acts drawn          ',
  latest: 'the three latest acts     ',
}
