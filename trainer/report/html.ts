/** Markup as values: what comes from a catalogue or a file is text, and stays text wherever it is put. */

/** Text that is markup already. Only `html` makes it. */
export class Html {
  constructor(readonly markup: string) {}
}

type Value = Html | string | number | undefined | false | readonly Value[]

const ESCAPES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

/** Values become text, inside elements and inside quoted attributes alike; undefined and false become nothing. */
export function html(strings: TemplateStringsArray, ...values: Value[]): Html {
  return new Html(strings.reduce((markup, part, at) => markup + markupOf(values[at - 1]) + part))
}

function markupOf(value: Value): string {
  if (value === undefined || value === false) return ''
  if (value instanceof Html) return value.markup
  if (typeof value === 'string' || typeof value === 'number') {
    return String(value).replace(/[&<>"']/g, (character) => ESCAPES[character])
  }
  return value.map(markupOf).join('')
}

/** A value as JSON inside a script element: no "<" is left that could end the element or open a comment. */
export const jsonBlock = (value: unknown): Html => new Html(JSON.stringify(value).replaceAll('<', '\\u003c'))

/** A script or style of our own making. @throws Error when it would end its own element. */
export function ownText(text: string): Html {
  if (/<\/(script|style)|<!--/i.test(text)) throw new Error('own text: would end its element')
  return new Html(text)
}
