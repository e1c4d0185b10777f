/** Text as a shopper should see it: entities decoded, tags and control characters gone, one space between words. */

const ENTITIES: Record<string, string> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: ' ',
  pound: '£',
  euro: '€',
  yen: '¥',
  cent: '¢',
  copy: '©',
  reg: '®',
  trade: '™',
  deg: '°',
  frac12: '½',
  times: '×',
  ndash: '–',
  mdash: '—',
  hellip: '…',
  bull: '•',
  middot: '·',
  lsquo: '‘',
  rsquo: '’',
  ldquo: '“',
  rdquo: '”',
  eacute: 'é',
  egrave: 'è',
  agrave: 'à',
  ccedil: 'ç',
  auml: 'ä',
  ouml: 'ö',
  uuml: 'ü',
  szlig: 'ß',
}

/** Longest description kept: what is beyond says nothing a recommender can use. */
export const MAX_DESCRIPTION_CHARS = 5000
export const MAX_TITLE_CHARS = 500

/** Soft hyphens, zero-width spaces, direction marks: pasted along, never meant. The joiner of emoji (U+200D) stays. */
const INVISIBLE = /[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\ufeff]/g

export function cleanText(text: string): string {
  let clean = text
  if (clean.includes('<')) {
    clean = clean
      .replace(/<(script|style)\b[^>]*>[\s\S]*?<\/\1\s*>/gi, ' ')
      // A tag starts with a letter, "/" or "!", so "size < 5" survives.
      .replace(/<[/!a-z][^<>]{0,2000}>/gi, ' ')
  }
  if (clean.includes('&')) clean = decodeEntities(clean)
  return clean
    .normalize('NFC')
    .replace(INVISIBLE, '')
    .replace(/[\p{Cc}\s]+/gu, ' ')
    .trim()
}

function decodeEntities(text: string): string {
  return text.replace(/&(?:#(\d{1,7})|#x([\da-f]{1,6})|([a-z]{2,8}\d{0,2}));/gi, (whole, decimal, hex, name) => {
    if (name) return ENTITIES[name.toLowerCase()] ?? whole
    const code = decimal ? Number(decimal) : Number.parseInt(hex, 16)
    return code > 0 && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff) ? String.fromCodePoint(code) : whole
  })
}

const SMALL_WORDS = new Set(['A', 'AN', 'AND', 'AT', 'BY', 'FOR', 'FROM', 'IN', 'OF', 'ON', 'OR', 'THE', 'TO', 'WITH'])

/** "SET OF 3 CAKE TINS" → "Set of 3 Cake Tins"; a title that already has small letters is left as it is. */
export function titleCase(title: string): string {
  if (/\p{Ll}/u.test(title)) return title
  return title.replace(/[\p{L}\p{N}'’]+/gu, (word, at: number) => {
    if (at > 0 && SMALL_WORDS.has(word)) return word.toLowerCase()
    return /^\p{N}/u.test(word) ? word.toLowerCase() : word[0] + word.slice(1).toLowerCase()
  })
}

/** "A > B > C", "A|B", "/a/b", "electronics.audio", or a list, as a path from the root. */
export function categoryPath(value: unknown): string[] {
  const parts = Array.isArray(value) ? value.map(String) : splitPath(String(value ?? ''))
  const path: string[] = []
  for (const part of parts) {
    const clean = cleanText(part).slice(0, 100)
    if (clean !== '' && clean !== path.at(-1)) path.push(clean)
  }
  return path.slice(0, 8)
}

function splitPath(text: string): string[] {
  const decoded = decodeEntities(text)
  if (/[>›»]/.test(decoded)) return decoded.split(/[>›»]/)
  if (decoded.includes('|')) return decoded.split('|')
  if (decoded.trim().startsWith('/')) return decoded.split('/')
  if (/^[a-z0-9_]+(\.[a-z0-9_]+)+$/.test(decoded)) return decoded.split('.').map((part) => part.replaceAll('_', ' '))
  return [decoded]
}

/** Spells a category always as it was first seen: "HOME" after "Home" is "Home". */
export function categorySpelling(): (path: string[]) => string[] {
  const spellings = new Map<string, string>()
  return (path) =>
    path.map((part) => {
      const key = part.toLowerCase()
      const known = spellings.get(key)
      if (known !== undefined) return known
      spellings.set(key, part)
      return part
    })
}
