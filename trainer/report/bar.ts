/** A share as a bar inside a table's cell, and an interval around 0. */
import { type Html, html } from './html.ts'

const round = (value: number) => Math.round(value * 10) / 10

/** @param share 0 … 1 of the widest; drawn only, the figure stands beside it */
export function bar(share: number, kind = ''): Html {
  const width = round(100 * Math.max(0, Math.min(1, share)))
  return html`<svg class="bar ${kind}" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true"><rect class="ground" width="100" height="6"/><rect width="${width}" height="6"/></svg>`
}

/** @param reach what the drawing's half width stands for */
export function intervalMark({ mean, low, high }: { mean: number; low: number; high: number }, reach: number): Html {
  const x = (value: number) => round(100 + (100 * value) / reach)
  return html`<svg class="interval" viewBox="-4 0 208 20" aria-hidden="true"><path class="zero" d="M100 0V20"/><path class="reach" d="M${x(low)} 10H${x(high)}M${x(low)} 5V15M${x(high)} 5V15"/><circle cx="${x(mean)}" cy="10" r="4"/></svg>`
}
