/**
 * Will this shopper come again? Visits come at random at a rate λ of the shopper's own, until the shopper goes for good, at
 * a rate μ (the Pareto/NBD of Schmittlein, Morrison & Colombo 1987). λ is one of a row of rates with a prior; what was seen,
 * n visits up to day x of t, weighs them:
 *
 *     still there   λ^(n−1) · e^(−(λ+μ)t)
 *     gone since x  λ^(n−1) · e^(−(λ+μ)x) · μ/(λ+μ) · (1 − e^(−(λ+μ)(t−x)))
 */
export interface Presence {
  /** 0 … 1 */
  gone: number
  /** 0 … 1: at least one visit in the days to come. */
  visit: number
  /** Expected rate while there, visits a day. */
  rate: number
}

/** From one visit in two years to two a day, in equal steps of the logarithm. */
const RATES = Array.from({ length: 16 }, (_, k) => 2 ** (-9.5 + 0.7 * k))
/** One visit in six weeks is usual; most shoppers lie between a third of that and three times as often. */
const PRIOR = RATES.map((rate) => Math.exp(-((Math.log(rate * 45) / 1.15) ** 2) / 2))
/** Half of all shoppers have gone after 120 days. */
const LEAVE = Math.LN2 / 120

/**
 * @param visits with the first
 * @param lastDay of the last visit, from the first
 * @param day now, from the first
 * @param horizonDays the days to come
 */
export function presenceOf(visits: number, lastDay: number, day: number, horizonDays: number): Presence {
  const silent = Math.max(0, day - lastDay)
  const logs = RATES.map((rate, k) => Math.log(PRIOR[k]) + (visits - 1) * Math.log(rate) - (rate + LEAVE) * lastDay)
  return weigh(logs, RATES, silent, horizonDays)
}

/** The same for a shopper whose rate is known. */
export function presenceAtRate(rate: number, silentDays: number, horizonDays: number): Presence {
  return weigh([0], [rate], silentDays, horizonDays)
}

/** @param logs of each rate's prior times the likelihood of the visits, up to the last one */
function weigh(logs: readonly number[], rates: readonly number[], silent: number, horizonDays: number): Presence {
  const highest = Math.max(...logs)
  let [there, gone, visit, rateSum] = [0, 0, 0, 0]
  rates.forEach((rate, k) => {
    const weight = Math.exp(logs[k] - highest)
    const both = rate + LEAVE
    const alive = weight * Math.exp(-both * silent)
    there += alive
    gone += weight * (LEAVE / both) * -Math.expm1(-both * silent)
    visit += alive * (rate / both) * -Math.expm1(-both * horizonDays)
    rateSum += alive * rate
  })
  // After centuries of silence both are 0 to a computer: whoever was silent that long is gone.
  const all = there + gone
  return all > 0
    ? { gone: gone / all, visit: visit / all, rate: there > 0 ? rateSum / there : rates[0] }
    : { gone: 1, visit: 0, rate: rates[0] }
}
