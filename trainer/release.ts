/**
 * A release of the tag: the files of the build, with the policy that the tag pins written into `vitrine.js`. The bytes follow from the
 * sources and the policy, so anyone can make them again and compare them with what is on record.
 */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { sha256Hex } from '../shared/model/bundle.ts'
import { integrityHex, integrityOf } from '../shared/tlog/integrity.ts'
import type { Policy } from '../shared/tlog/policy.ts'
import { hashedName } from '../shared/tlog/release-files.ts'

export const BUILT_TAG = join(import.meta.dirname, '..', 'dist', 'tag')
const TAG = 'vitrine.js'
const INTEGRITY_FILE = 'integrity.json'
/** A name that `web/tag/settings.ts` leaves open. */
const PLACE = /\bPOLICY_OF_THIS_RELEASE\b/g

export interface Release {
  /** By name, as integrity.json has them; and integrity.json itself. */
  files: Record<string, string>
  /** By SHA-256. */
  chunks: Map<string, Uint8Array>
}

/** @param folder of the built tag */
export async function makeRelease(policy: Policy, folder = BUILT_TAG): Promise<Release> {
  const built = JSON.parse(await readFile(join(folder, INTEGRITY_FILE), 'utf8')) as Record<string, string>
  const release: Release = { files: {}, chunks: new Map() }
  const add = async (bytes: Uint8Array<ArrayBuffer>, ...names: string[]) => {
    const integrity = await integrityOf(bytes)
    for (const name of names) release.files[name] = integrity
    release.chunks.set(integrityHex(integrity), bytes)
  }
  for (const name of Object.keys(built).sort()) {
    const bytes = new Uint8Array(await readFile(join(folder, name)))
    if (name !== TAG) await add(bytes, name)
    else {
      const tag = withPolicy(new TextDecoder().decode(bytes), policy)
      // By its hash too, for pages that pin it: what they name must not change under them.
      await add(tag, TAG, hashedName('vitrine', await sha256Hex(tag), 'js'))
    }
  }
  await add(new TextEncoder().encode(JSON.stringify(release.files)), INTEGRITY_FILE)
  return release
}

/** @throws Error for a script that has no place for it, or two */
export function withPolicy(script: string, policy: Policy): Uint8Array<ArrayBuffer> {
  const places = script.match(PLACE)?.length ?? 0
  if (places !== 1) throw new Error(`${TAG} has ${places} places for a policy: build it anew with "npm run build"`)
  return new TextEncoder().encode(script.replace(PLACE, () => JSON.stringify(policy))) // JSON is a literal of JavaScript too
}
