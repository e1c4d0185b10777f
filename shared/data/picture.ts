/**
 * Drawn pictures for products without a photograph. A product becomes a short code when a bundle is made, and the code
 * becomes a drawing in the page, so that a picture costs no request and says nothing to an image host:
 *
 *     mug:3a:1:sage      silhouette, tone (background and accent), pattern, colour; at most 24 bytes
 *
 * `pictureOf` needs the word lists and is meant for whoever compiles a catalogue; `drawPicture` needs none of them.
 */
import type { Product } from './catalog.ts'
import { COLOURS, USUAL } from './picture/paint.ts'
import { SILHOUETTES } from './picture/silhouettes.ts'
import { COLOUR_WORDS, PATTERN_WORDS, SILHOUETTE_WORDS } from './picture/words.ts'
import { hash32 } from './random.ts'

export type Pictured = Pick<Product, 'title' | 'category' | 'attributes'>

/** The code of a product's picture, from the words of its title, else of its category. The same product, the same code. */
export function pictureOf(product: Pictured): string {
  const { title, category } = product
  const stated = product.attributes?.colour ?? product.attributes?.color ?? ''
  const silhouette =
    first(SILHOUETTE_WORDS, title) ?? first(SILHOUETTE_WORDS, [...category].reverse().join(' ; ')) ?? 'gift'
  const hash = hash32(title)
  const colour = first(COLOUR_WORDS, stated) ?? first(COLOUR_WORDS, title) ?? USUAL[(hash >>> 8) % USUAL.length]
  return `${silhouette}:${(hash & 255).toString(16).padStart(2, '0')}:${first(PATTERN_WORDS, title) ?? '0'}:${colour}`
}

function first(rules: [name: string, words: RegExp][], text: string): string | undefined {
  return rules.find(([, words]) => words.test(text))?.[0]
}

const SOFT = ['f4ece0', 'e6eee8', 'e7edf4', 'f5e6e2', 'efe9f3', 'f3efdc', 'e3eded', 'f1e7ea']
const FIXED: Record<string, string> = {
  w: 'fffdf9',
  k: '44424a',
  n: 'cfa87a',
  m: 'c3c9ce',
  g: 'd3aa4a',
  y: 'f6c453',
  f: '6f9b6c',
  v: 'f3cfb3',
  i: 'd8eaf0',
  h: 'ffe9a8',
  r: 'd0483f',
}
/** By digit of the code: nothing, dots, stripes, hearts, stars, leaves, checks, waves, flowers, triangles. */
const MOTIFS: ((x: number, y: number) => string)[] = [
  () => '',
  (x, y) => disc(x, y, 3.4),
  () => '',
  (x, y) => `M${x} ${y + 5}c-7-5-7-9-4-10 2-1 4 1 4 2 0-1 2-3 4-2 3 1 3 5-4 10z`,
  (x, y) => `M${x} ${y - 6}l2 4 4 0-3 3 1 5-4-3-4 3 1-5-3-3 4 0z`,
  (x, y) => `M${x - 5} ${y + 5}q-1-10 10-10 0 10-10 10z`,
  () => '',
  (x, y) => `M${x - 8} ${y}q4-6 8 0t8 0v3q-4 6-8 0t-8 0z`,
  (x, y) =>
    [
      [0, -3.4],
      [3.3, -1],
      [2, 3],
      [-2, 3],
      [-3.3, -1],
    ]
      .map(([a, b]) => disc(x + a, y + b, 2.1))
      .join(''),
  (x, y) => `M${x} ${y - 5}l5 9h-10z`,
]
const PITCH = 16

/**
 * An SVG element of 160 × 160 units: no script, no reference, no id, so that it can stand anywhere in a page, any number
 * of times. A code that is not understood gives the drawing of a gift.
 */
export function drawPicture(code: string): string {
  const [name, tone = '00', pattern = '0', colour = ''] = code.split(':')
  const digits = Number.parseInt(tone, 16) || 0
  const base = Object.hasOwn(COLOURS, colour) ? COLOURS[colour] : COLOURS[USUAL[digits % USUAL.length]]
  const light = brightness(base) > 205
  // Behind things that are nearly white it is deeper.
  const ground = mix(SOFT[digits & 7], 'ffffff', light ? -2 : 0)
  const accents = USUAL.map((usual) => COLOURS[usual]).filter((accent) => accent !== base)
  const paints: Record<string, string> = {
    ...FIXED,
    b: base,
    d: mix(base, '2b2730', light ? 0.16 : 0.24),
    l: mix(base, 'ffffff', 0.45),
    a: accents[(digits >> 3) % accents.length],
  }
  const mark = light || brightness(base) > 175 ? mix(base, '2b2730', 0.3) : mix(base, 'ffffff', 0.72)
  const shapes = (Object.hasOwn(SILHOUETTES, name) ? SILHOUETTES[name] : SILHOUETTES.gift).split(';')
  const hangs = shapes[0].startsWith('~')
  const room = mix(ground, 'ffffff', light ? 0.22 : 0.5)
  const behind =
    digits & 8
      ? `<circle cx="80" cy="82" r="64" fill="#${room}"/>`
      : `<path d="M22 160V82a58 58 0 0 1 116 0v78z" fill="#${room}"/>`
  const shadow = hangs ? '' : '<ellipse cx="80" cy="130" rx="54" ry="6" fill="#2b2730" opacity=".14"/>'
  const drawn = shapes
    .map((shape) => draw(shape.replace('~', ''), paints, (box) => fill(box, Number(pattern) || 0, mark)))
    .join('')
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 160 160" aria-hidden="true"><path d="M0 0h160v160H0z" fill="#${ground}"/>${behind}${shadow}${drawn}</svg>`
}

/** One shape of a silhouette as an element; see silhouettes.ts for how they are written. */
function draw(shape: string, paints: Record<string, string>, patterned: (box: number[]) => string): string {
  if (shape[0] === 'p') return patterned(shape.slice(1).split(' ').map(Number))
  const thin = shape[0] === '-'
  const [paint, kind] = thin ? [shape[1], shape[2]] : [shape[0], shape[1]]
  const data = shape.slice(thin ? 2 : 1).replace(/@(\d+)/g, 'a$1 $1 0 0 1')
  const outlined = paint < 'a'
  const hue = `#${paints[paint.toLowerCase()]}`
  const look = outlined
    ? `fill="none" stroke="${hue}" stroke-width="${thin ? 2.5 : 6}" stroke-linecap="round" stroke-linejoin="round"`
    : `fill="${hue}"${paint === 'h' ? ' opacity=".55"' : ''}`
  const [x, y, a, b = a, round = 0] = data.slice(1).split(' ').map(Number)
  if (kind === 'o' || kind === 'e') return `<ellipse cx="${x}" cy="${y}" rx="${a}" ry="${b}" ${look}/>`
  if (kind === 'r') return `<rect x="${x}" y="${y}" width="${a}" height="${b}" rx="${round}" ${look}/>`
  return `<path d="${data}" fill-rule="evenodd" ${look}/>`
}

/** A pattern inside a rectangle, whole motifs only, evenly spaced. */
function fill([left, top, width, height]: number[], pattern: number, colour: string): string {
  const columns = Math.max(1, Math.floor(width / PITCH))
  const rows = Math.max(1, Math.floor(height / PITCH))
  const across = width / columns
  const down = height / rows
  let marks = ''
  if (pattern === 2 || pattern === 6) {
    for (let i = 0; i < columns; i++) marks += `M${fixed(left + (i + 0.5) * across - 2)} ${top}h4v${height}h-4z`
    if (pattern === 6)
      for (let i = 0; i < rows; i++) marks += `M${left} ${fixed(top + (i + 0.5) * down - 2)}h${width}v4h-${width}z`
  } else {
    const motif = MOTIFS[pattern] ?? MOTIFS[0]
    for (let row = 0; row < rows; row++) {
      // Every other row is set between the marks of the one above.
      const count = row % 2 === 0 || columns === 1 ? columns : columns - 1
      for (let i = 0; i < count; i++) {
        marks += motif(fixed(left + width / 2 + (i - (count - 1) / 2) * across), fixed(top + (row + 0.5) * down))
      }
    }
  }
  return marks && `<path d="${marks}" fill="#${colour}" opacity=".85"/>`
}

const disc = (x: number, y: number, r: number) =>
  `M${fixed(x - r)} ${y}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0-${2 * r} 0z`
const fixed = (value: number) => Math.round(value * 10) / 10
const channels = (hex: string) => [0, 2, 4].map((at) => Number.parseInt(hex.slice(at, at + 2), 16))

function brightness(hex: string): number {
  const [red, green, blue] = channels(hex)
  return 0.299 * red + 0.587 * green + 0.114 * blue
}

function mix(from: string, to: string, share: number): string {
  const target = channels(to)
  return channels(from)
    .map((value, i) =>
      Math.round(value + (target[i] - value) * share)
        .toString(16)
        .padStart(2, '0'),
    )
    .join('')
}
