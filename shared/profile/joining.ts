/** What a carried profile brings to a device where there is something already: what is here stays and comes first. */
import type { ShopEvent } from '../data/events.ts'
import { type LabelRef, lean, type Preferences } from './preferences.ts'
import type { CarriedProfile } from './profile-file.ts'

/**
 * @param most events that a device remembers: of a file with more than there is room for, the newest
 * @returns what is to be added, the events in the order of their times; preferences as they are to be from now on
 */
export function joinedWith(
  here: { events: readonly ShopEvent[]; preferences: Preferences },
  file: CarriedProfile,
  most: number,
): CarriedProfile {
  const known = new Set(here.events.map(({ id }) => id))
  const events = file.events
    .filter(({ id }) => !known.has(id))
    .sort((a, b) => b.time - a.time)
    .slice(0, Math.max(0, most - known.size))
    .reverse()
  return { ...file, events, preferences: joinedPreferences(here.preferences, file.preferences) }
}

function joinedPreferences(own: Preferences, file: Preferences): Preferences {
  const said: Preferences = { ...file, ...own, declared: { ...file.declared, ...own.declared } }
  const isSaid = ({ kind, label }: LabelRef) =>
    [...own.muted, ...own.boosted].some((one) => one.kind === kind && one.label === label)
  return (['muted', 'boosted'] as const).reduce(
    (joined, leaning) =>
      file[leaning].filter((label) => !isSaid(label)).reduce((all, label) => lean(all, label, leaning), joined),
    said,
  )
}
