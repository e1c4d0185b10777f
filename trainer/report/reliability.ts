/** Whether the network's probabilities come true. */
import type { CalibrationBin } from '../calibration.ts'
import { type Html, html } from './html.ts'
import { type Line, lineChart } from './line-chart.ts'
import type { Column } from './measured.ts'
import { count, percent } from './numbers.ts'
import { details, section, table } from './table.ts'

/** The charts tell four lines apart. */
const MAX_LINES = 4

interface Curve {
  name: string
  k: number
  ece: number
  bins: CalibrationBin[]
}

export function reliability(columns: readonly Column[]): Html | false {
  const curves = columns.flatMap(({ name, evaluation }) =>
    evaluation.calibration.map(
      ({ seed, ...curve }): Curve => ({
        ...curve,
        name: evaluation.seeds.length > 1 ? `${name}, seed ${seed}` : name,
      }),
    ),
  )
  if (curves.length === 0) return false
  return section(
    'calibration',
    'Calibration of the network',
    html`Along: how likely the network holds it that a wanted item is in the first places (softmax over the catalogue). Up:
how often that came true. On the dashed line they agree; below it, the network is too sure. Each point is a tenth of the
questions. Where several items are wanted, it is their share in those places that counts. In visits, what was seen a moment
ago does not count as wanted, though the network may rightly expect it again: then the line lies low.`,
    [
      html`<div class="charts">${[...new Set(curves.map(({ k }) => k))].map((k) => {
        const own = curves.filter((curve) => curve.k === k).slice(0, MAX_LINES)
        const lines: Line[] = own.map(({ name, bins }) => ({
          name,
          points: bins.map(({ confidence, outcome }) => [confidence, outcome] as const),
        }))
        const most = Math.max(0.01, ...lines.flatMap(({ points }) => points.flat()))
        return lineChart({
          title: `${k === 1 ? 'First place' : `First ${k} places`}: expected error ${own.map(({ ece }) => percent(ece)).join(', ')}`,
          xTitle: 'said',
          yTitle: 'came true',
          lines,
          x: [0, most],
          y: [0, most],
          diagonal: true,
        })
      })}</div>`,
      details(
        'The bins as figures',
        html`${curves.map(({ name, k, ece, bins }) =>
          table(
            `${name}, first ${k}: expected calibration error ${ece.toFixed(4)}`,
            ['questions', 'said', 'came true'],
            bins.map(({ queries, confidence, outcome }) => [count(queries), percent(confidence), percent(outcome)]),
          ),
        )}`,
      ),
    ],
  )
}
