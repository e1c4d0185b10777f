/** The items of each run: on a plane, coloured by category, and as neighbours of one that is looked up. */
import { CATEGORY_SEPARATOR } from '../../shared/data/catalog.ts'
import { rowsOf } from '../../shared/model/quantise.ts'
import type { Histories } from '../datasets/histories.ts'
import { itemPopularity } from '../exposure.ts'
import { type ExplorerCatalogue, type ExplorerData, encodeInt8 } from './explorer.ts'
import { type Html, html } from './html.ts'
import { count, percent } from './numbers.ts'
import { project } from './projection.ts'
import type { RunView } from './run-view.ts'
import { panels, section } from './table.ts'

/** The most wanted can be looked up: 64 bytes each, a third more as text. */
const MAX_ITEMS = 20_000
/** The most wanted are on the map; more are a cloud. */
const MAX_DOTS = 2500
/** Categories with a colour and a mark of their own; the rest are "others". */
const MAX_GROUPS = 8
const OTHERS = 'others'
export const [MAP_WIDTH, MAP_HEIGHT] = [640, 480]
const MARGIN = 16

export interface Explored {
  data: ExplorerData
  /** A run each: share of the variance that the map keeps. */
  kept: number[]
}

export function explore(runs: readonly (RunView & { data: number })[], histories: readonly Histories[]): Explored {
  const orders = histories.map(mostWanted)
  const kept: number[] = []
  const explored = runs.map(({ name, network, data }) => {
    const { values, width } = network.table
    const order = orders[data]
    const vectors = new Int8Array(order.length * width)
    order.forEach((item, at) => {
      vectors.set(values.subarray(item * width, (item + 1) * width), at * width)
    })
    const all = rowsOf(network.table)
    const dots = Math.min(MAX_DOTS, order.length)
    const shown = new Float32Array(dots * width)
    for (let at = 0; at < dots; at++) shown.set(all.subarray(order[at] * width, (order[at] + 1) * width), at * width)
    const plane = project(shown, width)
    kept.push(plane.kept)
    return {
      name,
      catalogue: data,
      width,
      vectors: encodeInt8(vectors),
      x: spread(plane.x, MAP_WIDTH),
      y: spread(plane.y, MAP_HEIGHT),
    }
  })
  return { data: { catalogues: histories.map((h, n) => catalogueOf(h, orders[n])), runs: explored }, kept }
}

function mostWanted(h: Histories): Int32Array {
  const { counts } = itemPopularity(h, h.start.slice(1))
  return Int32Array.from(h.items.keys())
    .sort((a, b) => counts[b] - counts[a])
    .slice(0, MAX_ITEMS)
}

function catalogueOf(h: Histories, order: Int32Array): ExplorerCatalogue {
  const { counts } = itemPopularity(h, h.start.slice(1))
  const items = Array.from(order, (item) => h.items[item])
  const categories = numbered(items.map(({ category }) => category.join(CATEGORY_SEPARATOR)))
  const depth = groupDepth(items.map(({ category }) => category))
  const names = items.map(({ category }) => category.slice(0, depth).at(-1) ?? '')
  const sizes = new Map<string, number>()
  for (const name of names) if (name !== '') sizes.set(name, (sizes.get(name) ?? 0) + 1)
  const largest = [...sizes].sort((a, b) => b[1] - a[1]).map(([name]) => name)
  const own = largest.slice(0, largest.length > MAX_GROUPS ? MAX_GROUPS - 1 : MAX_GROUPS)
  return {
    titles: items.map(({ title }) => title),
    ids: items.map(({ item_id, title }) => (item_id === title ? '' : item_id)),
    wanted: Array.from(order, (item) => counts[item]),
    categories: categories.names,
    category: categories.numbers,
    groups: [...own, OTHERS],
    group: names.map((name) => (own.includes(name) ? own.indexOf(name) : own.length)),
  }
}

function numbered(texts: string[]): { names: string[]; numbers: number[] } {
  const known = new Map<string, number>()
  const numbers = texts.map((text) => {
    if (!known.has(text)) known.set(text, known.size)
    return known.get(text) as number
  })
  return { names: [...known.keys()], numbers }
}

/** The shallowest level of the tree that tells the catalogue apart: no branch has more than two thirds of it. */
function groupDepth(paths: readonly string[][]): number {
  const deepest = Math.max(0, ...paths.map((path) => path.length))
  for (let depth = 1; depth <= deepest; depth++) {
    const sizes = new Map<string, number>()
    for (const path of paths) {
      const branch = path.slice(0, depth).join(CATEGORY_SEPARATOR)
      sizes.set(branch, (sizes.get(branch) ?? 0) + 1)
    }
    if (Math.max(...sizes.values()) <= (paths.length * 2) / 3) return depth
  }
  return 1
}

/** To the map's own units; the outermost hundredth on each side is drawn at the edge, or a few strays take all the room. */
function spread(values: Float32Array, size: number): number[] {
  const sorted = Float32Array.from(values).sort()
  const [low, high] = [
    sorted[Math.floor(sorted.length * 0.005)] ?? 0,
    sorted[Math.ceil(sorted.length * 0.995) - 1] ?? 1,
  ]
  const scale = (size - 2 * MARGIN) / (high - low || 1)
  return Array.from(values, (value) => {
    const place = MARGIN + Math.max(0, Math.min(high - low, value - low)) * scale
    return Math.round(place * 10) / 10
  })
}

/** A mark for each group around (x, y); the last is for the others. */
const MARKS: ((x: number, y: number) => string)[] = [
  (x, y) => `M${x - 4} ${y}a4 4 0 1 0 8 0a4 4 0 1 0-8 0z`,
  (x, y) => `M${x - 3.5} ${y - 3.5}h7v7h-7z`,
  (x, y) => `M${x} ${y - 5}l4.6 8h-9.2z`,
  (x, y) => `M${x} ${y - 5}l5 5l-5 5l-5-5z`,
  (x, y) => `M${x} ${y + 5}l4.6-8h-9.2z`,
  (x, y) => `M${x - 1.5} ${y - 4.5}h3v3h3v3h-3v3h-3v-3h-3v-3h3z`,
  (x, y) => `M${x - 5} ${y - 2}h10v4h-10z`,
  (x, y) => `M${x - 2} ${y - 5}h4v10h-4z`,
]
const OTHERS_MARK = (x: number, y: number) => `M${x - 2} ${y}a2 2 0 1 0 4 0a2 2 0 1 0-4 0z`
const markOf = (group: number, groups: number) => (group === groups - 1 ? OTHERS_MARK : MARKS[group])
const classOf = (group: number, groups: number) => (group === groups - 1 ? 'others' : `group${group}`)

export function itemSection({ data, kept }: Explored): Html {
  const [catalogue] = data.catalogues
  const titled = catalogue.ids.some((id) => id !== '')
  return section(
    'items',
    'Items',
    html`What the network makes of the items: those that follow the same things lie in the same direction. Look one up, or
point at the map, and see what is nearest to it (cosine of the item vectors). ${!titled && 'This history has no titles: items are known by their ids.'}`,
    html`<div class="finder"><label for="find">Find an item by ${titled ? 'title or ' : ''}id</label>
<input id="find" type="text" role="combobox" aria-autocomplete="list" aria-expanded="false" aria-controls="found" autocomplete="off" spellcheck="false">
<ul id="found" role="listbox" aria-label="Items" hidden></ul>
<p id="matches" role="status"></p></div>
<noscript><p class="note">Neighbours and the map’s names need scripts; all else on this page does not.</p></noscript>
${panels(data.runs.map((run, n) => ({ name: run.name, body: runItems(data, n, kept[n]) })))}
<details id="as-list"><summary>The map as a list</summary>
<p><label for="list-group">Category</label> <select id="list-group">${catalogue.groups.map((name, group) => html`<option value="${group}">${name}</option>`)}</select></p>
<ul id="list-items"></ul></details>`,
  )
}

function runItems(data: ExplorerData, n: number, kept: number): Html {
  const run = data.runs[n]
  const { groups, group, titles } = data.catalogues[run.catalogue]
  const dots = run.x.length
  const used = groups.map((name, at) => ({ name, at, size: group.slice(0, dots).filter((g) => g === at).length }))
  const drawn = [...used].reverse().filter(({ size }) => size > 0)
  const path = (wanted: number) => {
    const mark = markOf(wanted, groups.length)
    return run.x.map((x, item) => (group[item] === wanted ? mark(x, run.y[item]) : '')).join('')
  }
  return html`<figure class="map" data-run="${n}">
<svg viewBox="0 0 ${MAP_WIDTH} ${MAP_HEIGHT}" role="img" aria-label="Map of the ${count(dots)} most wanted items; the list below it has the same">
${drawn.map(({ at }) => html`<path class="dots ${classOf(at, groups.length)}" data-group="${at}" d="${path(at)}"/>`)}
<g class="picked"></g>
</svg>
<p class="pointed" aria-hidden="true"> </p>
<figcaption>${count(dots)} ${dots < titles.length ? 'most wanted ' : ''}items, each vector brought to length 1; the two directions of most variance, which keep ${percent(kept)} of it.${groups.length > 1 && ' Press a category to see it alone.'}</figcaption>
${
  groups.length > 1 &&
  html`<ul class="legend">${used
    .filter(({ size }) => size > 0)
    .map(
      ({ name, at, size }) =>
        html`<li><button type="button" aria-pressed="false" data-group="${at}"><svg viewBox="-7 -7 14 14" aria-hidden="true"><path class="dots ${classOf(at, groups.length)}" d="${markOf(at, groups.length)(0, 0)}"/></svg>${name} <small>${count(size)}</small></button></li>`,
    )}</ul>`
}
</figure>
<div class="nearest" data-run="${n}"><h4 class="chosen">Nearest</h4><ol></ol></div>`
}
