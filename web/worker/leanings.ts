/** What the shopper said of labels, as what it means for items. */
import { leaningOf, type Preferences } from '../../shared/profile/preferences.ts'
import type { Catalogue } from './installed.ts'

export interface Leanings {
  /** Never suggested. */
  muted: readonly number[]
  /** Suggested sooner. */
  boosted: readonly number[]
}

export const NO_LEANINGS: Leanings = { muted: [], boosted: [] }

export function leaningsOf({ views, factsOf }: Catalogue, preferences: Preferences): Leanings {
  if (preferences.muted.length === 0 && preferences.boosted.length === 0) return NO_LEANINGS
  const leanings = views.map((_, item) => leaningOf(preferences, factsOf(item)))
  const of = (wanted: 'muted' | 'boosted') => leanings.flatMap((leaning, item) => (leaning === wanted ? [item] : []))
  return { muted: of('muted'), boosted: of('boosted') }
}
