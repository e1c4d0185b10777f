import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type DeviceState,
  type Ground,
  LEAST_NEW_EVENTS,
  unmetBefore,
  unmetConditions,
} from '../../../web/learning/conditions.ts'
import { readBattery, readDevice } from '../../../web/learning/device.ts'

const GROUND: Ground = { permission: true, network: true }
const READY: DeviceState = { worker: true, newEvents: LEAST_NEW_EVENTS }

describe('a device may learn', () => {
  it('where a browser tells nothing that is against it', () => {
    expect(unmetBefore(GROUND)).toEqual([])
    expect(unmetBefore({ ...GROUND, saveData: false, memoryGb: 4 })).toEqual([])
    expect(unmetConditions(READY)).toEqual([])
    expect(unmetConditions({ ...READY, battery: { charging: false, level: 0.31 }, pressure: 'fair' })).toEqual([])
    expect(unmetConditions({ ...READY, battery: { charging: true, level: 0.02 } })).toEqual([])
  })

  it.each([
    ['permission', { permission: false }],
    ['network', { network: false }],
    ['data-saver', { saveData: true }],
    ['memory', { memoryGb: 2 }],
  ] as const)('and fetches nothing for it without %s: %j', (condition, state) => {
    expect(unmetBefore({ ...GROUND, ...state })).toEqual([condition])
  })

  it.each([
    ['worker', { worker: false }],
    ['battery', { battery: { charging: false, level: 0.3 } }],
    ['pressure', { pressure: 'serious' }],
    ['pressure', { pressure: 'critical' }],
    ['new-events', { newEvents: LEAST_NEW_EVENTS - 1 }],
  ] as const)('not without %s: %j', (condition, state) => {
    expect(unmetConditions({ ...READY, ...state })).toEqual([condition])
  })

  it('names everything that it waits for, whatever else holds', () => {
    const anyState: fc.Arbitrary<DeviceState> = fc.record(
      {
        worker: fc.boolean(),
        newEvents: fc.nat(40),
        battery: fc.record({ charging: fc.boolean(), level: fc.double({ min: 0, max: 1, noNaN: true }) }),
        pressure: fc.constantFrom('nominal', 'fair', 'serious', 'critical'),
      },
      { requiredKeys: ['worker', 'newEvents'] },
    )
    fc.assert(
      fc.property(anyState, (state) => {
        const worst = unmetConditions({ ...state, worker: false, newEvents: 0 })
        for (const name of ['worker', 'new-events', ...unmetConditions(state)]) expect(worst).toContain(name)
      }),
    )
  })
})

describe('what a browser tells', () => {
  it('is read where it is told and left out where it is not', async () => {
    expect([readDevice({}), await readBattery({})]).toEqual([{}, undefined])
    expect(readDevice({ connection: { saveData: true }, deviceMemory: 8 })).toEqual({ saveData: true, memoryGb: 8 })
    const telling = { getBattery: async () => ({ charging: false, level: 0.4, onlevelchange: null }) }
    expect(await readBattery(telling)).toEqual({ charging: false, level: 0.4 })
    const forbidden = { getBattery: () => Promise.reject(new Error('NotAllowedError')) }
    expect(await readBattery(forbidden)).toBeUndefined()
  })
})
