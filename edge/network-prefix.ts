/** How much may come from one network: counted by the prefix of the address, in memory only, and forgotten when its time is over. */
import { isIPv4, isIPv6 } from 'node:net'
import { Problem } from './problem.ts'

/** More networks than this in one window share what is left: memory is bounded by it. */
const MAX_PREFIXES = 100_000

export interface NetworkLimit {
  /** Of a prefix, in a window. */
  requests: number
  windowSeconds: number
}

/** @returns what throws Problem 429 where a network has asked too often */
export function limitNetworks({ requests, windowSeconds }: NetworkLimit, now: () => number = Date.now) {
  const counts = new Map<string, number>()
  let ends = 0
  return (address: string | undefined): void => {
    // A clock that was put back must not make a window longer.
    if (now() >= ends || ends - now() > 1000 * windowSeconds) {
      counts.clear()
      ends = now() + 1000 * windowSeconds
    }
    const prefix = prefixOf(address)
    const key = counts.has(prefix) || counts.size < MAX_PREFIXES ? prefix : ''
    const count = (counts.get(key) ?? 0) + 1
    counts.set(key, count)
    if (count <= requests) return
    const seconds = Math.ceil((ends - now()) / 1000)
    throw new Problem(429, 'too much comes from this network', { 'retry-after': `${seconds}` }, { code: 'too-many' })
  }
}

/** Of IPv4 the first 24 bits, of IPv6 the first 48, which is what a household or a small firm has. */
export function prefixOf(address = ''): string {
  const [, mapped] = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address) ?? []
  const text = mapped ?? address.replace(/%.*$/, '')
  if (isIPv4(text)) return text.split('.').slice(0, 3).join('.')
  if (!isIPv6(text)) return ''
  const [head, tail] = text.split('::')
  const groups = head.split(':').filter(Boolean)
  const behind = tail === undefined ? [] : tail.split(':').filter(Boolean)
  const missing = tail === undefined ? 0 : 8 - groups.length - behind.length
  const all = [...groups, ...new Array<string>(missing).fill('0'), ...behind]
  return all
    .slice(0, 3)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')
}
