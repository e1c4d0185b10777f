/**
 * Histories with what their owners said of themselves, in RecBole's atomic files: tab-separated, "name:type" as the header.
 *
 *     ml-100k.inter   user_id:token  item_id:token  rating:float  timestamp:float
 *     ml-100k.user    user_id:token  age:token  gender:token  occupation:token  zip_code:token
 */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { seeded } from '../../shared/data/random.ts'
import { readDelimited } from '../importers/delimited.ts'
import { openSource, readText } from '../importers/source.ts'
import { UserError } from '../user-error.ts'
import { type Histories, readSequenceHistories } from './histories.ts'

export interface Demographics {
  histories: Histories
  /** (shoppers of the histories) */
  facts: { age: number; gender: string; occupation: string }[]
}

/** @throws UserError when a file is missing, a row makes no sense, or someone has a history and no facts */
export async function readDemographics(folder: string): Promise<Demographics> {
  const facts = new Map<string, Demographics['facts'][number]>()
  for await (const { user_id, age, gender, occupation } of rowsOf(folder, 'user')) {
    if (!(Number(age) > 0)) throw new UserError(`${folder}: age "${age}" of user ${user_id}`, 'ages are years')
    facts.set(user_id, { age: Number(age), gender, occupation })
  }
  const histories = new Map<string, { time: number; item: string }[]>()
  for await (const { user_id, item_id, timestamp } of rowsOf(folder, 'inter')) {
    const own = histories.get(user_id)
    const act = { time: Number(timestamp), item: item_id }
    if (own) own.push(act)
    else histories.set(user_id, [act])
  }
  const known = await readSequenceHistories('demographics', sequencesOf(histories))
  return {
    histories: known,
    facts: known.shoppers.map((shopper) => {
      const own = facts.get(shopper)
      if (!own) throw new UserError(`${folder}: user ${shopper} has a history and no facts`, 'list all in .user')
      return own
    }),
  }
}

/** Whole screens are rated in one second, in an order that the file lists by chance: shuffled, so that no order is read in. */
async function* sequencesOf(histories: ReadonlyMap<string, { time: number; item: string }[]>) {
  for (const [shopper, acts] of histories) {
    const order = seeded(`order ${shopper}`).shuffle([...acts])
    yield { shopper, items: order.sort((a, b) => a.time - b.time).map(({ item }) => item) }
  }
}

/** By the column's name without its type. */
async function* rowsOf(folder: string, kind: 'user' | 'inter'): AsyncGenerator<Record<string, string>> {
  const file = readdirSync(folder).find((name) => new RegExp(`\\.${kind}(\\.gz)?$`).test(name))
  if (file === undefined) throw new UserError(`${folder}: no .${kind} file`, 'give a folder of RecBole’s atomic files')
  const path = join(folder, file)
  for await (const row of readDelimited(path, readText(openSource(path)), '\t')) {
    if (!('record' in row)) throw new UserError(`${path} line ${row.line}: ${row.reason}`, 'rows are tab-separated')
    yield Object.fromEntries(Object.entries(row.record).map(([name, value]) => [name.split(':')[0], String(value)]))
  }
}
