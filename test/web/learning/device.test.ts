import { expect, it } from 'vitest'
import { networkName } from '../../../shared/model/bundle.ts'
import { watchPressure } from '../../../web/learning/device.ts'

it('pressure is told whenever it changes; a browser without it tells nothing', () => {
  let tell: (records: { state: 'fair' | 'serious' }[]) => void = () => {}
  class PressureObserver {
    constructor(told: typeof tell) {
      tell = told
    }
    async observe() {}
  }
  const seen: string[] = []
  watchPressure({ PressureObserver }, (pressure) => seen.push(pressure))
  tell([{ state: 'fair' }, { state: 'serious' }])
  tell([])
  expect(seen).toEqual(['serious'])
  expect(() => watchPressure({}, () => seen.push('never'))).not.toThrow()
})

it('an adapter is of a network, whatever else changes in the bundle', () => {
  const chunk = (name: 'items' | 'vectors' | 'encoder', sha256: string) => ({
    name,
    sha256,
    bytes: 1,
    phase: 'rank' as const,
  })
  const named = (...hashes: string[]) =>
    networkName({ chunks: [chunk('items', hashes[0]), chunk('vectors', hashes[1]), chunk('encoder', hashes[2])] })
  expect(named('a', 'v', 'e')).toBe(named('b', 'v', 'e'))
  expect(named('a', 'v', 'e')).not.toBe(named('a', 'w', 'e'))
  expect(named('a', 'v', 'e')).not.toBe(named('a', 'v', 'f'))
})
