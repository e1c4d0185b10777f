/** How training went, pass by pass. */
import type { Html } from './html.ts'
import { html } from './html.ts'
import { type Line, lineChart } from './line-chart.ts'
import { count, measure, seconds } from './numbers.ts'
import type { RunView } from './run-view.ts'
import { details, section, table } from './table.ts'

export function training(runs: readonly RunView[]): Html {
  const lines = (of: 'loss' | 'ndcg' | 'seconds'): Line[] =>
    runs.map(({ name, info }) => ({
      name,
      points: info.epochs.map((epoch) => [epoch.epoch, epoch[of]] as const),
      marked: info.epochs.findIndex(({ epoch }) => epoch === info.best.epoch),
    }))
  const last = Math.max(1, ...runs.flatMap(({ info }) => info.epochs.map(({ epoch }) => epoch)))
  const chart = { xTitle: 'pass', x: [1, last] as const, wholeX: true }
  return section(
    'training',
    'Training',
    'A pass goes over the training part once. The pass with the best NDCG@10 on validation is kept: the larger mark.',
    [
      html`<div class="charts">
${lineChart({ ...chart, title: 'Loss: how surprising the next item was', yTitle: 'nats', lines: lines('loss') })}
${lineChart({ ...chart, title: 'NDCG@10 on validation', yTitle: 'NDCG@10', lines: lines('ndcg') })}
${lineChart({ ...chart, title: 'Time from the start', yTitle: 'seconds', lines: lines('seconds'), y: [0, Math.max(1, ...runs.flatMap(({ info }) => info.epochs.map((epoch) => epoch.seconds)))] })}
</div>`,
      details(
        'The same as figures',
        html`${runs.map(({ name, info }) =>
          table(
            `Passes of ${name}, on ${info.backend}`,
            ['pass', 'loss', 'validation NDCG@10', 'time from the start'],
            info.epochs.map(({ epoch, loss, ndcg, seconds: took }) => [
              html`${count(epoch)}${epoch === info.best.epoch && ' (kept)'}`,
              loss.toFixed(4),
              measure(ndcg),
              seconds(took),
            ]),
          ),
        )}`,
      ),
    ],
  )
}
