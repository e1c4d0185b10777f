/**
 * Sequential rules: who did a did b soon after. Pure counts, learned in a second, explain themselves, and beat several
 * published networks (Ludewig & Jannach 2018, "Evaluation of session-based recommendation algorithms", SR).
 *
 *     M[a][b] = Σ 1/distance over ordered pairs within WINDOW steps
 *     w(a→b)  = M[a][b] / √(Σ_b M[a][b]) / √(popularity of b)
 *     score(b | history) = Σ_a 0.8^age · w(a→b)          age 0 is the newest
 *
 * The square roots lie between counting (favours what is popular anyway) and lift (favours what is rare).
 */

/** Further apart than this, two acts say little about each other. */
const WINDOW = 5
/** What one step back in history is worth. */
export const RECENCY = 0.8

/** Rows of weights in compressed form: rules of item a are entries start[a] … start[a+1] − 1, heaviest first. */
export interface Rules {
  /** (items + 1) */
  start: Uint32Array
  /** (rules) item that follows */
  target: Int32Array
  /** (rules) */
  weight: Float32Array
}

/**
 * @param sequences each an array of item numbers in time order
 * @param items size of the catalogue
 * @param neighbours pairs of one sequence to count, with the weight of each; sequential pairs within WINDOW by default
 */
export function countRules(sequences: Iterable<ArrayLike<number>>, items: number, neighbours = withinWindow): Rules {
  const popularity = new Float64Array(items)
  // Pairs are first dealt to the row of their left item, then added up row by row: no map of maps.
  const rowLength = new Uint32Array(items)
  const kept: ArrayLike<number>[] = []
  for (const sequence of sequences) {
    kept.push(sequence)
    for (let i = 0; i < sequence.length; i++) popularity[sequence[i]]++
    neighbours(sequence, (a) => rowLength[a]++)
  }
  const rowStart = new Uint32Array(items + 1)
  for (let a = 0; a < items; a++) rowStart[a + 1] = rowStart[a] + rowLength[a]
  const rowEnd = rowStart.slice(0, items)
  const pairTarget = new Int32Array(rowStart[items])
  const pairWeight = new Float32Array(rowStart[items])
  for (const sequence of kept) {
    neighbours(sequence, (a, b, weight) => {
      const at = rowEnd[a]++
      pairTarget[at] = b
      pairWeight[at] = weight
    })
  }
  const start = new Uint32Array(items + 1)
  const target: number[] = []
  const weight: number[] = []
  const row = new Float64Array(items)
  for (let a = 0; a < items; a++) {
    const seen: number[] = []
    let sum = 0
    for (let at = rowStart[a]; at < rowStart[a + 1]; at++) {
      const b = pairTarget[at]
      if (row[b] === 0) seen.push(b)
      row[b] += pairWeight[at]
      sum += pairWeight[at]
    }
    for (const b of seen) row[b] /= Math.sqrt(sum) * Math.sqrt(popularity[b])
    seen.sort((b, c) => row[c] - row[b] || b - c)
    for (const b of seen) {
      target.push(b)
      weight.push(row[b])
      row[b] = 0
    }
    start[a + 1] = target.length
  }
  return { start, target: Int32Array.from(target), weight: Float32Array.from(weight) }
}

type PairVisitor = (a: number, b: number, weight: number) => void

/** Ordered pairs of different items at most WINDOW steps apart, each worth 1/distance. */
function withinWindow(sequence: ArrayLike<number>, visit: PairVisitor): void {
  withinSession(sequence, (a, b, weight) => {
    if (a !== b) visit(a, b, weight)
  })
}

/** The same with an item and itself, where coming back to it is one of the things that may happen next. */
export function withinSession(sequence: ArrayLike<number>, visit: PairVisitor): void {
  for (let i = 0; i < sequence.length; i++) {
    for (let distance = 1; distance <= WINDOW && i + distance < sequence.length; distance++) {
      visit(sequence[i], sequence[i + distance], 1 / distance)
    }
  }
}

/** All pairs of one basket, both ways: the order in which a basket is filled says little, and files do not keep it. */
export function withinBasket(basket: ArrayLike<number>, visit: PairVisitor): void {
  for (let i = 0; i < basket.length; i++) {
    for (let j = 0; j < basket.length; j++) {
      // A basket of 100 lines has 9,900 pairs and says less about each than a basket of two.
      if (basket[i] !== basket[j]) visit(basket[i], basket[j], 1 / (basket.length - 1))
    }
  }
}

/** Rows of weights by target, in compressed form. */
export function rulesOf(rows: readonly ReadonlyMap<number, number>[]): Rules {
  const start = new Uint32Array(rows.length + 1)
  const ordered = rows.map((row) => [...row].sort((a, b) => b[1] - a[1] || a[0] - b[0]))
  ordered.forEach((row, a) => {
    start[a + 1] = start[a] + row.length
  })
  const entries = ordered.flat()
  return {
    start,
    target: Int32Array.from(entries, ([target]) => target),
    weight: Float32Array.from(entries, ([, weight]) => weight),
  }
}

/** A row's rules, the heaviest first. */
export function* rulesAfter({ start, target, weight }: Rules, a: number): Generator<[target: number, weight: number]> {
  for (let at = start[a]; at < start[a + 1]; at++) yield [target[at], weight[at]]
}

/** The heaviest `k` rules of every row. */
export function topRules(rules: Rules, k: number): Rules {
  return firstRules(rules, (a) => Math.min(k, rules.start[a + 1] - rules.start[a]))
}

/** The heaviest `n` of all rules, of a row `most`; where several weigh the same, those that stand first in their rows. */
export function heaviestRules(rules: Rules, n: number, most: number): Rules {
  const first = topRules(rules, most)
  const place = new Uint32Array(first.weight.length)
  for (let a = 0; a + 1 < first.start.length; a++) {
    for (let at = first.start[a]; at < first.start[a + 1]; at++) place[at] = at - first.start[a]
  }
  const order = Uint32Array.from(place, (_, at) => at)
  order.sort((x, y) => first.weight[y] - first.weight[x] || place[x] - place[y] || x - y)
  const kept = new Uint8Array(order.length)
  for (const at of order.subarray(0, n)) kept[at] = 1
  // A row's rules stand heaviest first, so that those kept are its first ones.
  return firstRules(first, (a) => {
    const row = kept.subarray(first.start[a], first.start[a + 1])
    return row.reduce((sum, one) => sum + one, 0)
  })
}

/** Of each row the first ones, so many. */
function firstRules(rules: Rules, lengthOf: (row: number) => number): Rules {
  const items = rules.start.length - 1
  const start = new Uint32Array(items + 1)
  for (let a = 0; a < items; a++) start[a + 1] = start[a] + lengthOf(a)
  const target = new Int32Array(start[items])
  const weight = new Float32Array(start[items])
  for (let a = 0; a < items; a++) {
    const from = rules.start[a]
    const to = from + start[a + 1] - start[a]
    target.set(rules.target.subarray(from, to), start[a])
    weight.set(rules.weight.subarray(from, to), start[a])
  }
  return { start, target, weight }
}

/**
 * Adds each item's score to `scores` (items).
 * @param history item numbers, oldest first; others than items (below 0) are passed over and do not age the rest
 */
export function scoreRules(rules: Rules, history: ArrayLike<number>, scores: Float32Array): void {
  let worth = 1
  for (let i = history.length - 1; i >= 0; i--) {
    const a = history[i]
    if (a < 0) continue
    for (let at = rules.start[a]; at < rules.start[a + 1]; at++) scores[rules.target[at]] += worth * rules.weight[at]
    worth *= RECENCY
    // What is left of the history adds less than a millionth of the newest step.
    if (worth < 1e-6) break
  }
}
