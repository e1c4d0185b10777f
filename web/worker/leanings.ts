/** What the shopper said of labels and of their taste, as what it means for items. */
import { leaningOf, type Preferences } from '../../shared/profile/preferences.ts'
import { tastePrior } from '../../shared/profile/taste-start.ts'
import type { Catalogue } from './installed.ts'

export interface Leanings {
  /** Never suggested. */
  muted: readonly number[]
  /** Suggested sooner. */
  boosted: readonly number[]
  /** (items) in standard deviations of the scores: of the taste start */
  taste?: Float32Array
}

export const NO_LEANINGS: Leanings = { muted: [], boosted: [] }

export function leaningsOf({ views, factsOf }: Catalogue, preferences: Preferences): Leanings {
  const { muted, boosted, taste: chosen } = preferences
  if (muted.length === 0 && boosted.length === 0 && !chosen) return NO_LEANINGS
  const facts = views.map((_, item) => factsOf(item))
  const leanings = facts.map((known) => leaningOf(preferences, known))
  const of = (wanted: 'muted' | 'boosted') => leanings.flatMap((leaning, item) => (leaning === wanted ? [item] : []))
  const taste = chosen && tastePrior(chosen, facts)
  return { muted: of('muted'), boosted: of('boosted'), ...(taste ? { taste } : {}) }
}
