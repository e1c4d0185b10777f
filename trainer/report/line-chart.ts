/** Lines over a common axis, each told apart by dash and marker as well as by colour. */
import { type Html, html } from './html.ts'
import { linear, niceTicks, tickText } from './scale.ts'

export interface Line {
  name: string
  points: readonly (readonly [x: number, y: number])[]
  /** Drawn larger: the pass that was kept. */
  marked?: number
}

export interface LineChart {
  title: string
  xTitle: string
  yTitle: string
  lines: readonly Line[]
  /** Ends of the axes; else what the points need. */
  x?: readonly [number, number]
  y?: readonly [number, number]
  /** Where x equals y. */
  diagonal?: boolean
  /** The x axis has whole numbers alone. */
  wholeX?: boolean
  /** x is in milliseconds since 1970. */
  dates?: boolean
}

const [WIDTH, HEIGHT] = [360, 240]
const [LEFT, RIGHT, TOP, BOTTOM] = [52, 328, 12, 190]
const MARKERS = [
  (x: number, y: number, r: number) => `M${x - r} ${y}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0z`,
  (x: number, y: number, r: number) => `M${x - r} ${y - r}h${2 * r}v${2 * r}h${-2 * r}z`,
  (x: number, y: number, r: number) => `M${x} ${y - r * 1.3}l${r * 1.2} ${r * 2.2}h${-2.4 * r}z`,
  (x: number, y: number, r: number) =>
    `M${x} ${y - 1.4 * r}l${1.4 * r} ${1.4 * r}l${-1.4 * r} ${1.4 * r}l${-1.4 * r} ${-1.4 * r}z`,
]

const round = (value: number) => Math.round(value * 10) / 10

/** A figure with its caption and, where there are several lines, a key. */
export function lineChart(chart: LineChart): Html {
  const { title, lines, diagonal } = chart
  const xText = chart.dates ? monthText : tickText
  const points = lines.flatMap((line) => line.points)
  const range = (axis: 0 | 1): [number, number] => {
    const values = points.map((point) => point[axis])
    return values.length > 0 ? [Math.min(...values), Math.max(...values)] : [0, 1]
  }
  const xEnds = chart.x ?? range(0)
  const xTicks = chart.wholeX ? wholeTicks(...xEnds) : chart.dates ? evenTicks(...xEnds) : niceTicks(...xEnds)
  const yTicks = niceTicks(...(chart.y ?? range(1)))
  const ends = (ticks: number[]): [number, number] => [ticks[0], ticks[ticks.length - 1]]
  const x = linear(ends(xTicks), [LEFT, RIGHT], xTicks)
  const y = linear(ends(yTicks), [BOTTOM, TOP], yTicks)
  const low = Math.max(xTicks[0], yTicks[0])
  const high = Math.min(x.ticks[x.ticks.length - 1], y.ticks[y.ticks.length - 1])
  return html`<figure class="chart">
<figcaption>${title}</figcaption>
<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${describe(chart)}">
${y.ticks.map(
  (tick) =>
    html`<path class="grid" d="M${LEFT} ${round(y(tick))}H${RIGHT}"/><text class="tick" x="${LEFT - 6}" y="${round(y(tick)) + 4}" text-anchor="end">${tickText(tick)}</text>`,
)}
${x.ticks.map((tick) => html`<text class="tick" x="${round(x(tick))}" y="${BOTTOM + 18}" text-anchor="middle">${xText(tick)}</text>`)}
<text class="axis" x="${(LEFT + RIGHT) / 2}" y="${HEIGHT - 12}" text-anchor="middle">${chart.xTitle}</text>
<text class="axis" transform="translate(12 ${(TOP + BOTTOM) / 2}) rotate(-90)" text-anchor="middle">${chart.yTitle}</text>
${diagonal && html`<path class="diagonal" d="M${round(x(low))} ${round(y(low))}L${round(x(high))} ${round(y(high))}"/>`}
${lines.map((line, n) => drawLine(line, n, x, y))}
</svg>
${lines.length > 1 && key(lines.map((line) => line.name))}
</figure>`
}

function drawLine(
  { points, marked }: Line,
  n: number,
  x: (value: number) => number,
  y: (value: number) => number,
): Html {
  const path = points.map(([a, b], at) => `${at === 0 ? 'M' : 'L'}${round(x(a))} ${round(y(b))}`).join('')
  const dots = points.length > 60 ? [] : points
  const marker = MARKERS[n % MARKERS.length]
  const marks = dots.map(([a, b], at) => marker(round(x(a)), round(y(b)), at === marked ? 5 : 3)).join('')
  return html`<path class="line run${n % 4}" d="${path}"/><path class="mark run${n % 4}" d="${marks}"/>`
}

/** Which line is which. */
export function key(names: readonly string[]): Html {
  return html`<ul class="key">${names.map(
    (name, n) =>
      html`<li><svg viewBox="0 0 30 12" aria-hidden="true"><path class="line run${n % 4}" d="M0 6H30"/><path class="mark run${n % 4}" d="${MARKERS[n % MARKERS.length](15, 6, 3.5)}"/></svg>${name}</li>`,
  )}</ul>`
}

/** What a reader of the page hears: the ends of each line. */
function describe({ title, xTitle, lines, dates }: LineChart): string {
  const xText = (value: number) => (dates ? monthText(value) : tickText(Number(value.toPrecision(4))))
  const said = lines.map(({ name, points }) => {
    if (points.length === 0) return `${name}: nothing`
    const [first, last] = [points[0], points[points.length - 1]]
    return `${name}: ${tickText(Number(first[1].toPrecision(4)))} at ${xTitle} ${xText(first[0])}, ${tickText(Number(last[1].toPrecision(4)))} at ${xText(last[0])}`
  })
  return `${title}. ${said.join('; ')}`
}

function wholeTicks(low: number, high: number): number[] {
  const step = Math.max(1, Math.ceil((high - low) / 8))
  const ticks: number[] = []
  for (let tick = low; tick < high + step; tick += step) ticks.push(tick)
  return ticks.length > 1 ? ticks : [low, low + 1]
}

function evenTicks(low: number, high: number): number[] {
  return [0, 1, 2, 3].map((n) => low + ((high - low) * n) / 3)
}

/** "Dec 2010" */
const monthText = (time: number) =>
  new Date(time).toLocaleDateString('en-GB', { month: 'short', year: 'numeric', timeZone: 'UTC' })
