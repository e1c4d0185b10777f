/** What drives a head, so that a merchant can see it. */
import { seeded } from '../../shared/data/random.ts'
import { logLoss } from '../binary-metrics.ts'
import { type Asked, askAll, type Head } from './heads.ts'

export interface Driver {
  feature: string
  /** Bits that a tenth of the moments by this feature, alone, tells of the answer (Quinlan 1986). */
  information_gain: number
  /** Nats of log-loss lost when its values are dealt to other moments (Breiman 2001). */
  permutation_importance: number
}

const TENTHS = 10
const DRIVERS = 10

/** The features that matter most, by permutation; those behind the named ones, the network's state, as one. */
export function driversOf(head: Head, { inputs, answers }: Asked, names: readonly string[], seed: string): Driver[] {
  const d = inputs.length / answers.length
  const yes = (asked: Asked) => askAll(head, asked).map(([, probability]) => probability)
  const before = logLoss(yes({ inputs, answers }), answers)
  const groups = names.map((feature, column) => ({ feature, columns: [column] }))
  if (d > names.length) {
    const columns = Array.from({ length: d - names.length }, (_, n) => names.length + n)
    groups.push({ feature: 'the network’s state', columns })
  }
  const drivers = groups.map(({ feature, columns }): Driver => {
    const order = seeded(`${seed} ${feature}`).shuffle(Int32Array.from(answers, (_, n) => n))
    const dealt = inputs.slice()
    order.forEach((from, to) => {
      for (const column of columns) dealt[to * d + column] = inputs[from * d + column]
    })
    const gain = columns.length === 1 ? informationGain(inputs, d, columns[0], answers) : Number.NaN
    const loss = logLoss(yes({ inputs: dealt, answers }), answers) - before
    return { feature, information_gain: gain, permutation_importance: loss }
  })
  return drivers.sort((a, b) => b.permutation_importance - a.permutation_importance).slice(0, DRIVERS)
}

function informationGain(inputs: Float32Array, d: number, column: number, answers: Int32Array): number {
  const order = Array.from(answers, (_, n) => n).sort((a, b) => inputs[a * d + column] - inputs[b * d + column])
  const bins: number[][] = Array.from({ length: TENTHS }, () => [])
  let bin = 0
  order.forEach((n, place) => {
    // Equal values are in one bin, whatever their number.
    const same = place > 0 && inputs[n * d + column] === inputs[order[place - 1] * d + column]
    if (!same) bin = Math.floor((place * TENTHS) / order.length)
    bins[bin].push(answers[n])
  })
  const left = bins.reduce((sum, own) => sum + (own.length / order.length) * entropy(own), 0)
  return entropy([...answers]) - left
}

function entropy(answers: readonly number[]): number {
  const share = answers.reduce((sum, answer) => sum + answer, 0) / Math.max(1, answers.length)
  return [share, 1 - share].reduce((sum, p) => sum - (p > 0 ? p * Math.log2(p) : 0), 0)
}
