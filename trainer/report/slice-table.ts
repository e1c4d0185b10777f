/** Whom the mean hides: the same measure for rare items and for shoppers of whom little is known. */
import type { Measured } from '../evaluation.ts'
import { bar } from './bar.ts'
import { type Html, html } from './html.ts'
import { type Column, modelNames, questionSets } from './measured.ts'
import { count, measure, signed } from './numbers.ts'
import { panels, section, table } from './table.ts'

export function sliceTables(columns: readonly Column[]): Html {
  return section(
    'slices',
    'Slices',
    html`NDCG of the list by what was wanted and by who asked. Popularity is counted in the training part; an item of no count is
one that no shopper had wanted then. Bars are to one scale within a table; ▲ and ▼ mark where the blend’s interval against
a part excludes zero.`,
    questionSets(columns).map(
      (set) =>
        html`<h3>${set.title[0].toUpperCase()}${set.title.slice(1)}</h3>${panels(
          columns.flatMap(({ name, evaluation }) => {
            const measured = set.of(evaluation)
            return measured
              ? [{ name, body: sliceTable(measured, evaluation.k, `Slices of ${name}, ${set.title}`) }]
              : []
          }),
        )}`,
    ),
  )
}

function sliceTable(measured: Measured, k: number, caption: string): Html {
  const { slices } = measured
  // What is at stake first: of two runs side by side, the last columns are out of sight.
  const models = modelNames([measured]).reverse()
  const most = Math.max(
    1e-9,
    ...slices.flatMap((slice) => models.map((model) => slice.models[model]?.[`ndcg@${k}`] ?? 0)),
  )
  const pairs = [...new Map(slices.flatMap((slice) => slice.comparisons.map((one) => [`${one.a} − ${one.b}`, one])))]
  return table(
    caption,
    ['', 'questions', ...models, ...pairs.map(([pair]) => pair)],
    slices.map((slice) => [
      slice.label,
      count(slice.queries),
      ...models.map((model) => {
        const value = slice.models[model]?.[`ndcg@${k}`]
        return slice.queries === 0 || value === undefined ? '–' : html`${measure(value)}${bar(value / most)}`
      }),
      ...pairs.map(([, { a, b }]) => {
        const found = slice.comparisons.find((one) => one.a === a && one.b === b)
        if (!found) return '–'
        const { mean, low, high } = found.interval
        return html`${low > 0 ? '▲ ' : high < 0 ? '▼ ' : ''}${signed(mean)}<small>[${signed(low)}, ${signed(high)}]</small>`
      }),
    ]),
  )
}
