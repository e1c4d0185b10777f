const ROUNDS = 3

/**
 * Tries each value of the grid for each weight in turn, keeps what is better, and ends when a round changed nothing: never
 * below where it started. Every combination would be grid^names.
 */
export function coordinateAscent<Name extends string>(
  start: Readonly<Record<Name, number>>,
  names: readonly NoInfer<Name>[],
  grid: readonly number[],
  worthOf: (weights: Readonly<Record<Name, number>>) => number,
): { weights: Record<Name, number>; worth: number } {
  let best = { weights: { ...start }, worth: worthOf(start) }
  for (let round = 0; round < ROUNDS; round++) {
    const before = best.worth
    for (const name of names) {
      for (const value of grid) {
        const weights = { ...best.weights, [name]: value }
        const worth = worthOf(weights)
        if (worth > best.worth) best = { weights, worth }
      }
    }
    if (best.worth === before) break
  }
  return best
}
