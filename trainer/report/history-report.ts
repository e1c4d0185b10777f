/** The history a run learned from: what was cleaned, how much there is of what, what is missing. */
import { bar } from './bar.ts'
import { type HistoryView, QUANTILE_NAMES } from './history-view.ts'
import { type Html, html } from './html.ts'
import { lineChart } from './line-chart.ts'
import { count, percent } from './numbers.ts'
import { details, panels, section, table } from './table.ts'

const MAX_CATEGORIES = 12

export function historyReports(views: readonly HistoryView[]): Html {
  return section(
    'data',
    'Data',
    'What was read, what was cleaned and why, and what is left.',
    panels(views.map((view) => ({ name: view.name, body: historyReport(view) }))),
  )
}

function historyReport(view: HistoryView): Html {
  return html`${view.simulated && html`<p class="note">Products and shoppers are simulated.</p>`}
<p>${count(view.shoppers)} shoppers, ${count(view.items)} products, ${count(view.tokens)} acts${view.from && `, ${view.from} to ${view.to}`}.</p>
${imported(view)}
<div class="charts">
${
  view.weeks.length > 1 &&
  lineChart({
    title: 'Acts by week',
    xTitle: 'week of',
    yTitle: 'acts',
    lines: [{ name: view.name, points: view.weeks.map(({ start, acts }) => [start, acts] as const) }],
    y: [0, Math.max(...view.weeks.map(({ acts }) => acts))],
    dates: true,
  })
}
</div>
<div class="panels">
<div>${table(
    'Acts',
    ['', 'how many', 'share'],
    view.acts.map(({ name, count: n }) => [name, count(n), html`${percent(n / view.tokens)}${bar(n / view.tokens)}`]),
  )}</div>
<div>${table(
    'What is known of the products',
    ['', 'products', 'share'],
    view.described.map(({ field, items }) => [
      field,
      count(items),
      html`${percent(items / view.items)}${bar(items / view.items)}`,
    ]),
  )}</div>
<div>${popularity(view)}</div>
${
  view.categories.length > 0 &&
  html`<div>${table(
    `Categories: the largest of ${count(view.categories.length)}`,
    ['', 'products'],
    view.categories
      .slice(0, MAX_CATEGORIES)
      .map(({ name, items }) => [name, html`${count(items)}${bar(items / view.categories[0].items)}`]),
  )}</div>`
}
</div>
${quantiles(view)}`
}

function popularity({ popularity: { top1, top10, top50, gini, items } }: HistoryView): Html {
  return table(
    `How wants are spread over the ${count(items)} items that were wanted`,
    ['', 'share'],
    [
      ['the most wanted 1 %', html`${percent(top1)}${bar(top1)}`],
      ['the most wanted 10 %', html`${percent(top10)}${bar(top10)}`],
      ['the most wanted half', html`${percent(top50)}${bar(top50)}`],
      ['Gini: 0 if all alike, 1 if one has all', gini.toFixed(2)],
    ],
  )
}

function quantiles({ historyLength, marginals }: HistoryView): Html {
  const rows: [string, number[] | null | undefined][] = [
    ['acts a shopper', historyLength],
    ['events a session', marginals?.sessionLength],
    ['sessions a shopper', marginals?.sessionsPerShopper],
    ['orders a buyer', marginals?.ordersPerShopper],
    ['different items an order', marginals?.basketLines],
    ['pieces a line', marginals?.piecesPerLine],
    ['days from order to order', marginals?.interPurchaseDays],
  ]
  return html`${table(
    'How these are spread',
    ['', ...QUANTILE_NAMES],
    rows.flatMap(([name, values]) =>
      values && values.length > 0 ? [[name, ...values.map((value) => String(Number(value.toPrecision(3))))]] : [],
    ),
  )}${marginals && marginals.repeatShare > 0 && html`<p>${percent(marginals.repeatShare)} of what was bought had been bought before by the same shopper.</p>`}`
}

/** A line a reason: nothing is dropped without one. */
function imported({ imported: report }: HistoryView): Html | false {
  if (!report) return false
  const { rows, files, warnings, missingFromCatalogue: missing } = report
  const reasons = files.flatMap(({ path, reasons: own }) => own.map((reason) => ({ ...reason, path })))
  return html`<h3>What the import did</h3>
<p>${count(rows.read)} rows read, ${count(rows.kept)} kept, ${count(rows.setAside)} set aside, ${count(rows.refused)} refused, ${count(rows.repaired)} repaired.
${missing.items > 0 && `${count(missing.items)} items of ${count(missing.events)} events are in no catalogue.`}</p>
${warnings.length > 0 && html`<ul>${warnings.map((warning) => html`<li>Warning: ${warning}</li>`)}</ul>`}
${table(
  'Cleaned, by reason',
  ['', 'rows', 'outcome', 'first line', 'example'],
  reasons.map(({ reason, rows: n, outcome, lines, example }) => [
    reason,
    html`${count(n)}${bar(n / Math.max(1, rows.read))}`,
    outcome,
    count(lines[0] ?? 0),
    html`<code>${example}</code>`,
  ]),
  'reasons',
)}
${details(
  'What was found out about the files',
  html`${files.map(({ path, format, gzip, detected }) =>
    table(
      `${path.split('/').pop()}: ${format}${gzip ? ', gzip' : ''}`,
      ['', 'found'],
      Object.entries(detected).map(([what, value]) => [what, value]),
      'settings',
    ),
  )}`,
)}`
}
