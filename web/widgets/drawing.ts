/**
 * SVG text to nodes, made one by one. A parser (`DOMParser`, `innerHTML`) would be a Trusted Types sink, and the picture
 * an <img> with a data: URL would need the shop's policy to allow those. What our own pictures are made of is allowed,
 * anything else in the text is dropped: no script, no style, no reference to another file.
 */
const SVG = 'http://www.w3.org/2000/svg'
const ELEMENTS = new Set(
  'svg g path rect circle ellipse line polyline polygon text tspan defs linearGradient radialGradient stop clipPath'.split(
    ' ',
  ),
)
const TOKEN = /<(\/?)([a-zA-Z]+)((?:\s+[\w:-]+="[^"<]*")*)\s*(\/?)>|([^<]+)/g
const ATTRIBUTE = /([\w:-]+)="([^"<]*)"/g
const FORBIDDEN = /^(on|style$|href$|xlink:|xmlns)/i
const ENTITIES: Record<string, string> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" }

/** Ids (of gradients) are made the drawing's own, because many drawings share one shadow root. */
let drawings = 0

/** @returns an empty drawing for text that is none. */
export function drawSvg(page: Document, text: string): SVGSVGElement {
  const root = page.createElementNS(SVG, 'svg')
  const own = `d${++drawings}-`
  const open: Element[] = []
  /** Depth inside an element that is dropped. */
  let dropped = 0
  for (const [, closing, name, attributes, empty, content] of text.matchAll(TOKEN)) {
    if (content !== undefined) {
      const parent = open.at(-1)
      if (!dropped && parent && /^(text|tspan)$/.test(parent.localName)) parent.append(decodeEntities(content))
    } else if (closing) {
      if (dropped > 0) dropped--
      else open.pop()
    } else if (dropped > 0 || !ELEMENTS.has(name)) {
      if (!empty) dropped++
    } else {
      const isRoot = open.length === 0
      const element = isRoot ? root : page.createElementNS(SVG, name)
      for (const [, attribute, value] of attributes.matchAll(ATTRIBUTE)) {
        if (FORBIDDEN.test(attribute) || /url\((?!#)/.test(value)) continue
        const named = attribute === 'id' ? own + value : value.replaceAll('url(#', `url(#${own}`)
        element.setAttribute(attribute, decodeEntities(named))
      }
      if (!isRoot) open.at(-1)?.append(element)
      if (!empty) open.push(element)
      if (isRoot && empty) break
    }
  }
  // What it shows is said by the title beside it.
  root.setAttribute('aria-hidden', 'true')
  root.setAttribute('focusable', 'false')
  return root
}

function decodeEntities(text: string): string {
  return text.replace(/&(?:#(\d+)|(\w+));/g, (whole, code?: string, name?: string) =>
    code ? String.fromCodePoint(Number(code)) : (ENTITIES[name ?? ''] ?? whole),
  )
}
