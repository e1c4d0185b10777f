/** Histories as models without order see them: who wanted what, and how much each item of a history weighs. */
import { RECENCY } from '../../shared/model/rules.ts'

/** The distinct items of each shopper, and the shoppers of each item: the matrix that order-free models factorise. */
export function incidence(
  sequences: Iterable<ArrayLike<number>>,
  items: number,
): { wanted: Int32Array[]; wantedBy: Int32Array[] } {
  const wanted: Int32Array[] = []
  const columns: number[][] = Array.from({ length: items }, () => [])
  for (const sequence of sequences) {
    const distinct = Int32Array.from(new Set(Array.from(sequence)))
    for (const item of distinct) columns[item].push(wanted.length)
    wanted.push(distinct)
  }
  return { wanted, wantedBy: columns.map((column) => Int32Array.from(column)) }
}

/** What each item of a history is worth: 0.8^age of its newest place. Searches do not age the rest. */
export function recencyWeights(history: ArrayLike<number>): Map<number, number> {
  const weights = new Map<number, number>()
  let worth = 1
  for (let at = history.length - 1; at >= 0; at--) {
    if (history[at] < 0) continue
    if (!weights.has(history[at])) weights.set(history[at], worth)
    worth *= RECENCY
  }
  return weights
}
