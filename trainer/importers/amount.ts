/** Numbers and prices as exports write them. */

const SYMBOLS: Record<string, string> = { '£': 'GBP', '€': 'EUR', '₹': 'INR', '₩': 'KRW', zł: 'PLN' }

export interface Price {
  amount: number
  /** ISO 4217. "$" and "¥" name several currencies, so they name none here. */
  currency?: string
}

/** "15.00 USD", "£2.55", "1,234.50", "1.234,50 €", 2.55; undefined when it is no price. */
export function parsePrice(value: unknown): Price | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? { amount: value } : undefined
  if (typeof value !== 'string') return undefined
  const text = value.trim()
  const plain = Number(text)
  if (text !== '' && Number.isFinite(plain) && /^[-+.\d]/.test(text) && !/[a-z]/i.test(text)) return { amount: plain }
  const match =
    /^(?:([A-Z]{3})\b|([^\d\s.,+-]{1,3}))?\s*([-+]?[\d.,'\u00a0\u202f ]*\d)\s*(?:([A-Z]{3})|([^\d\s.,]{1,3}))?$/i.exec(
      text,
    )
  if (!match) return undefined
  const amount = separated(match[3])
  if (amount === undefined) return undefined
  const currency = (match[1] ?? match[4])?.toUpperCase() ?? SYMBOLS[(match[2] ?? match[5] ?? '').toLowerCase()]
  return { amount, currency }
}

/** A number whose thousands and decimals may be marked either way: the last mark is the decimal one. */
function separated(text: string): number | undefined {
  const bare = text.replace(/['\s\u00a0\u202f]/g, '')
  const comma = bare.lastIndexOf(',')
  const point = bare.lastIndexOf('.')
  let plain = bare
  if (comma >= 0 && point >= 0) {
    plain = comma > point ? bare.replaceAll('.', '').replace(',', '.') : bare.replaceAll(',', '')
  } else if (comma >= 0) {
    // "1,234" is a thousand; "2,55" and "2,5" are not.
    plain = /^[-+]?\d{1,3}(,\d{3})+$/.test(bare) ? bare.replaceAll(',', '') : bare.replace(',', '.')
  } else if (/^[-+]?\d{1,3}(\.\d{3}){2,}$/.test(bare)) plain = bare.replaceAll('.', '')
  const number = Number(plain)
  return plain !== '' && Number.isFinite(number) ? number : undefined
}

/** A count or a rating; undefined when it is none. */
export function parseNumber(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined
  if (typeof value !== 'string' || value.trim() === '') return undefined
  return separated(value.trim())
}
