/**
 * Where something begins to hold, over x > 0: [the last x at which it is known not to, the first at which it is known to]. Of the two take
 * the one that claims less: an ε that is enough, a ρ that is not too much.
 *
 * @param holds false, then true from some x on
 * @param tolerance how far apart the two may be, as a share of the second
 * @throws Error where it holds nowhere
 */
export function bracket(holds: (x: number) => boolean, tolerance = 1e-15): [low: number, high: number] {
  let [low, high] = [0, 1]
  while (!holds(high)) {
    low = high
    high *= 2
    if (high === Number.POSITIVE_INFINITY) throw new Error('bracket: it holds for no float; ask for less')
  }
  while (high - low > tolerance * high) {
    const middle = low + (high - low) / 2
    if (middle === low || middle === high) break
    if (holds(middle)) high = middle
    else low = middle
  }
  return [low, high]
}
