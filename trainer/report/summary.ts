/** What a reader should know before any table. */
import { type Html, html } from './html.ts'
import { type Column, modelOf } from './measured.ts'
import { kilobytes, percent, seconds, signed } from './numbers.ts'
import type { RunView } from './run-view.ts'
import { panels } from './table.ts'

export function summary(runs: readonly RunView[]): Html {
  return html`<section id="summary" aria-labelledby="summary-title"><h2 id="summary-title">In short</h2>${panels(
    runs.map((run) => ({ name: run.name, body: one(run) })),
  )}</section>`
}

function one({ info, evaluation, sizes }: RunView): Html {
  const blend = modelOf(evaluation, 'blend')
  const wire = sizes.reduce((sum, { brotliBytes }) => sum + brotliBytes, 0)
  const cards: [string, string, string][] = [
    ['found among ten', percent(blend?.['hr@10'] ?? 0), 'of questions have a wanted item on the blend’s first ten'],
    ['of the catalogue', percent(blend?.['coverage@10'] ?? 0), 'is on some shopper’s first ten'],
    ['to download', kilobytes(wire), 'brotli, before everything can be ranked'],
    [
      'trained in',
      seconds((info.epochs.at(-1)?.seconds ?? 0) + info.whole.seconds),
      `${info.epochs.length} passes; pass ${info.best.epoch} was kept, and what ships learned again from everything`,
    ],
  ]
  return html`<dl class="cards">${cards.map(
    ([title, figure, text]) =>
      html`<div><dt>${title}</dt><dd><strong>${figure}</strong> <span>${text}</span></dd></div>`,
  )}</dl>
<ul class="verdicts">${verdicts({ evaluation }).map((text) => html`<li>${text}</li>`)}</ul>`
}

/**
 * Each comparison in words. An interval that has 0 in it shows nothing. Where things bought before do not count, only what the
 * blend loses: who reads no further should know it.
 */
export function verdicts({ evaluation }: Pick<Column, 'evaluation'>): Html[] {
  return evaluation.comparisons
    .filter(({ seed, repeats, a, interval }) => seed === undefined && (repeats || (a === 'blend' && interval.high < 0)))
    .map(({ a, b, repeats, interval }) => {
      const where = repeats ? '' : 'Without what the shopper bought before: '
      const figures = html`<span class="figures">${signed(interval.mean)} NDCG@10, 95 % interval ${signed(interval.low)} to ${signed(interval.high)}</span>`
      return html`${where}${sentence(a, b, interval)} ${figures}`
    })
}

export function sentence(a: string, b: string, { low, high }: { low: number; high: number }): Html {
  if (low > 0) return html`<b class="better">▲ ${a} is better than ${b}.</b>`
  if (high < 0) return html`<b class="worse">▼ ${a} is worse than ${b}.</b>`
  return html`<b class="even">= no difference shown between ${a} and ${b}.</b>`
}
