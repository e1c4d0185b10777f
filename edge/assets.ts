/**
 * The files of the tag, as its releases on record name them (`../shared/tlog/entry.ts`): `vitrine.js` and `integrity.json` are the newest
 * release's; what has a hash in its name is served for as long as it lies here, because pages may still load what an earlier tag names.
 * Nothing else is served, so no page runs code that is not on record.
 */
import { extname } from 'node:path'
import { integrityHex } from '../shared/tlog/integrity.ts'
import { isHashedName } from '../shared/tlog/release-files.ts'
import type { Encoding } from './encoding.ts'
import { Problem } from './problem.ts'
import { IMMUTABLE, type Representation, SHORT_LIVED } from './representation.ts'
import type { Store } from './store.ts'

const TYPES: Record<string, string> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
}

export interface Assets {
  /** Undefined when no release has such a file. @throws Problem 500 when it is not what the release says. */
  find(name: string): Promise<Representation | undefined>
}

export function openAssets(store: Pick<Store, 'log' | 'readChunk'>): Assets {
  /** Of all releases, as of the newest that was looked at. */
  let known = { release: 0, hashed: new Map<string, string>() }

  async function integrityFor(name: string): Promise<string | undefined> {
    const { release } = (await store.log.head()).standing
    if (!release) return undefined
    if (!isHashedName(name)) return Object.hasOwn(release.files, name) ? release.files[name] : undefined
    if (known.release !== release.release) {
      const files = (await store.log.releases()).flatMap((one) => Object.entries(one.files))
      known = { release: release.release, hashed: new Map(files) }
    }
    return known.hashed.get(name)
  }

  async function find(name: string): Promise<Representation | undefined> {
    const integrity = await integrityFor(name)
    if (!integrity) return undefined
    const sha256 = integrityHex(integrity)
    const read = async (encoding?: Encoding) => {
      const bytes = await store.readChunk(sha256, encoding)
      if (!bytes) throw new Problem(500, `${name} of a release on record is not here: publish again`)
      return bytes
    }
    return {
      tag: sha256,
      bytes: await read(),
      type: TYPES[extname(name)] ?? 'application/octet-stream',
      cacheControl: isHashedName(name) ? IMMUTABLE : SHORT_LIVED,
      encode: read,
    }
  }

  return { find }
}
