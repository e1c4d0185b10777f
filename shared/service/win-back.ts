/**
 * What to say to a shopper who stays away longer than usual, decided on the device: in the page when they are back, and, where
 * they allowed it, as a local notification while they are away. No list of people who stay away exists anywhere.
 *
 * Never more often than: in the page once in 7 days; a notification once in 30 days, at most two while they are away, and
 * none in the night. A clock that was set back is no reason to say it again.
 */
import type { Interest } from '../profile/interests.ts'
import type { Lifecycle } from '../profile/lifecycle.ts'

const DAY_MS = 86_400_000
export const PAGE_INTERVAL_DAYS = 7
export const NOTIFICATION_INTERVAL_DAYS = 30
/** Who did not come after two will not come after a third. */
const MOST_NOTIFICATIONS = 2
/** Hours of the shopper's own clock. */
const [FIRST_HOUR, LAST_HOUR] = [9, 20]

export interface WinBackHistory {
  /** When it was last shown in the page, milliseconds since 1970. */
  shown?: number
  notified?: number
  /** Notifications since the last visit. */
  notifications: number
}

export interface WinBackInput {
  lifecycle: Pick<Lifecycle, 'stage' | 'recencyDays'>
  /** Days since the visit before this one, when the shopper is here; `recencyDays` is 0 then. */
  awayDays: number
  /** Stage before this visit began, which a visit ends. */
  stageBefore: Lifecycle['stage']
  /** Strongest first, companions included: what the shelf shows. */
  interests: readonly Interest[]
  history: WinBackHistory
  /** Whether the shopper is in the page now. */
  here: boolean
  /** They allowed notifications, for this. */
  mayNotify: boolean
  now: number
  /** 0 … 23, of the shopper's own clock. */
  hour: number
  /** What a category is called in the page's language. */
  nameOf(category: string): string
  shop: string
  language: string
}

export type WinBack =
  | { where: 'page'; title: string; categories: string[] }
  | { where: 'notification'; title: string; body: string }

/** Undefined where nothing is to be said. */
export function winBack(input: WinBackInput): WinBack | undefined {
  const { lifecycle, stageBefore, awayDays, interests, history, here, mayNotify, now, hour, nameOf, shop } = input
  const words = input.language.startsWith('zh') ? CHINESE : ENGLISH
  const categories = interests.slice(0, MOST_CATEGORIES).map(({ label }) => label)
  if (here) {
    if (!isAway(stageBefore) || !isDue(history.shown, now, PAGE_INTERVAL_DAYS)) return undefined
    return { where: 'page', title: words.welcome(Math.round(awayDays)), categories }
  }
  const { stage } = lifecycle
  const awake = hour >= FIRST_HOUR && hour < LAST_HOUR
  if (!mayNotify || !awake || !isAway(stage) || history.notifications >= MOST_NOTIFICATIONS) return undefined
  if (!isDue(history.notified, now, NOTIFICATION_INTERVAL_DAYS)) return undefined
  const favourite = categories[0] === undefined ? undefined : nameOf(categories[0])
  return { where: 'notification', title: shop, body: words.news(favourite) }
}

const MOST_CATEGORIES = 3
const isAway = (stage: Lifecycle['stage']) => stage === 'cooling' || stage === 'lost'
const isDue = (last: number | undefined, now: number, days: number) => last === undefined || now - last >= days * DAY_MS

/** No urgency that is not there, no price that a notification cannot keep. */
const ENGLISH = {
  welcome: (days: number) =>
    days >= 14
      ? `Welcome back. Here is what came since your last visit ${days} days ago`
      : 'Welcome back. Here is what is new',
  news: (category: string | undefined) =>
    category === undefined
      ? 'There are new things since you were here. Suggestions are made on this device.'
      : `There are new things in ${category}, picked on this device from what you looked at.`,
}
const CHINESE: typeof ENGLISH = {
  welcome: (days) => (days >= 14 ? `欢迎回来。这是您${days}天前来过之后的新品` : '欢迎回来，看看有什么新品'),
  news: (category) =>
    category === undefined
      ? '您上次来过之后有了新品。推荐只在本设备上生成。'
      : `“${category}”有新品，根据您看过的商品在本设备上挑选。`,
}
