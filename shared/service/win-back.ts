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
export const MOST_NOTIFICATIONS = 2
/** Hours of the shopper's own clock. */
const [FIRST_HOUR, LAST_HOUR] = [9, 20]

export interface Welcome {
  title: string
  /** What the shelf shows. */
  categories: string[]
}

export interface WelcomeInput {
  /** Before this visit began, which ends it. */
  stageBefore: Lifecycle['stage']
  /** Days between the visit before this one and this one. */
  awayDays: number
  /** Strongest first. */
  interests: readonly Interest[]
  /** When it was last shown, milliseconds since 1970. */
  shown?: number
  now: number
  language: string
}

/** In the page, for who is back; undefined where nothing is to be said. */
export function welcomeBack({
  stageBefore,
  awayDays,
  interests,
  shown,
  now,
  language,
}: WelcomeInput): Welcome | undefined {
  if (!isAway(stageBefore) || !isDue(shown, now, PAGE_INTERVAL_DAYS)) return undefined
  const categories = interests.slice(0, MOST_CATEGORIES).map(({ label }) => label)
  return { title: (language.startsWith('zh') ? CHINESE_WELCOME : ENGLISH_WELCOME)(Math.round(awayDays)), categories }
}

export interface Notice {
  title: string
  body: string
}

export interface NoticeInput {
  lifecycle: Pick<Lifecycle, 'stage' | 'recencyDays'>
  /** Strongest first. */
  interests: readonly Interest[]
  /** When the shopper was notified before, in order; milliseconds since 1970. */
  notified: readonly number[]
  now: number
  /** 0 … 23, of the shopper's own clock. */
  hour: number
  /** What a category is called in the page's language. */
  nameOf(category: string): string
  shop: string
  language: string
}

/** While a shopper who allowed it is away; undefined where nothing is to be said. */
export function noticeFor(input: NoticeInput): Notice | undefined {
  const { lifecycle, interests, notified, now, hour, nameOf, shop, language } = input
  const awake = hour >= FIRST_HOUR && hour < LAST_HOUR
  const lastHere = now - lifecycle.recencyDays * DAY_MS
  const sinceThen = notified.filter((time) => time > lastHere).length
  if (!awake || !isAway(lifecycle.stage) || sinceThen >= MOST_NOTIFICATIONS) return undefined
  if (!isDue(notified.at(-1), now, NOTIFICATION_INTERVAL_DAYS)) return undefined
  const favourite = interests[0] && nameOf(interests[0].label)
  return { title: shop, body: (language.startsWith('zh') ? CHINESE_NEWS : ENGLISH_NEWS)(favourite) }
}

const MOST_CATEGORIES = 3
const isAway = (stage: Lifecycle['stage']) => stage === 'cooling' || stage === 'lost'
const isDue = (last: number | undefined, now: number, days: number) => last === undefined || now - last >= days * DAY_MS

/** No urgency and no news that are not there, no price that a notification cannot keep. */
const ENGLISH_WELCOME = (days: number) =>
  days >= 14 ? `Welcome back. Picked for you, ${days} days after your last visit` : 'Welcome back. Picked for you'
const CHINESE_WELCOME: typeof ENGLISH_WELCOME = (days) =>
  days >= 14 ? `欢迎回来。距您上次来访已有${days}天，为您挑选` : '欢迎回来，为您挑选'
const ENGLISH_NEWS = (category: string | undefined) =>
  category === undefined
    ? 'Suggestions are waiting for you, made on this device.'
    : `Suggestions in ${category} are waiting for you, made on this device from what you looked at.`
const CHINESE_NEWS: typeof ENGLISH_NEWS = (category) =>
  category === undefined
    ? '有为您准备的推荐，只在本设备上生成。'
    : `“${category}”中有为您准备的推荐，根据您看过的商品在本设备上生成。`
