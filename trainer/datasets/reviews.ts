/**
 * Reviews with a verdict, from delimited text whose columns are recognised by their names:
 *
 *     text     review text (a title column, where there is one, goes before it)
 *     label    1 or 0, in favour or not; else
 *     rating   1 … 5: from 4 up in favour, to 2 not, 3 is left out
 *     category optional: reviews of one are held out together
 *
 * So are women's clothing reviews (Kaggle) and online_shopping_10_cats (SophonPlus/ChineseNlpCorpus) written, and a
 * shop's own export.
 */
import { basename } from 'node:path'
import { type ColumnMap, checkStated, reviewColumns } from '../importers/columns.ts'
import { detectDelimiter, readDelimited } from '../importers/delimited.ts'
import { openSource, readText } from '../importers/source.ts'
import { UserError } from '../user-error.ts'

export interface Review {
  text: string
  favourable: boolean
  /** The file's name, and the review's category where there is one. */
  set: string
  category?: string
}

export interface ReviewSet {
  reviews: Review[]
  /** Rows that say nothing: without text, without a verdict, damaged. */
  leftOut: number
}

/** @throws UserError when no column holds texts or verdicts, or no row is a review */
export async function readReviews(path: string, stated: ColumnMap = {}): Promise<ReviewSet> {
  const set = basename(path).replace(/\.(csv|tsv|txt|gz)\b/g, '')
  const reviews: Review[] = []
  let leftOut = 0
  let columns: ColumnMap | undefined
  for await (const row of readDelimited(path, readText(openSource(path)), await delimiterOf(path))) {
    if ('reason' in row) {
      leftOut++
      continue
    }
    const record = row.record as Record<string, string>
    columns ??= columnsOf(path, Object.keys(record), stated)
    const [text, title, label, rating, category] = (['text', 'title', 'label', 'rating', 'category'] as const).map(
      (role) => (columns?.[role] === undefined ? '' : record[columns[role]].trim()),
    )
    const favourable = columns.label === undefined ? verdictOfRating(Number(rating)) : verdictOfLabel(label)
    if (text === '' || favourable === undefined) {
      leftOut++
      continue
    }
    const whole = title === '' ? text : `${title}. ${text}`
    reviews.push({ text: whole, favourable, set, ...(category === '' ? {} : { category }) })
  }
  if (reviews.length === 0) throw new UserError(`${path}: has no review with a verdict`, 'check the columns with --map')
  return { reviews, leftOut }
}

async function delimiterOf(path: string): Promise<string> {
  for await (const text of readText(openSource(path))) return detectDelimiter(text.split('\n', 1)[0]) ?? ','
  return ','
}

function columnsOf(path: string, names: string[], stated: ColumnMap): ColumnMap {
  checkStated(path, names, stated)
  const columns = reviewColumns(names, stated)
  if (columns.text === undefined || (columns.label ?? columns.rating) === undefined) {
    const missing = columns.text === undefined ? 'text' : 'label or rating'
    throw new UserError(
      `${path}: no column is known to hold the ${missing}; they are ${names.join(', ')}`,
      'say which with --map text=COLUMN,label=COLUMN or --map text=COLUMN,rating=COLUMN',
    )
  }
  return columns
}

const verdictOfLabel = (label: string) => (label === '1' ? true : label === '0' ? false : undefined)

/** @param stars 1 … 5; undefined for what is neither in favour nor not */
export function verdictOfRating(stars: number): boolean | undefined {
  if (!(stars >= 1 && stars <= 5) || (stars > 2 && stars < 4)) return undefined
  return stars >= 4
}
