/**
 * Times as exports write them. The way is found once, from the first thousand values, and said in the report: guessing
 * value by value would read 03/04 as March and 13/04 as April in the same file.
 */
import { UserError } from '../user-error.ts'

export type TimeFormat =
  | 'ISO 8601'
  | 'seconds'
  | 'milliseconds'
  | 'microseconds'
  | 'nanoseconds'
  | 'YYYYMMDD'
  | DateOrder
type DateOrder = 'DD/MM/YYYY' | 'MM/DD/YYYY' | 'YYYY/MM/DD'
const DATE_ORDERS: DateOrder[] = ['DD/MM/YYYY', 'MM/DD/YYYY', 'YYYY/MM/DD']
const EPOCHS = { seconds: 1e3, milliseconds: 1, microseconds: 1e-3, nanoseconds: 1e-6 } as const

const EARLIEST = Date.UTC(1990, 0, 1)
const LATEST = Date.UTC(2100, 0, 1)

const ISO =
  /^(\d{4})-(\d\d?)-(\d\d?)(?:[T ](\d\d?):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?)?\s*(Z|UTC|GMT|[+-]\d\d:?\d\d)?$/i
const PARTED = /^(\d{1,4})[/.-](\d{1,2})[/.-](\d{1,4})(?:[T, ]+(\d\d?):(\d\d)(?::(\d\d)(?:\.\d+)?)?\s*([AP]M)?)?$/i

/** A value of the time column, and the line of its row. */
export interface TimeSample {
  value: unknown
  line: number
}

/**
 * @param stated what the operator says with --date-format; "/" there stands for "/", "." and "-" alike.
 * @throws UserError when day and month cannot be told apart, or when what is stated is unknown.
 */
export function detectTimeFormat(
  samples: readonly TimeSample[],
  path: string,
  column: string,
  stated?: string,
): TimeFormat {
  if (stated !== undefined) return statedFormat(stated)
  const votes = new Map<TimeFormat, number>()
  let ambiguous: TimeSample | undefined
  for (const { value, line } of samples) {
    const text = String(value ?? '').trim()
    const format = formatOf(text)
    if (format === 'ambiguous') ambiguous ??= { value: text, line }
    else if (format) votes.set(format, (votes.get(format) ?? 0) + 1)
  }
  // One 25/12 settles what a thousand 03/04 mean, in either direction: the sum of votes decides.
  const [best] = [...votes].sort((a, b) => b[1] - a[1])
  if (best && (ambiguous === undefined || best[0] === 'DD/MM/YYYY' || best[0] === 'MM/DD/YYYY')) return best[0]
  if (ambiguous !== undefined) {
    throw new UserError(
      `${path} line ${ambiguous.line}, column ${column}: "${ambiguous.value}" may be day/month or month/day`,
      'say which with --date-format DD/MM/YYYY or --date-format MM/DD/YYYY',
    )
  }
  const [first] = samples
  throw new UserError(
    first
      ? `${path} line ${first.line}, column ${column}: "${String(first.value).slice(0, 40)}" is no time`
      : `${path}, column ${column}: there is no value`,
    'write ISO 8601 or epoch numbers, or name another column: --map time=COLUMN',
  )
}

function statedFormat(stated: string): TimeFormat {
  const plain = stated.trim().toUpperCase().replace(/[.-]/g, '/').split(/[ T]/)[0]
  const order = DATE_ORDERS.find((known) => known === plain)
  if (order) return order
  const epoch = Object.keys(EPOCHS).find((unit) => unit === stated.trim().toLowerCase())
  if (epoch) return epoch as keyof typeof EPOCHS
  if (/^ISO/i.test(stated)) return 'ISO 8601'
  throw new UserError(
    `--date-format "${stated}" is unknown`,
    `use one of ISO, ${DATE_ORDERS.join(', ')}, ${Object.keys(EPOCHS).join(', ')}`,
  )
}

function formatOf(text: string): TimeFormat | 'ambiguous' | undefined {
  if (ISO.test(text)) return 'ISO 8601'
  if (/^(19|20)\d{6}$/.test(text)) return 'YYYYMMDD'
  if (/^\d{9,19}(\.\d+)?$/.test(text)) {
    const digits = text.split('.')[0].length
    return digits <= 11 ? 'seconds' : digits <= 14 ? 'milliseconds' : digits <= 17 ? 'microseconds' : 'nanoseconds'
  }
  const match = PARTED.exec(text)
  if (!match) return undefined
  if (match[1].length === 4) return 'YYYY/MM/DD'
  const [first, second] = [Number(match[1]), Number(match[2])]
  if (first > 12 && second <= 12) return 'DD/MM/YYYY'
  if (second > 12 && first <= 12) return 'MM/DD/YYYY'
  return first <= 12 ? 'ambiguous' : undefined
}

/** Milliseconds since 1970; undefined when the value is no time of this format between 1990 and 2100. No zone means UTC. */
export function parseTime(format: TimeFormat, value: unknown): number | undefined {
  const text = typeof value === 'string' ? value.trim() : String(value ?? '')
  const time = read(format, text)
  return time !== undefined && time >= EARLIEST && time < LATEST ? Math.floor(time) : undefined
}

function read(format: TimeFormat, text: string): number | undefined {
  if (format in EPOCHS) {
    if (!/^\d+(\.\d+)?$/.test(text)) return undefined
    return Number(text) * EPOCHS[format as keyof typeof EPOCHS]
  }
  if (format === 'YYYYMMDD') {
    const match = /^(\d{4})(\d\d)(\d\d)$/.exec(text)
    return match ? utc(Number(match[1]), Number(match[2]), Number(match[3])) : undefined
  }
  if (format === 'ISO 8601') {
    const match = ISO.exec(text)
    if (!match) return undefined
    const [, year, month, day, hour, minute, second, fraction, zone] = match
    const time = utc(
      Number(year),
      Number(month),
      Number(day),
      Number(hour ?? 0),
      Number(minute ?? 0),
      Number(second ?? 0),
    )
    if (time === undefined) return undefined
    return time + (fraction ? Math.floor(Number(`0.${fraction}`) * 1000) : 0) - offsetMs(zone)
  }
  const match = PARTED.exec(text)
  if (!match) return undefined
  const [, a, b, c, hour, minute, second, half] = match
  const [year, month, day] = format === 'YYYY/MM/DD' ? [a, b, c] : format === 'DD/MM/YYYY' ? [c, b, a] : [c, a, b]
  const fullYear = year.length <= 2 ? 2000 + Number(year) : Number(year)
  let hours = Number(hour ?? 0)
  if (half) hours = (hours % 12) + (half.toUpperCase() === 'PM' ? 12 : 0)
  return utc(fullYear, Number(month), Number(day), hours, Number(minute ?? 0), Number(second ?? 0))
}

function utc(year: number, month: number, day: number, hour = 0, minute = 0, second = 0): number | undefined {
  if (month < 1 || month > 12 || day < 1 || hour > 23 || minute > 59 || second > 60) return undefined
  const time = Date.UTC(year, month - 1, day, hour, minute, second)
  return new Date(Date.UTC(year, month - 1, day)).getUTCDate() === day ? time : undefined // 31 February is none
}

function offsetMs(zone: string | undefined): number {
  const match = zone && /^([+-])(\d\d):?(\d\d)$/.exec(zone)
  if (!match) return 0
  return (match[1] === '-' ? -1 : 1) * (Number(match[2]) * 60 + Number(match[3])) * 60_000
}
