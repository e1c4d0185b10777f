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

export function added(sum: Decayed | undefined, amount: number, time: number, halfLifeMs: number): Decayed {
  return sum ? { amount: decayedAt(sum, time, halfLifeMs) + amount, time } : { amount, time }
}
