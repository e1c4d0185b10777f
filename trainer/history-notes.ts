/**
 * What an operator should know of a history before believing what was learned from it: none of it stops training, each
 * has a stated consequence.
 */
import { words } from '../shared/data/text.ts'
import type { Histories } from './datasets/histories.ts'
import { visits } from './queries.ts'

/** A visit that holds more of the history than this is more likely a machine, or a column that is not the visitor. */
const GIANT_SHARE = 0.5
/** More simultaneous steps than this, and most of what looks like an order is none. */
const SIMULTANEOUS_SHARE = 0.5
/** Fewer searches than this in words of the catalogue, and titles do not help to read them. */
const READABLE_SHARE = 0.2

export function historyNotes(h: Histories): string[] {
  const notes = [uniqueItems(h), giantVisit(h), simultaneousSteps(h), foreignQueries(h), passedOverColumns(h)]
  return notes.filter((note) => note !== undefined)
}

const percent = (share: number) => `${Math.floor(share * 100)} %`

/** Whether any item was dealt with by more than one shopper, or at more than one moment: else nothing can be counted. */
export function itemsRepeat(h: Histories): boolean {
  const first = new Map<number, string>()
  for (let shopper = 0; shopper < h.shoppers.length; shopper++) {
    for (let at = h.start[shopper]; at < h.start[shopper + 1]; at++) {
      if (h.item[at] < 0) continue
      const moment = `${shopper} ${h.time[at]}`
      const seen = first.get(h.item[at])
      if (seen !== undefined && seen !== moment) return true
      first.set(h.item[at], moment)
    }
  }
  return false
}

function uniqueItems(h: Histories): string | undefined {
  if (itemsRepeat(h)) return undefined
  return 'no item occurs twice: rules and popularity have nothing to count, and only content can tell items apart'
}

function giantVisit(h: Histories): string | undefined {
  let largest = { shopper: 0, first: 0, end: 0 }
  if (!h.timed) return undefined
  for (const visit of visits(h, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY)) {
    if (visit.end - visit.first > largest.end - largest.first) largest = visit
  }
  const share = (largest.end - largest.first) / h.item.length
  if (share <= GIANT_SHARE || h.item.length < 100) return undefined
  return `one visit, of "${h.shoppers[largest.shopper]}", is ${percent(share)} of the history: what is learned is that visitor’s`
}

function simultaneousSteps(h: Histories): string | undefined {
  if (!h.timed) return undefined
  let [same, steps] = [0, 0]
  for (let shopper = 0; shopper < h.shoppers.length; shopper++) {
    for (let at = h.start[shopper] + 1; at < h.start[shopper + 1]; at++) {
      steps++
      if (h.time[at] === h.time[at - 1]) same++
    }
  }
  if (steps === 0 || same / steps <= SIMULTANEOUS_SHARE) return undefined
  return `${percent(same / steps)} of steps have the time of the step before: their order is not known and was drawn at random`
}

function foreignQueries(h: Histories): string | undefined {
  const known = new Set<string>()
  for (const { title, translations, brand, category } of h.items) {
    const titles = Object.values(translations ?? {}).map((translation) => translation.title)
    for (const text of [title, ...titles, brand ?? '', ...category]) for (const word of words(text)) known.add(word)
  }
  const readable = h.queries.filter((query) => words(query).some((word) => known.has(word))).length
  if (h.queries.length === 0 || readable / h.queries.length >= READABLE_SHARE) return undefined
  return `${percent(1 - readable / h.queries.length)} of searches share no word with the catalogue, as when it is in another language: they are understood only by what was looked at after them; titles in their language (translations) would help`
}

function passedOverColumns({ info }: Histories): string | undefined {
  if (!info?.passedOver?.length) return undefined
  return `nothing was read from the columns ${info.passedOver.join(', ')}: if one is misspelt, "vitrine import --map ROLE=COLUMN" says what it is`
}
