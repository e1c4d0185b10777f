/**
 * What was shown, with what probability, and whether it was clicked: the logs from which a policy that never ran can be
 * judged. Columns as in the Open Bandit Dataset (Saito et al. 2021): timestamp, item_id, position, click, propensity_score.
 */
import { readDelimited } from '../importers/delimited.ts'
import { openSource, readText } from '../importers/source.ts'
import { UserError } from '../user-error.ts'

export interface Impression {
  item: number
  /** Place in the list, from 0. */
  position: number
  click: 0 | 1
  /** Probability with which the policy that ran showed this item in this place. */
  propensity: number
}

export interface BanditLog {
  /** In the order of time. */
  impressions: Impression[]
  items: number
  positions: number
}

/** @throws UserError when a row lacks a column, or its numbers make no sense */
export async function readBanditLog(path: string): Promise<BanditLog> {
  const rows: (Impression & { time: number })[] = []
  for await (const row of readDelimited(path, readText(openSource(path)), ',')) {
    const bad = (what: string) =>
      new UserError(
        `${path} line ${row.line}: ${what}`,
        'columns are timestamp, item_id, position, click, propensity_score',
      )
    if (!('record' in row)) throw bad(row.reason)
    const { timestamp, item_id, position, click, propensity_score } = row.record
    const [item, place, propensity] = [item_id, position, propensity_score].map(Number)
    if (!(Number.isInteger(item) && item >= 0 && item < 1e6)) throw bad(`item_id "${item_id}" is no number of an item`)
    if (!(Number.isInteger(place) && place >= 1 && place <= 100))
      throw bad(`position "${position}" is no place in a list`)
    if (click !== '0' && click !== '1') throw bad(`click "${click}" is neither 0 nor 1`)
    if (!(propensity > 0 && propensity <= 1)) throw bad(`propensity_score "${propensity_score}" is no probability`)
    const time = Date.parse(String(timestamp).replace(' ', 'T'))
    if (Number.isNaN(time)) throw bad(`timestamp "${timestamp}" is no time`)
    rows.push({ item, position: place - 1, click: click === '1' ? 1 : 0, propensity, time })
  }
  if (rows.length === 0) throw new UserError(`${path}: holds no impression`, 'export a log with at least one row')
  rows.sort((a, b) => a.time - b.time)
  return {
    impressions: rows.map(({ time: _, ...impression }) => impression),
    items: 1 + rows.reduce((most, { item }) => Math.max(most, item), 0),
    positions: 1 + rows.reduce((most, { position }) => Math.max(most, position), 0),
  }
}
