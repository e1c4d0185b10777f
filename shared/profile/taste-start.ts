/**
 * Three questions for a shopper of whom nothing is known: which departments, which prices, which styles. Each can be skipped,
 * and so can all. What is asked comes from the bundle's catalogue; the answers stay on the device as declared interests, can be
 * changed like any other, and give way to what the shopper does:
 *
 *     prior of an item = log share of its department + log share of its style + fit of its price        (mean 0)
 *     weight beside n acts = PRIOR_ACTS / (PRIOR_ACTS + n)
 */
import type { ItemFacts } from './facts.ts'

export const PRICE_LEVELS = ['low', 'middle', 'high'] as const
export type PriceLevel = (typeof PRICE_LEVELS)[number]

export interface TasteQuestions {
  /** First parts of categories, best known first; empty where the shop has fewer than two. */
  departments: string[]
  /** Whether items of one category differ in price at all. */
  prices: readonly PriceLevel[]
  /** Values of one trait, "style: Modern", best known first. */
  styles: string[]
}

/** Skipped questions are empty or absent. */
export interface TasteAnswers {
  departments: readonly string[]
  priceLevel?: PriceLevel
  styles: readonly string[]
}

/** What fits on a phone without scrolling. */
const MOST_OPTIONS = 8
/** Which trait says most of taste, where the shop has several: how things look, then what they are made of. */
const STYLE_TRAITS = ['style', 'pattern', 'material', 'colour', 'color']
/** A trait that fewer items have is no question to begin with. */
const MIN_TRAIT_SHARE = 0.2

/** @param looks (items) how much each is looked at, of the bundle */
export function tasteQuestions(facts: readonly ItemFacts[], looks: ArrayLike<number>): TasteQuestions {
  const departments = countsOf(facts, looks, ({ category }) => category.slice(0, 1))
  const styles = STYLE_TRAITS.map((trait) => {
    const prefix = `${trait}: `
    const having = facts.filter(({ traits }) => traits.some((value) => value.startsWith(prefix))).length
    if (having < MIN_TRAIT_SHARE * facts.length) return []
    return countsOf(facts, looks, ({ traits }) => traits.filter((value) => value.startsWith(prefix)))
  }).find((values) => values.length > 1)
  const priced = facts.some(({ priceLevel = 0 }) => Math.abs(priceLevel) > 0.5)
  return {
    departments: departments.length > 1 ? departments.slice(0, MOST_OPTIONS) : [],
    prices: priced ? PRICE_LEVELS : [],
    styles: (styles ?? []).slice(0, MOST_OPTIONS),
  }
}

/** Labels by how much is looked at what has them. */
function countsOf(
  facts: readonly ItemFacts[],
  looks: ArrayLike<number>,
  labels: (facts: ItemFacts) => readonly string[],
) {
  const counts = new Map<string, number>()
  facts.forEach((item, n) => {
    for (const label of labels(item)) counts.set(label, (counts.get(label) ?? 0) + 1 + looks[n])
  })
  return [...counts].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1)).map(([label]) => label)
}

/**
 * How much likelier what was tapped is than the rest: of a department four times, of a style not twice, since a style says
 * nothing of what it is a style of. Brought to one scale, styles alone put items that nobody wants before those that many do.
 */
const [OTHER_DEPARTMENT, OTHER_STYLE] = [0.25, 0.6]
/** Deviations from the usual price of a category that each level means, and how sharply. */
const LEVEL_AT: Record<PriceLevel, number> = { low: -0.8, middle: 0, high: 0.8 }
const PRICE_WEIGHT = 0.15
/** Acts after which the answers count half. */
const PRIOR_ACTS = 6

/** (items) with mean 0, to be added to popularity in standard deviations; undefined when all was skipped. */
export function tastePrior(answers: TasteAnswers, facts: readonly ItemFacts[]): Float32Array | undefined {
  const { departments, priceLevel, styles } = answers
  if (departments.length === 0 && styles.length === 0 && priceLevel === undefined) return undefined
  const prior = Float32Array.from(facts, ({ category, traits, priceLevel: level }) => {
    const said = (chosen: readonly string[], own: readonly string[], otherwise: number) =>
      chosen.length === 0 || own.some((label) => chosen.includes(label)) ? 0 : Math.log(otherwise)
    const price =
      priceLevel === undefined || level === undefined ? 0 : -PRICE_WEIGHT * (level - LEVEL_AT[priceLevel]) ** 2
    return said(departments, category.slice(0, 1), OTHER_DEPARTMENT) + said(styles, traits, OTHER_STYLE) + price
  })
  const mean = prior.reduce((sum, value) => sum + value, 0) / prior.length
  return prior.map((value) => value - mean)
}

/** How much the answers count beside what the shopper did. @param acts looks, carts and orders so far */
export const priorWeight = (acts: number): number => PRIOR_ACTS / (PRIOR_ACTS + acts)
