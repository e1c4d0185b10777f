/** From values to places in a drawing. */

export interface Scale {
  (value: number): number
  ticks: number[]
}

/** @param to the drawing's coordinates of `from`'s two ends */
export function linear(from: readonly [number, number], to: readonly [number, number], ticks: number[]): Scale {
  const span = from[1] - from[0] || 1
  return Object.assign((value: number) => to[0] + ((value - from[0]) / span) * (to[1] - to[0]), { ticks })
}

/** 3 to 6 round numbers that cover the values; the first and the last are the ends of the axis. */
export function niceTicks(low: number, high: number): number[] {
  const span = high - low || Math.abs(high) || 1
  const rough = span / 4
  const magnitude = 10 ** Math.floor(Math.log10(rough))
  const step = magnitude * ([1, 2, 2.5, 5].find((factor) => factor * magnitude >= rough) ?? 10)
  const ticks: number[] = []
  for (let n = Math.floor(low / step + 1e-9); n <= Math.ceil(high / step - 1e-9); n++) {
    ticks.push(Number((n * step).toPrecision(6)))
  }
  if (ticks.length === 1) ticks.push(Number((ticks[0] + step).toPrecision(6)))
  return ticks
}

/** As short as it is exact: ".05", "1,200", "40k". */
export function tickText(value: number): string {
  if (Math.abs(value) >= 10_000) return `${(value / 1000).toLocaleString('en-GB')}k`
  if (Math.abs(value) >= 1000) return value.toLocaleString('en-GB')
  return String(value)
    .replace(/^(-?)0\./, '$1.')
    .replace('-', '−')
}
