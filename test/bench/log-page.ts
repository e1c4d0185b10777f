/** Runs in the page: what a browser does before it believes an edge, and the hashes and signatures of it alone. */
import { sha256 } from '@noble/hashes/sha2.js'
import { compareCheckpoints, openLatest } from '../../shared/tlog/on-record.ts'
import type { Policy } from '../../shared/tlog/policy.ts'
import { tilePath } from '../../shared/tlog/tile.ts'

export interface VerificationPlan {
  proof: string
  policy: Policy
  /** Seconds since 1970 */
  now: number
  seen: { origin: string; size: number; root: number[] }
  /** By path. */
  tiles: [string, number[]][]
  runs: number
  hashes: number
  signatures: number
}

export interface VerificationTimes {
  /** The first is the page's first. */
  verified: number[]
  hashed: number[]
  signatures: number[]
}

window.verificationTimes = async (plan) => {
  const { proof, policy, now, runs } = plan
  const seen = { ...plan.seen, root: Uint8Array.from(plan.seen.root) }
  const tiles = new Map(plan.tiles.map(([path, bytes]) => [path, Uint8Array.from(bytes)]))
  async function timeVerification(): Promise<number> {
    const began = performance.now()
    const offered = await openLatest(proof, policy, now)
    const standing = await compareCheckpoints(seen, offered.checkpoint, async (tile) => {
      const bytes = tiles.get(tilePath(tile))
      if (!bytes) throw new Error(`${tilePath(tile)} was not read when its hashes were counted`)
      return bytes
    })
    const ms = performance.now() - began
    if (standing !== 'newer') throw new Error(`the log is ${standing}`)
    return ms
  }
  // Before the page has hashed or signed anything.
  const times: VerificationTimes = { verified: [await timeVerification()], hashed: [], signatures: [] }
  const message = new TextEncoder().encode(proof)
  const keys = (await crypto.subtle.generateKey('Ed25519', false, ['sign', 'verify'])) as CryptoKeyPair
  const signature = await crypto.subtle.sign('Ed25519', keys.privateKey, message)
  const node = new Uint8Array(65)
  for (let n = 1; n < runs; n++) {
    times.verified.push(await timeVerification())

    let began = performance.now()
    for (let hash = 0; hash < plan.hashes; hash++) node.set(sha256(node), 1)
    times.hashed.push(performance.now() - began)

    began = performance.now()
    for (let one = 0; one < plan.signatures; one++) {
      if (!(await crypto.subtle.verify('Ed25519', keys.publicKey, signature, message))) throw new Error('not signed')
    }
    times.signatures.push(performance.now() - began)
  }
  return times
}
