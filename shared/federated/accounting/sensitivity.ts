/** How far one report can move a sum. */

/** What a report holds, as its proof bounds it. */
export type Measurement =
  /** 0 or 1. */
  | { kind: 'count' }
  /** A whole number of 0 … max. */
  | { kind: 'sum'; max: number }
  /** A 1 in one bucket. */
  | { kind: 'histogram' }
  /** 0 or 1 each, at most so many of them 1. */
  | { kind: 'multihotCountVec'; maxWeight: number }
  /** Whole numbers of 0 … max. */
  | { kind: 'sumVec'; length: number; max: number }
  /** A vector of this L2 norm at most, in whole numbers: B. */
  | { kind: 'pine'; normBound: number }

/**
 * L2 sensitivity of the sum, in its own units, for zero-out adjacency: neighbours are the reports with one shopper's and with zeros in its
 * place, while their number is public. To put another report in its place moves the sum twice as far at most.
 */
export function l2Sensitivity(measurement: Measurement): number {
  switch (measurement.kind) {
    case 'count':
    case 'histogram':
      return 1
    case 'sum':
      return bound('max', measurement.max)
    case 'multihotCountVec':
      return Math.sqrt(bound('maxWeight', measurement.maxWeight))
    case 'sumVec':
      return Math.sqrt(bound('length', measurement.length)) * bound('max', measurement.max)
    case 'pine':
      return bound('normBound', measurement.normBound)
  }
}

function bound(name: string, value: number): number {
  if (Number.isSafeInteger(value) && value >= 1) return value
  throw new Error(`sensitivity: ${name} must be a whole number of at least 1: ${value}`)
}
