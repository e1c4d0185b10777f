/**
 * The whole page as one text. It asks nobody for anything: style and script are in it, and its policy lets nothing else
 * run and nothing leave, whatever a title or a file of the shop's says.
 */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Histories } from '../datasets/histories.ts'
import type { Evaluation } from '../evaluation.ts'
import { accuracy } from './accuracy.ts'
import { exposureTables } from './exposure-table.ts'
import { historyReports } from './history-report.ts'
import type { HistoryView } from './history-view.ts'
import { html, jsonBlock, ownText } from './html.ts'
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

const STYLE = readFileSync(join(import.meta.dirname, 'style.css'), 'utf8')

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
  const shown = parts.filter(([, , body]) => body)
  const policy = `default-src 'none'; style-src ${hashOf(STYLE)}; script-src ${hashOf(script)}; img-src data:; base-uri 'none'; form-action 'none'`
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<link rel="icon" href="data:,">
<title>${title}: run report</title>
<style>${ownText(STYLE)}</style>
</head>
<body>
<a class="skip" href="#main">Skip to content</a>
<header>
<p class="kind">Vitrine run report</p>
<h1>${title}</h1>
<p>Trained on <b>${datasets}</b>${data.some(({ view }) => view.simulated) && html` <span class="badge">simulated</span>`}. Written ${made.toISOString().slice(0, 10)}.</p>
<nav aria-label="Sections"><ul>${shown.map(([id, name]) => html`<li><a href="#${id}">${name}</a></li>`)}</ul></nav>
</header>
<main id="main" tabindex="-1">${shown.map(([, , body]) => body)}</main>
<script type="application/json" id="explorer">${jsonBlock(explored.data)}</script>
<script>${ownText(script)}</script>
</body>
</html>
`.markup
}

const hashOf = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`

const words = (what: string, values: readonly string[]) => `${what}${values.length > 1 ? 's' : ''} ${values.join(', ')}`
