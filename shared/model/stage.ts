/**
 * Releases in stages: for whom a version is that is not for everyone yet. Each browser draws that for itself, from a secret that never leaves
 * it, so that nobody chooses who it is; and it stays in it while the share grows.
 *
 *     u = HMAC-SHA256(the browser's secret, the release), 0 ≤ u < 1        staged where u < share
 *
 * A release is named by its network (`networkHash`): a wider stage of it is a new version, and the same release.
 */
import { type Manifest, networkHash } from './bundle.ts'

export const ARMS = ['control', 'staged'] as const
/** Has the network of the release, or the one that the others stay with. */
export type Arm = (typeof ARMS)[number]

/** Where a browser stands in a release. */
export interface StageArm {
  /** `networkHash` of what is being released. */
  release: string
  /** Milliseconds since 1970: since when this share of browsers has it. */
  since: number
  /** As drawn; undefined where nothing was drawn: then the others' version is in use, and it counts as neither. */
  arm?: Arm
}

/** @param secret 32 bytes @returns u of this browser for a release: the first 32 bits, uniform in [0, 1) */
export async function drawOf(secret: Uint8Array<ArrayBuffer>, release: string): Promise<number> {
  const key = await crypto.subtle.importKey('raw', secret, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])
  const mac = await crypto.subtle.sign('HMAC', key, new TextEncoder().encode(release))
  return new DataView(mac).getUint32(0) / 2 ** 32
}

/**
 * Where a browser stands in a version; undefined where that is for everyone.
 * @param secret of the browser; one that keeps none would draw anew at each page: it stays with what everyone had, and is in no arm, because who
 * keeps nothing is another kind of shopper than who does
 */
export async function standingIn(
  manifest: Manifest,
  secret: Uint8Array<ArrayBuffer> | undefined,
): Promise<StageArm | undefined> {
  if (!manifest.stage) return undefined
  const release = await networkHash(manifest)
  const since = Date.parse(manifest.created)
  if (!secret) return { release, since }
  return { release, since, arm: (await drawOf(secret, release)) < manifest.stage.share ? 'staged' : 'control' }
}

/**
 * What those use for whom a version is not.
 * @param others the manifest that its stage names
 * @throws Error where that did not come before, or was not for everyone
 */
export function checkOthers(staged: Manifest, others: Manifest): void {
  if (others.version < staged.version && !others.stage) return
  throw new Error(
    `manifest: version ${others.version} is none that others than those of ${staged.version} could stay with`,
  )
}
