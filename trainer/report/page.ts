/** The whole report of one or more runs. */
import type { Histories } from '../datasets/histories.ts'
import type { Evaluation } from '../evaluation.ts'
import { accuracy } from './accuracy.ts'
import { exposureTables } from './exposure-table.ts'
import { framed } from './frame.ts'
import { historyReports } from './history-report.ts'
import type { HistoryView } from './history-view.ts'
import { html } from './html.ts'
import { explore, itemSection } from './item-map.ts'
import type { Column } from './measured.ts'
import { reliability } from './reliability.ts'
import type { RunView } from './run-view.ts'
import { settings } from './settings.ts'
import { sizes } from './sizes.ts'
import { sliceTables } from './slice-table.ts'
import { summary } from './summary.ts'
import { training } from './training.ts'

export interface ReportInput {
  /** Each with the number of its history in `data`. */
  runs: readonly (RunView & { data: number })[]
  data: readonly { histories: Histories; view: HistoryView }[]
  /** An evaluation made apart, shown as one more column. */
  extra?: Evaluation
  made: Date
}

/** @param script of `pageScript` */
export function renderPage({ runs, data, extra, made }: ReportInput, script: string): string {
  const columns: Column[] = runs.map(({ name, evaluation }) => ({ name, evaluation }))
  if (extra) columns.push({ name: `evaluation, ${words('seed', extra.seeds)}`, evaluation: extra })
  const explored = explore(
    runs,
    data.map(({ histories }) => histories),
  )
  const title = runs.map(({ name }) => name).join(', ')
  const datasets = [...new Set(data.map(({ view }) => view.name))].join(', ')
  const parts: [string, string, ReturnType<typeof html> | false][] = [
    ['summary', 'In short', summary(runs)],
    ['accuracy', 'Quality', accuracy(columns)],
    ['slices', 'Slices', sliceTables(columns)],
    ['exposure', 'Who is shown', exposureTables(columns)],
    ['items', 'Items', itemSection(explored)],
    ['training', 'Training', training(runs)],
    ['calibration', 'Calibration', reliability(columns)],
    ['sizes', 'Size', sizes(runs)],
    ['settings', 'Settings', settings(runs)],
    ['data', 'Data', historyReports(data.map(({ view }) => view))],
  ]
  return framed({
    title: `${title}: run report`,
    kind: 'Vitrine run report',
    heading: title,
    intro: html`Trained on <b>${datasets}</b>${data.some(({ view }) => view.simulated) && html` <span class="badge">simulated</span>`}. Written ${made.toISOString().slice(0, 10)}.`,
    sections: parts.map(([id, name, body]) => ({ id, name, body })),
    script: { code: script, id: 'explorer', data: explored.data },
  })
}

const words = (what: string, values: readonly string[]) => `${what}${values.length > 1 ? 's' : ''} ${values.join(', ')}`
