/** Amounts that halve with time: what was done long ago says less about today. */
export interface Decayed {
  /** At `time`. */
  amount: number
  /** Of the last addition, milliseconds since 1970. */
  time: number
}

/** What is left of it. A clock that was set back leaves all of it. */
export function decayedAt({ amount, time }: Decayed, now: number, halfLifeMs: number): number {
  return amount * 2 ** (-Math.max(0, now - time) / halfLifeMs)
}

/** In place: a history is thousands of additions. */
export function add(sum: Decayed, amount: number, time: number, halfLifeMs: number): void {
  sum.amount = decayedAt(sum, time, halfLifeMs) + amount
  sum.time = time
}
