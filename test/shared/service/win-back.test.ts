import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  NOTIFICATION_INTERVAL_DAYS,
  type NoticeInput,
  noticeFor,
  PAGE_INTERVAL_DAYS,
  type WelcomeInput,
  welcomeBack,
} from '../../../shared/service/win-back.ts'

const DAY_MS = 86_400_000
const NOW = 500 * DAY_MS
const LAMPS = { kind: 'category', label: 'Home > Lamps', share: 0.6, confidence: 0.8 } as const
const AWAY: NoticeInput = {
  lifecycle: { stage: 'cooling', recencyDays: 40 },
  interests: [LAMPS],
  notified: [],
  now: NOW,
  hour: 11,
  nameOf: () => 'Lamps',
  shop: 'Sample shop',
  language: 'en',
}
const BACK: WelcomeInput = { stageBefore: 'cooling', awayDays: 40, interests: [LAMPS], now: NOW, language: 'en' }

describe('winning back', () => {
  it('welcomes in the page who was away, with what they were drawn to', () => {
    expect(welcomeBack(BACK)).toEqual({
      title: 'Welcome back. Picked for you, 40 days after your last visit',
      categories: ['Home > Lamps'],
    })
    expect(welcomeBack({ ...BACK, language: 'zh-CN' })).toMatchObject({
      title: '欢迎回来。距您上次来访已有40天，为您挑选',
    })
    expect(welcomeBack({ ...BACK, stageBefore: 'active' })).toBeUndefined()
  })

  it('notifies who stays away and is awake, in their language', () => {
    expect(noticeFor(AWAY)).toEqual({
      title: 'Sample shop',
      body: 'Suggestions in Lamps are waiting for you, made on this device from what you looked at.',
    })
    expect(noticeFor({ ...AWAY, language: 'zh', nameOf: () => '灯具' })).toMatchObject({
      body: '“灯具”中有为您准备的推荐，根据您看过的商品在本设备上生成。',
    })
    expect(noticeFor({ ...AWAY, interests: [] })).toMatchObject({
      body: 'Suggestions are waiting for you, made on this device.',
    })
    expect(noticeFor({ ...AWAY, lifecycle: { stage: 'active', recencyDays: 3 } })).toBeUndefined()
    for (const hour of [0, 8, 20, 23]) expect(noticeFor({ ...AWAY, hour }), `${hour} h`).toBeUndefined()
  })

  it('is never said more often than its interval, whatever the clock does', () => {
    const steps = fc.array(fc.record({ hours: fc.integer({ min: -72, max: 400 }), here: fc.boolean() }), {
      maxLength: 60,
    })
    fc.assert(
      fc.property(steps, (steps) => {
        let now = NOW
        let shown: number | undefined
        const said = { page: [] as number[], notification: [] as number[] }
        for (const { hours, here } of steps) {
          now += hours * 3_600_000
          const recencyDays = Math.max(40, (now - NOW) / DAY_MS + 40)
          const lifecycle = { ...AWAY.lifecycle, recencyDays }
          if (here && welcomeBack({ ...BACK, ...(shown ? { shown } : {}), now })) {
            said.page.push(now)
            shown = now
          } else if (!here && noticeFor({ ...AWAY, lifecycle, notified: said.notification, now })) {
            said.notification.push(now)
          }
        }
        const gaps = (times: number[]) => times.slice(1).map((time, n) => (time - times[n]) / DAY_MS)
        for (const gap of gaps(said.page)) expect(gap).toBeGreaterThanOrEqual(PAGE_INTERVAL_DAYS)
        for (const gap of gaps(said.notification)) expect(gap).toBeGreaterThanOrEqual(NOTIFICATION_INTERVAL_DAYS)
        expect(said.notification.length).toBeLessThanOrEqual(2)
      }),
    )
  })

  it('is due at the interval itself', () => {
    const shown = (days: number) => welcomeBack({ ...BACK, shown: NOW - days * DAY_MS })
    expect(shown(PAGE_INTERVAL_DAYS)).toBeDefined()
    expect(shown(PAGE_INTERVAL_DAYS - 0.01)).toBeUndefined()
    const notified = (...days: number[]) => noticeFor({ ...AWAY, notified: days.map((ago) => NOW - ago * DAY_MS) })
    expect(notified(NOTIFICATION_INTERVAL_DAYS)).toBeDefined()
    expect(notified(NOTIFICATION_INTERVAL_DAYS - 0.01)).toBeUndefined()
    // Twice since the last visit, 40 days ago, is enough; what was said before that visit does not count.
    expect(notified(39, 32)).toBeUndefined()
    expect(notified(90, 60, 32)).toBeDefined()
  })
})
