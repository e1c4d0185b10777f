/** How good the lists are: every model beside those that only count, with intervals. */
import type { Interval } from '../evaluate.ts'
import type { Comparison } from '../evaluation.ts'
import { intervalMark } from './bar.ts'
import { type Html, html } from './html.ts'
import { type Column, modelNames, modelOf, type QuestionSet, questionSets } from './measured.ts'
import { count, measure, signed } from './numbers.ts'
import { sentence } from './summary.ts'
import { section, table } from './table.ts'

const ABOUT: Record<string, string> = {
  popularity: 'what is wanted lately',
  'buy-again': 'what this shopper bought',
  rules: 'what follows what, counted',
  network: 'what trains',
  blend: 'network, rules and counts together: what ships',
}

export function accuracy(columns: readonly Column[]): Html {
  return section(
    'accuracy',
    'Quality',
    html`Each model orders the whole catalogue for every held-out question; equal scores count against it. HR@10 is the share
of questions with a wanted item among the first ten, NDCG@10 also asks how far up.
Brackets are 95 % intervals over shoppers.
${splits(columns)}`,
    questionSets(columns).map(
      (set) => html`<h3>${title(set, columns)}</h3>${modelTable(set, columns)}${differences(set, columns)}`,
    ),
  )
}

/** Once for all that are asked the same. */
function splits(columns: readonly Column[]): Html[] {
  const named = new Map<string, string[]>()
  for (const { name, evaluation } of columns)
    named.set(evaluation.split, [...(named.get(evaluation.split) ?? []), name])
  return [...named].map(([split, names]) => html` <b>${names.join(', ')}</b>: ${split}.`)
}

function title({ title: text, of }: QuestionSet, columns: readonly Column[]): string {
  const sizes = [...new Set(columns.map(({ evaluation }) => count(of(evaluation)?.queries ?? 0)))]
  return `${text[0].toUpperCase()}${text.slice(1)}: ${sizes.join(' and ')}`
}

export function modelLabel(name: string): Html {
  return html`${name}${ABOUT[name] && html`<small>${ABOUT[name]}</small>`}`
}

function modelTable({ title: text, of }: QuestionSet, columns: readonly Column[]): Html {
  const measured = columns.map(({ evaluation }) => of(evaluation))
  const lengths = columns.map(({ evaluation }) => evaluation.k)
  const best = measured.map((one, n) =>
    Math.max(...Object.values(one?.models ?? {}).map((model) => model[`ndcg@${lengths[n]}`])),
  )
  const single = columns.length === 1
  const head = [
    '',
    ...columns.flatMap(({ name, evaluation: { k } }) =>
      single ? ['NDCG', 'HR', 'MRR', 'recall'].map((measured) => `${measured}@${k}`) : [`${name} NDCG@${k}`, `HR@${k}`],
    ),
  ]
  const rows = modelNames(measured).map((name) => [
    modelLabel(name),
    ...measured.flatMap((one, n) => {
      const model = modelOf(one, name)
      if (!model) return Array.from({ length: single ? 4 : 2 }, () => '–')
      const ndcg = measure(model[`ndcg@${lengths[n]}`])
      const leads = model[`ndcg@${lengths[n]}`] === best[n]
      return [
        html`${leads ? html`<strong>${ndcg}<span class="visually-hidden"> (best)</span></strong>` : ndcg}${bracket(one?.intervals[name])}`,
        measure(model[`hr@${lengths[n]}`]),
        ...(single ? [measure(model[`mrr@${lengths[n]}`]), measure(model[`recall@${lengths[n]}`])] : []),
      ]
    }),
  ])
  return table(`Measures, ${text}`, head, rows)
}

const bracket = (interval: Interval | undefined): Html | false =>
  interval !== undefined && html`<small>[${measure(interval.low)}, ${measure(interval.high)}]</small>`

function differences({ title: text, repeats }: QuestionSet, columns: readonly Column[]): Html | false {
  const found = columns.flatMap(({ name, evaluation }) =>
    evaluation.comparisons
      .filter((comparison) => comparison.repeats === repeats)
      .map((comparison) => ({ ...comparison, column: name })),
  )
  if (found.length === 0) return false
  const reach = Math.max(...found.flatMap(({ interval }) => [Math.abs(interval.low), Math.abs(interval.high)]), 1e-6)
  return table(
    `Differences of NDCG, query by query, ${text}`,
    [
      '',
      'difference',
      html`<span class="ends"><span>−${measure(reach, 3)}</span><span>0</span><span>+${measure(reach, 3)}</span></span>`,
    ],
    found.map((one) => [
      label(one, columns.length > 1),
      html`${signed(one.interval.mean)}<small>[${signed(one.interval.low)}, ${signed(one.interval.high)}]</small>`,
      intervalMark(one.interval, reach),
    ]),
    'differences',
  )
}

function label({ a, b, seed, column, interval }: Comparison & { column: string }, named: boolean): Html {
  const about = [named ? column : '', seed === undefined ? '' : `seed ${seed}`].filter(Boolean).join(', ')
  return html`${a} − ${b}${about !== '' && html`<small>${about}</small>`}<small>${sentence(a, b, interval)}</small>`
}
