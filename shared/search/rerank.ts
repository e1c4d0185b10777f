/**
 * A shop's search results in the shopper's order, never far from the shop's. Each item may be early or late by at most
 * half of the bound, as far as the shopper's score says and the impact allows:
 *
 *     place' = place − impact/100 · (bound + 1)/2 · z      z: standard deviations above the list's mean, −1 … 1
 *
 * and the list is sorted by place'. Of two items more than `bound` places apart none can pass the other, since together they
 * shift by bound + 1 at most and a tie keeps the shop's order: hence nothing moves by more than `bound` places, without a
 * second pass to repair it. Exact matches, and items of which nothing is known, are not sorted at all: they keep their place.
 */

/** A result as the shop lists it. */
export interface Found {
  id: string
  /** In every language that it is shown in. */
  titles?: readonly string[]
  /** The shopper's, on any scale; absent for an item that the bundle does not know. */
  score?: number
}

export interface Reranking {
  /** 0 is the shop's order, 100 as much of the shopper's as the bound lets through. */
  impact: number
  /** Places that an item may move. */
  bound: number
  /** What was searched for. An item whose title or id is exactly that keeps its place. */
  query?: string
}

/** Of a page of results: what the shop put first is still on the first screen. */
export const RERANK_BOUND = 6

/** @throws Error when impact or bound is no setting */
export function rerank<F extends Found>(found: readonly F[], { impact, bound, query }: Reranking): F[] {
  if (!(impact >= 0 && impact <= 100)) throw new Error(`rerank: impact must be 0 to 100: ${impact}`)
  if (!Number.isSafeInteger(bound) || bound < 0)
    throw new Error(`rerank: bound must be a whole number from 0: ${bound}`)
  if (impact === 0 || bound === 0) return [...found]
  const wanted = query === undefined ? '' : normalised(query)
  const places: number[] = []
  const scores: number[] = []
  found.forEach((item, place) => {
    if (item.score === undefined || !Number.isFinite(item.score) || isExact(item, wanted)) return
    places.push(place)
    scores.push(item.score)
  })
  const shifts = standing(scores).map((z) => (impact / 100) * ((bound + 1) / 2) * z)
  const order = [...places.keys()].sort((a, b) => places[a] - shifts[a] - (places[b] - shifts[b]) || a - b)
  const reranked = [...found]
  order.forEach((from, to) => {
    reranked[places[to]] = found[places[from]]
  })
  return reranked
}

/** Standard deviations from the mean, cut at one: beyond, the bound is used up. All 0 where the scores are the same. */
function standing(scores: readonly number[]): number[] {
  // Of the largest: squares of what is near the largest number there is would be infinite.
  const largest = scores.reduce((most, score) => Math.max(most, Math.abs(score)), 0) || 1
  const mean = scores.reduce((sum, score) => sum + score / largest, 0) / scores.length
  const square = scores.reduce((sum, score) => sum + (score / largest - mean) ** 2, 0) / scores.length
  const scale = square > 0 ? 1 / Math.sqrt(square) : 0
  return scores.map((score) => Math.max(-1, Math.min(1, (score / largest - mean) * scale)))
}

function isExact({ id, titles = [] }: Found, wanted: string): boolean {
  return wanted !== '' && [id, ...titles].some((name) => normalised(name) === wanted)
}

/** What two ways of typing one name have in common: neither width, case, nor what stands between the words. */
export function normalised(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}]+/gu, ' ')
    .trim()
}
