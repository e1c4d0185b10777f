/** Who is shown: coverage, the long tail, cold items, small brands, popularity. */
import type { Measured } from '../evaluation.ts'
import { modelLabel } from './accuracy.ts'
import { bar } from './bar.ts'
import { type Html, html } from './html.ts'
import { type Column, modelNames, modelOf } from './measured.ts'
import { count, percent } from './numbers.ts'
import { panels, section, table } from './table.ts'

export function exposureTables(columns: readonly Column[]): Html {
  const branded = columns.some(({ evaluation }) => evaluation.exposure.groups.length > 2)
  return section(
    'exposure',
    'Who is shown',
    html`Coverage is the share of the catalogue that is on some list. The next columns are shares of all list places: fair
is near the share of what was wanted, the second row. The last is how popular a listed item is, as its mean percentile:
above that of the wanted, a model shows shoppers what is popular rather than what they want.
${!branded && 'No product of this catalogue names its brand, so there are no small brands to follow.'}`,
    panels(
      columns.map(({ name, evaluation }) => ({
        name,
        body: exposureTable(evaluation, evaluation.k, `Exposure of ${name}`),
      })),
    ),
  )
}

function exposureTable(measured: Measured, k: number, caption: string): Html {
  const { groups, popularity } = measured.exposure
  const cell = (share: number) => html`${percent(share)}${bar(share)}`
  return table(
    caption,
    [
      '',
      'coverage',
      ...groups.map(
        ({ label, members, group }) =>
          html`${label.split(': ')[0]}<small>${label.split(': ')[1]}; ${count(members)} ${group.endsWith('brands') ? 'brands' : 'items'}</small>`,
      ),
      'popularity percentile',
    ],
    [
      ['of the catalogue', '', ...groups.map(({ catalogue }) => cell(catalogue)), cell(0.5)],
      ['of what was wanted', '', ...groups.map(({ wanted }) => cell(wanted)), cell(popularity.wanted)],
      ...modelNames([measured]).map((name) => [
        modelLabel(name),
        cell(modelOf(measured, name)?.[`coverage@${k}`] ?? 0),
        ...groups.map(({ listed }) => cell(listed[name] ?? 0)),
        cell(popularity.listed[name] ?? 0),
      ]),
    ],
  )
}
