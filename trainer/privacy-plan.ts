/** A plan of rounds, for people: what it costs, what it gives, and what may be said of it. */
import type { Epoch, Plan, RoundsPlan, Strength } from '../shared/federated/accounting/plan.ts'
import type { Measurement } from '../shared/federated/accounting/sensitivity.ts'
import { wrap } from './help-layout.ts'
import { count, kilobytes, percent } from './report/numbers.ts'

export interface StatedPlan extends Epoch, Plan {
  minBatch: number
  delta: number
  measurement: Measurement
  /** Of an update. */
  clipNorm?: number
  reportBytes?: number
}

/** What no ε says by itself. */
export const CAVEATS = [
  'Under one operator, in one process or two, nothing is claimed: write "one operator: no privacy claim".',
  'At least one aggregator has to be honest: it shows nobody its shares and adds its noise. ε counts on that of one.',
  'ε is of one task and one epoch: of several, ρ add up. It leaves out hyper-parameter tuning and adaptive clipping.',
  'The proofs protect the model, not the shopper: the bound that their own browser keeps does, and the noise.',
  'How many reports there are is public. A shopper’s rounds are counted by their browser: emptied storage, or another ' +
    'browser, is another shopper.',
  'PINE-01, by which updates are added up, is an expired draft and unaudited, as is this code.',
]

export function renderPlan(plan: StatedPlan): string {
  return [
    section(headline(plan), costRows(plan)),
    section(`ε of a shopper and ${allOf(plan.rounds)}, at δ = ${plan.delta}`, epsilonRows(plan)),
    [
      `Few large rounds: the same shoppers, each in ${inRounds(plan.participations)}`,
      choiceTable(plan),
      advice(plan),
    ].join('\n'),
    section('What may be claimed', [['', claim(plan)], ...CAVEATS.map((caveat): Row => ['–', caveat])]),
  ].join('\n\n')
}

const headline = ({ shoppers, participations, rounds, dropout }: Epoch): string =>
  `${count(shoppers)} shoppers, each in ` +
  (participations === rounds ? allOf(rounds) : `${count(participations)} of ${count(rounds)} rounds at most`) +
  (dropout > 0 ? `; ${percent(dropout)} of the reports are lost` : '')

const allOf = (rounds: number): string => (rounds === 1 ? 'the one round' : `all ${count(rounds)} rounds`)
const inRounds = (rounds: number): string => `${count(rounds)} round${rounds === 1 ? '' : 's'}`

function costRows(plan: StatedPlan): Row[] {
  const { reports, isReleased, minBatch, noiseMultiplier, participations, reportBytes } = plan
  const batch = isReleased
    ? `the minimum of ${count(minBatch)} is reached`
    : `NOTHING IS RELEASED below ${count(minBatch)}`
  const rows: Row[] = [
    ['reports', `${count(reports)} a round; ${batch}`],
    ['noise', `z = ${digits(noiseMultiplier)} of each aggregator; with both, ${offBy(plan)}`],
  ]
  if (reportBytes === undefined) return rows
  const all = `a shopper's ${count(participations)}: ${kilobytes(participations * reportBytes)}`
  return [...rows, ['a report', `${count(reportBytes)} bytes; ${all}`]]
}

/** One standard deviation. */
function offBy({ measurement, clipNorm, noiseRatio, noiseStdDev }: StatedPlan): string {
  if (measurement.kind === 'pine') return `a round's mean is off by ${digits(noiseRatio)} of the clip norm, ${clipNorm}`
  const number = measurement.kind === 'sumVec' ? 'sum' : 'count'
  return `each ${number} of a round is off by ${digits(Math.SQRT2 * noiseStdDev)}`
}

function epsilonRows({ privacy, participations, rounds, isReleased }: StatedPlan): Row[] {
  const claimed = isReleased ? ': may be claimed, on the terms below' : ''
  const rows: Row[] = [[upwards(privacy.epsilon), `${inRounds(participations)}${claimed}`]]
  if (participations > 1) rows.push([upwards(privacy.ofOneRound), '1 round'])
  if (participations < rounds) rows.push([upwards(privacy.ofEveryRound), `${inRounds(rounds)}, were there no cap`])
  rows.push([upwards(privacy.replaceOne), `${inRounds(participations)}, replace-one: other reports, rather than none`])
  if (privacy.ifParticipationIsSecret === undefined) return rows
  const condition = 'not a claim: holds only if participation is secret and the observer sees only the models'
  return [...rows, [upwards(privacy.ifParticipationIsSecret), condition]]
}

function choiceTable({ choices, best, rounds }: StatedPlan): string {
  const cells = choices.map((choice) => [
    count(choice.rounds),
    count(choice.reports),
    digits(choice.noiseMultiplier),
    upwards(choice.epsilon),
    digits(choice.noiseRatio),
    remark(choice, best, rounds),
  ])
  return [['rounds', 'reports', 'z', 'ε', 'noise', ''], ...cells]
    .map((row) =>
      row
        .map((cell, n) => (n < 5 ? cell.padStart(10) : `  ${cell}`))
        .join('')
        .trimEnd(),
    )
    .join('\n')
}

function remark({ rounds, isReleased }: RoundsPlan, best: RoundsPlan | undefined, asked: number): string {
  const said = [
    ...(rounds === best?.rounds ? ['best'] : []),
    ...(isReleased ? [] : ['too few reports']),
    ...(rounds === asked ? ['asked for'] : []),
  ]
  return said.join(', ')
}

/** `strengthOf` has the source of the thresholds. */
const CALLED: Record<Strength, string> = {
  strong: 'An ε of 1 at most is called strong',
  moderate: 'An ε of 10 at most is called moderate',
  weak: 'An ε above 10 is called weak: say "secure aggregation, weak DP"',
}

function claim({ epsilon, delta, rounds, strength, isReleased }: StatedPlan): string {
  if (!isReleased) return 'Nothing, as no round would be released.'
  return (
    'Under two named operators, one of them honest, "claimed by X and Y": to each shopper, differential privacy of ' +
    `ε = ${upwards(epsilon)} and δ = ${delta} over ${allOf(rounds)} (zCDP, zero-out adjacency). ` +
    `${CALLED[strength]}. δ aside, the odds of whatever is concluded about a shopper change ` +
    `${factor(epsilon)}-fold at most by their reports.`
  )
}

/** Below the table. */
function advice({ best, rounds, epsilon, noiseRatio, minBatch, dropout, participations }: StatedPlan): string {
  if (!best) {
    const wanted = count(Math.round(minBatch / (1 - dropout)))
    return indented(`Even ${inRounds(participations)} have too few reports: it takes ${wanted} shoppers.`)
  }
  if (best.rounds === rounds) return indented('There is no better number of rounds for these shoppers.')
  const gain =
    best.epsilon < epsilon
      ? `ε ${upwards(best.epsilon)} in place of ${upwards(epsilon)}`
      : `noise ${digits(best.noiseRatio)} in place of ${digits(noiseRatio)}`
  const better = `${inRounds(best.rounds)} in place of ${count(rounds)}: ${gain}`
  return indented(`${better}. Whether so few train as well, a simulation has to say.`)
}

/** A factor that need not be read to the digit. */
function factor(epsilon: number): string {
  const times = Math.exp(epsilon)
  return times > 1e6 ? 'more than a million' : upwards(times)
}

const indented = (text: string): string =>
  wrap(text, WIDTH - 2)
    .map((line) => `  ${line}`)
    .join('\n')

type Row = [left: string, words: string]
const WIDTH = 80

function section(title: string, rows: readonly Row[]): string {
  const width = Math.max(...rows.map(([left]) => left.length))
  const lines = rows.flatMap(([left, words]) =>
    wrap(words, WIDTH - width - 4).map((line, n) => `  ${(n === 0 ? left : '').padStart(width)}  ${line}`),
  )
  return [title, ...lines].join('\n')
}

/** Three digits. */
const digits = (value: number): string => inThree(value, Math.round)
/** What is claimed is no less than what is so. */
const upwards = (value: number): string => inThree(value, Math.ceil)

function inThree(value: number, round: (value: number) => number): string {
  if (value === 0) return '0'
  const exponent = Math.floor(Math.log10(value)) - 2
  // By the power that is a whole number, as others are not exact.
  const rounded =
    exponent < 0 ? round(value * 10 ** -exponent) / 10 ** -exponent : round(value / 10 ** exponent) * 10 ** exponent
  return rounded.toLocaleString('en-GB', { maximumSignificantDigits: 3 })
}
