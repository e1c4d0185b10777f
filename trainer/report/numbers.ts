/** How figures are written in a report. */

export const count = (value: number): string => Math.round(value).toLocaleString('en-GB')

export const percent = (share: number): string => `${(share * 100).toFixed(share !== 0 && share < 0.1 ? 1 : 0)} %`

/** A measure of 0 … 1 without the 0 that all have: ".0831". */
export function measure(value: number, digits = 4): string {
  return value
    .toFixed(digits)
    .replace(/^(-?)0\./, '$1.')
    .replace('-', '−')
}

export const signed = (value: number): string => (value > 0 ? `+${measure(value)}` : measure(value))

export const kilobytes = (bytes: number): string =>
  bytes < 1e6 ? `${(bytes / 1e3).toFixed(bytes < 1e4 ? 1 : 0)} kB` : `${(bytes / 1e6).toFixed(2)} MB`

export function seconds(value: number): string {
  return value < 120 ? `${value.toFixed(0)} s` : `${(value / 60).toFixed(1)} min`
}
