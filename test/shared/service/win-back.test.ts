import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  NOTIFICATION_INTERVAL_DAYS,
  PAGE_INTERVAL_DAYS,
  type WinBackHistory,
  type WinBackInput,
  winBack,
} from '../../../shared/service/win-back.ts'

const DAY_MS = 86_400_000
const NOW = 500 * DAY_MS
const AWAY: WinBackInput = {
  lifecycle: { stage: 'cooling', recencyDays: 40 },
  awayDays: 40,
  stageBefore: 'cooling',
  interests: [{ kind: 'category', label: 'Home > Lamps', share: 0.6, confidence: 0.8 }],
  history: { notifications: 0 },
  here: false,
  mayNotify: true,
  now: NOW,
  hour: 11,
  nameOf: () => 'Lamps',
  shop: 'Sample shop',
  language: 'en',
}
const HERE: WinBackInput = { ...AWAY, here: true, lifecycle: { stage: 'active', recencyDays: 0 } }

describe('winning back', () => {
  it('welcomes in the page who was away, with what they were drawn to', () => {
    expect(winBack(HERE)).toEqual({
      where: 'page',
      title: 'Welcome back. Here is what came since your last visit 40 days ago',
      categories: ['Home > Lamps'],
    })
    expect(winBack({ ...HERE, language: 'zh-CN' })).toMatchObject({ title: '欢迎回来。这是您40天前来过之后的新品' })
    expect(winBack({ ...HERE, stageBefore: 'active' })).toBeUndefined()
  })

  it('notifies who stays away, allowed it and is awake, in their language', () => {
    expect(winBack(AWAY)).toEqual({
      where: 'notification',
      title: 'Sample shop',
      body: 'There are new things in Lamps, picked on this device from what you looked at.',
    })
    expect(winBack({ ...AWAY, language: 'zh', nameOf: () => '灯具' })).toMatchObject({
      body: '“灯具”有新品，根据您看过的商品在本设备上挑选。',
    })
    expect(winBack({ ...AWAY, interests: [] })).toMatchObject({ body: expect.stringContaining('since you were here') })
    expect(winBack({ ...AWAY, mayNotify: false })).toBeUndefined()
    expect(winBack({ ...AWAY, lifecycle: { stage: 'active', recencyDays: 3 } })).toBeUndefined()
    for (const hour of [0, 8, 20, 23]) expect(winBack({ ...AWAY, hour }), `${hour} h`).toBeUndefined()
  })

  it('is never said more often than its interval, whatever the clock does', () => {
    const steps = fc.array(fc.record({ hours: fc.integer({ min: -72, max: 400 }), here: fc.boolean() }), {
      maxLength: 60,
    })
    fc.assert(
      fc.property(steps, (steps) => {
        let now = NOW
        let history: WinBackHistory = { notifications: 0 }
        const said = { page: [] as number[], notification: [] as number[] }
        for (const { hours, here } of steps) {
          now += hours * 3_600_000
          const found = winBack({ ...(here ? HERE : AWAY), history, now })
          if (!found) continue
          said[found.where].push(now)
          history =
            found.where === 'page'
              ? { ...history, shown: now }
              : { ...history, notified: now, notifications: history.notifications + 1 }
        }
        const gaps = (times: number[]) => times.slice(1).map((time, n) => (time - times[n]) / DAY_MS)
        for (const gap of gaps(said.page)) expect(gap).toBeGreaterThanOrEqual(PAGE_INTERVAL_DAYS)
        for (const gap of gaps(said.notification)) expect(gap).toBeGreaterThanOrEqual(NOTIFICATION_INTERVAL_DAYS)
        expect(said.notification.length).toBeLessThanOrEqual(2)
      }),
    )
  })

  it('is due at the interval itself', () => {
    const shown = (days: number) => winBack({ ...HERE, history: { shown: NOW - days * DAY_MS, notifications: 0 } })
    expect(shown(PAGE_INTERVAL_DAYS)).toBeDefined()
    expect(shown(PAGE_INTERVAL_DAYS - 0.01)).toBeUndefined()
    expect(winBack({ ...AWAY, history: { notifications: 2, notified: 0 } })).toBeUndefined()
  })
})
