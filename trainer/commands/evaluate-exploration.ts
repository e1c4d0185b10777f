/** `vitrine evaluate-exploration`: what ways of exploring would have been worth, from logs of what was shown. */
import { defineCommand } from 'citty'
import type { Interval } from '../evaluate.ts'
import { readBanditLog } from '../exploration/bandit-log.ts'
import { type ExplorationEvaluation, evaluateExploration } from '../exploration/evaluation.ts'
import { ESTIMATORS } from '../exploration/off-policy.ts'
import { UserError } from '../user-error.ts'

export default defineCommand({
  meta: {
    name: 'evaluate-exploration',
    description: `Judge ways of exploring by a log of what was shown at known probabilities, and whether it was clicked.

Policies learn on the first half of the log and are judged on the second. A CSV has the columns timestamp, item_id,
position, click, propensity_score.

Examples:
  vitrine evaluate-exploration --data random.women.csv.gz
  vitrine evaluate-exploration --data random.men.csv.gz --other bts.men.csv.gz --json`,
  },
  args: {
    data: { type: 'string', required: true, valueHint: 'FILE', description: 'The log' },
    other: { type: 'string', valueHint: 'FILE', description: 'The log of a policy that is judged too' },
    seed: { type: 'string', default: '1', description: 'Of the draws and the bootstrap' },
    json: { type: 'boolean', default: false, description: 'Print one JSON document' },
  },
  async run({ args }) {
    const log = await readBanditLog(args.data)
    const other = args.other === undefined ? undefined : await readBanditLog(args.other)
    if (other && (other.items > log.items || other.positions > log.positions)) {
      throw new UserError(
        `${args.other}: has items or places that ${args.data} never showed`,
        'give a log of the same shelf',
      )
    }
    const evaluation = evaluateExploration(log, args.seed, other)
    const ran = other && other.impressions.reduce((sum, { click }) => sum + click, 0) / other.impressions.length
    const report = { ...evaluation, ...(ran === undefined ? {} : { other_as_it_ran: ran }) }
    console.log(args.json ? JSON.stringify(report) : table(evaluation, ran))
  },
})

const percent = ({ mean, low, high }: Interval) =>
  `${(100 * mean).toFixed(2)} [${(100 * low).toFixed(2)}, ${(100 * high).toFixed(2)}]`

function table({ impressions, clicks, policies }: ExplorationEvaluation, ran: number | undefined): string {
  return [
    `${impressions.learned} impressions learned (${clicks.learned} clicks), ${impressions.judged} judged (${clicks.judged})`,
    `clicks in 100 impressions, with 95 % intervals`,
    ...policies.flatMap(({ policy, estimates, effective, more_than_uniform }) => [
      `${policy}: worth ${Math.round(effective)} impressions`,
      ...ESTIMATORS.map((name) => `  ${name.padEnd(6)} ${percent(estimates[name])}`),
      ...(policy === 'uniform' ? [] : [`  more than uniform, by dr: ${percent(more_than_uniform)}`]),
    ]),
    ...(ran === undefined ? [] : [`the other log, as it ran: ${(100 * ran).toFixed(2)}`]),
  ].join('\n')
}
