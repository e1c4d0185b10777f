/** One measurement, flat. */
export type Row = Record<string, string | number>

/** Linear interpolation between the two nearest. @param share 0 … 1 */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  const at = share * (sorted.length - 1)
  const [low, high] = [Math.floor(at), Math.ceil(at)]
  return sorted[low] + (sorted[high] - sorted[low]) * (at - low)
}

export const rounded = (value: number, digits = 3): number => Number(value.toFixed(digits))
