/** What the runs were made with; where they differ, it says so. */
import { type Html, html } from './html.ts'
import type { RunView } from './run-view.ts'
import { section, table } from './table.ts'

export function settings(runs: readonly RunView[]): Html {
  const rows = settingsOf(runs)
  const different = rows.filter(({ differs }) => differs).length
  return section(
    'settings',
    'Settings',
    runs.length === 1
      ? 'What the run was made with.'
      : `${different === 0 ? 'The runs have the same settings.' : `${different} settings differ: those marked ≠.`}`,
    table(
      'As the runs recorded them',
      ['', ...runs.map(({ name }) => name)],
      rows.map(({ name, values, differs }) => [
        html`${differs && html`<span class="differs">≠<span class="visually-hidden"> differs:</span></span> `}${name}`,
        ...values.map((value) => (differs ? html`<mark>${value}</mark>` : value)),
      ]),
      'settings',
    ),
  )
}

export interface Setting {
  name: string
  /** A run each; "–" where it has none. */
  values: string[]
  differs: boolean
}

/** Whatever a run records, under the names it has there; measures and passes are elsewhere on the page. */
export function settingsOf(runs: readonly Pick<RunView, 'info' | 'config'>[]): Setting[] {
  const columns = runs.map(({ info, config }) => {
    const { format: _, data: __, epochs: ___, best, whole, blend, preset, ...rest } = info
    return flat({
      ...rest,
      'pass kept': best.epoch,
      'passes of what ships, over everything': whole.passes,
      ...prefixed('preset', preset),
      ...prefixed('blend weight', blend.weights),
      'new items placed with strength': blend.newItems,
      ...prefixed('network', { items: config.items, contentWidth: config.contentWidth }),
    })
  })
  const names = [...new Set(columns.flatMap((column) => [...column.keys()]))]
  return names.map((name) => {
    const values = columns.map((column) => column.get(name) ?? '–')
    return { name, values, differs: new Set(values).size > 1 }
  })
}

const prefixed = (prefix: string, values: object) =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [`${prefix}: ${name}`, value]))

function flat(values: Record<string, unknown>): Map<string, string> {
  return new Map(
    Object.entries(values).map(([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)]),
  )
}
