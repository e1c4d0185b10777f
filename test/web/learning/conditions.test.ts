import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type DeviceState, LEAST_NEW_EVENTS, unmetConditions } from '../../../web/learning/conditions.ts'
import { readDevice, visibleTime } from '../../../web/learning/device.ts'

const READY: DeviceState = { worker: true, visibleMs: 10_000, newEvents: LEAST_NEW_EVENTS }

describe('a device may learn', () => {
  it('where a browser tells nothing that is against it', () => {
    expect(unmetConditions(READY)).toEqual([])
    const all: DeviceState = {
      ...READY,
      saveData: false,
      memoryGb: 4,
      battery: { charging: false, level: 0.31 },
      pressure: 'fair',
    }
    expect(unmetConditions(all)).toEqual([])
    expect(unmetConditions({ ...READY, battery: { charging: true, level: 0.02 } })).toEqual([])
  })

  it.each([
    ['worker', { worker: false }],
    ['data-saver', { saveData: true }],
    ['memory', { memoryGb: 2 }],
    ['battery', { battery: { charging: false, level: 0.3 } }],
    ['pressure', { pressure: 'serious' }],
    ['pressure', { pressure: 'critical' }],
    ['visible', { visibleMs: 9_999 }],
    ['new-events', { newEvents: LEAST_NEW_EVENTS - 1 }],
  ] as const)('not without %s: %j', (condition, state) => {
    expect(unmetConditions({ ...READY, ...state })).toEqual([condition])
  })

  it('names everything that it waits for, whatever else holds', () => {
    const anyState: fc.Arbitrary<DeviceState> = fc.record(
      {
        worker: fc.boolean(),
        visibleMs: fc.nat(20_000),
        newEvents: fc.nat(40),
        saveData: fc.boolean(),
        memoryGb: fc.constantFrom(0.5, 2, 4, 8),
        battery: fc.record({ charging: fc.boolean(), level: fc.double({ min: 0, max: 1, noNaN: true }) }),
        pressure: fc.constantFrom('nominal', 'fair', 'serious', 'critical'),
      },
      { requiredKeys: ['worker', 'visibleMs', 'newEvents'] },
    )
    fc.assert(
      fc.property(anyState, (state) => {
        const worst = unmetConditions({ ...state, worker: false, saveData: true, visibleMs: 0 })
        for (const name of ['worker', 'data-saver', 'visible', ...unmetConditions(state)]) expect(worst).toContain(name)
      }),
    )
  })
})

describe('what a browser tells', () => {
  it('is read where it is told and left out where it is not', async () => {
    expect(await readDevice({})).toEqual({})
    const told = {
      connection: { saveData: true },
      deviceMemory: 8,
      getBattery: async () => ({ charging: false, level: 0.4, onlevelchange: null }),
    }
    expect(await readDevice(told)).toEqual({ saveData: true, memoryGb: 8, battery: { charging: false, level: 0.4 } })
    const forbidden = { getBattery: () => Promise.reject(new Error('NotAllowedError')) }
    expect(await readDevice(forbidden)).toEqual({})
  })

  it('time in sight begins again after each break', () => {
    let now = 1000
    const visible = visibleTime(() => now)
    expect(visible.visibleMs()).toBe(0)
    visible.seen(true)
    now += 7000
    visible.seen(true)
    expect(visible.visibleMs()).toBe(7000)
    visible.seen(false)
    now += 60_000
    expect(visible.visibleMs()).toBe(0)
    visible.seen(true)
    now += 300
    expect(visible.visibleMs()).toBe(300)
  })
})
