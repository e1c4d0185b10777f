/** What shoppers who look into one category come for next, from all shoppers' visits: the bundle's companions. */
import type { ShopEvent } from '../../shared/data/events.ts'
import { entriesOf } from '../../shared/profile/entries.ts'
import type { FactsOf } from '../../shared/profile/facts.ts'
import type { Companions } from '../../shared/profile/interests.ts'

/** Visits of the whole shop's mix that stand beside those seen: what few were interested in says little of others. */
const PRIOR_VISITS = 20
/** Of each category; the rest is a tail that no list shows. */
const MOST = 24

/** @param before only visits whose first look was earlier */
export function companionsOf(
  shoppers: readonly { events: readonly ShopEvent[] }[],
  factsOf: FactsOf,
  before = Number.POSITIVE_INFINITY,
): Companions {
  const pairs = new Map<string, Map<string, number>>()
  const totals = new Map<string, number>()
  for (const { events } of shoppers) {
    const visits = firstLooks(events, factsOf, before)
    for (const [label, count] of visits) {
      totals.set(label, (totals.get(label) ?? 0) + count)
      let row = pairs.get(label)
      if (!row) pairs.set(label, (row = new Map()))
      for (const [other, times] of visits) {
        row.set(other, (row.get(other) ?? 0) + count * (other === label ? times - 1 : times))
      }
    }
  }
  const all = [...totals.values()].reduce((sum, count) => sum + count, 0)
  return new Map(
    [...pairs].map(([label, row]) => {
      const seen = [...row.values()].reduce((sum, count) => sum + count, 0)
      const shares = [...totals].map(([other, count]) => ({
        label: other,
        share: ((row.get(other) ?? 0) + PRIOR_VISITS * (count / all)) / (seen + PRIOR_VISITS),
      }))
      return [label, shares.sort((a, b) => b.share - a.share || (a.label < b.label ? -1 : 1)).slice(0, MOST)]
    }),
  )
}

/** How many visits began with a look into each category. */
function firstLooks(events: readonly ShopEvent[], factsOf: FactsOf, before: number): Map<string, number> {
  const counts = new Map<string, number>()
  for (const { time, category } of entriesOf(events, factsOf)) {
    if (time < before) counts.set(category, (counts.get(category) ?? 0) + 1)
  }
  return counts
}
