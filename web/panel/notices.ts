/**
 * Notifies a shopper who stays away that suggestions are waiting: decided and made on their device, where they turned it on
 * in the panel. A page can do so only while it is open, in a tab left in the background; nothing is asked of anybody.
 */
import { MOST_NOTIFICATIONS, noticeFor } from '../../shared/service/win-back.ts'
import type { Vitrine } from '../tag/api.ts'
import { nameOf } from './words.ts'

const LOOK_EVERY_MS = 3_600_000
/** Whoever has seen the page within a day is not away, though they did nothing in it. */
const UNSEEN_MS = 86_400_000

export const mayNotify = (): boolean => 'Notification' in window && Notification.permission === 'granted'

/** What is done in other tabs is in the log that all share. */
export function watchForNotices(page: Document, vitrine: Vitrine): void {
  let lastSeen = Date.now()
  page.addEventListener('visibilitychange', () => {
    lastSeen = Date.now()
  })
  setInterval(() => {
    const unseen = page.visibilityState === 'hidden' && Date.now() - lastSeen >= UNSEEN_MS
    // What cannot be asked or shown is not: the next hour may.
    if (unseen && mayNotify()) notify(page, vitrine).catch(() => {})
  }, LOOK_EVERY_MS)
}

async function notify(page: Document, vitrine: Vitrine): Promise<void> {
  const { known, preferences } = await vitrine('profile')
  const { notified } = preferences
  if (!known || !notified) return
  const language = page.documentElement.lang || navigator.language
  const { names } = await vitrine('character', { language }).catch(() => ({ names: {} }))
  const now = new Date()
  const { lifecycle, interests } = known.profile
  const notice = noticeFor({
    lifecycle,
    interests: interests.category,
    notified,
    now: now.getTime(),
    hour: now.getHours(),
    nameOf: (label) => nameOf(label, names),
    shop: page.querySelector<HTMLMetaElement>('meta[property="og:site_name"]')?.content || location.hostname,
    language,
  })
  if (!notice) return
  await vitrine('prefer', { ...preferences, notified: [...notified, now.getTime()].slice(-MOST_NOTIFICATIONS) })
  const { title, body } = notice
  // One of a name: of several tabs the later ones replace what the first has shown.
  const options = { body, tag: 'vitrine', lang: page.documentElement.lang }
  // Where pages may not, on a phone, the shop's own service worker can, if it has one.
  const registration = await navigator.serviceWorker?.getRegistration()
  if (registration?.active) return registration.showNotification(title, options)
  const notification = new Notification(title, options)
  notification.onclick = () => {
    window.focus()
    notification.close()
  }
}
