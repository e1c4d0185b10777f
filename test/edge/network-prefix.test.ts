/** How much may come from one network. */
import { expect, it } from 'vitest'
import { limitNetworks, prefixOf } from '../../edge/network-prefix.ts'

it.each([
  ['192.0.2.7', '192.0.2'],
  ['::ffff:192.0.2.7', '192.0.2'],
  ['::FFFF:192.0.2.200', '192.0.2'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1'],
  ['2001:0DB8:0001::', '2001:db8:1'],
  ['2001:db8::1', '2001:db8:0'],
  ['2001:db8:1::%eth0', '2001:db8:1'],
  ['fe80::1%eth0', 'fe80:0:0'],
  ['::1', '0:0:0'],
  ['::', '0:0:0'],
  ['64:ff9b::192.0.2.7', '64:ff9b:0'],
  ['not an address', ''],
  ['192.0.2.7, 198.51.100.1', ''],
  ['', ''],
  [undefined, ''],
])('of %s the network is %s', (address, prefix) => {
  expect(prefixOf(address)).toBe(prefix)
})

const refused = (act: () => void) => {
  try {
    act()
    return undefined
  } catch (error) {
    return error as { status: number; headers: Record<string, string>; members: object }
  }
}

it('a network has its share of a window, whichever of its addresses asks, and the next window anew', () => {
  let now = 5_000_000
  const spend = limitNetworks({ requests: 3, windowSeconds: 60 }, () => now)
  for (const address of ['192.0.2.1', '::ffff:192.0.2.2', '192.0.2.3']) spend(address)
  now += 20_500
  expect(refused(() => spend('192.0.2.4'))).toMatchObject({
    status: 429,
    headers: { 'retry-after': '40' },
    members: { code: 'too-many' },
  })
  spend('192.0.3.1')
  spend('2001:db8:1::1')
  now += 39_500
  spend('192.0.2.4')
})

it('a clock that is put back refuses nobody for longer than a window', () => {
  let now = 100 * 86_400_000
  const spend = limitNetworks({ requests: 1, windowSeconds: 60 }, () => now)
  spend('192.0.2.1')
  now -= 86_400_000
  spend('192.0.2.1')
  expect(refused(() => spend('192.0.2.1'))?.headers['retry-after']).toBe('60')
})

it('more networks than are counted share one count, and those that are counted keep theirs', () => {
  const spend = limitNetworks({ requests: 2, windowSeconds: 60 }, () => 0)
  for (let n = 0; n < 100_000; n++) spend(`${(n >> 16) + 1}.${(n >> 8) & 255}.${n & 255}.1`)
  const strangers = Array.from({ length: 50 }, (_, n) => refused(() => spend(`200.1.${n}.1`)))
  expect(strangers.filter((one) => one !== undefined)).toHaveLength(48)
  spend('1.0.0.9')
})
