/** What to say to who was away longer than usual, as they stood before this visit began. */
import type { ShopEvent } from '../../shared/data/events.ts'
import type { FactsOf } from '../../shared/profile/facts.ts'
import { type Memory, memoryOf } from '../../shared/profile/memory.ts'
import { profileOf } from '../../shared/profile/profile.ts'
import type { ProfileChunk } from '../../shared/profile/profile-chunk.ts'
import { type Welcome, welcomeBack } from '../../shared/service/win-back.ts'

const DAY_MS = 86_400_000

/** Undefined for who was not away, or was told so lately. */
export function welcomeTo(
  events: readonly ShopEvent[],
  memory: Memory,
  factsOf: FactsOf,
  chunk: ProfileChunk | undefined,
  language: string,
): Welcome | undefined {
  const now = memory.visits?.now.start
  if (now === undefined) return undefined
  const earlier = events.filter(({ time }) => time < now)
  const before = memoryOf(earlier, factsOf)
  const profile = profileOf(before, chunk, now)
  if (!profile || !before.visits) return undefined
  const shown = earlier.reduce((last, event) => (isWelcome(event) ? Math.max(last, event.time) : last), 0)
  return welcomeBack({
    stageBefore: profile.lifecycle.stage,
    awayDays: (now - before.visits.now.last) / DAY_MS,
    interests: profile.interests.category,
    ...(shown > 0 ? { shown } : {}),
    now,
    language,
  })
}

const isWelcome = (event: ShopEvent) =>
  event.name === 'rec_impression' && event.items.some(({ placement }) => placement === 'win-back')
