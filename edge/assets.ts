/**
 * The built tag: `vitrine.js`, the scripts it loads, and `integrity.json`, which says what each of them must be:
 *
 *     {"vitrine.js":"sha384-oqVuAf…","worker.4f1c09ab.js":"sha384-Li9vy3…","shelf.77d0e2c1.js":"sha384-…"}
 *
 * A file that is not what integrity.json says is refused: a page that pins it would refuse it too. Files are looked at
 * again when they change, so that a build beside a running edge is served.
 */
import { createHash } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { ByteCache } from './byte-cache.ts'
import { encodeBrotli, encodeGzip } from './encoding.ts'
import { Problem } from './problem.ts'
import { IMMUTABLE, type Representation, SHORT_LIVED } from './representation.ts'

/** The tag and all it loads, in three encodings, several builds of it. */
const CACHE_BYTES = 16 * 1024 * 1024

const TYPES: Record<string, string> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
}
/** One name in one folder: no separator, no leading dot, so no way out. */
const FILE_NAME = /^[\w-]+(\.[\w-]+)+$/
/** name.hash.extension, as the build writes what may be kept for ever. */
const HASHED_NAME = /^[\w-]+\.[\w-]{8,}\.(js|css|svg|wasm)$/
const INTEGRITY_FILE = 'integrity.json'

export interface Assets {
  /** Undefined when there is no such file, or it is none of the build. @throws Problem 500 when it is not what it should be. */
  find(name: string): Promise<Representation | undefined>
}

interface Asset {
  changed: string
  sha256: string
  bytes: Uint8Array
}

export function openAssets(folder: string): Assets {
  const read = new Map<string, Asset>()
  const encodings = new ByteCache(CACHE_BYTES)

  async function readAsset(name: string): Promise<Asset | undefined> {
    const path = join(folder, name)
    const found = await stat(path).catch(() => undefined)
    if (!found?.isFile()) return undefined
    const changed = `${found.mtimeMs} ${found.size} ${found.ino}`
    const kept = read.get(name)
    if (kept?.changed === changed) return kept
    const bytes: Uint8Array = await readFile(path)
    const asset = { changed, sha256: createHash('sha256').update(bytes).digest('hex'), bytes }
    read.set(name, asset)
    return asset
  }

  async function readIntegrity(): Promise<Map<string, string>> {
    const file = await readAsset(INTEGRITY_FILE)
    const listed: unknown = file ? JSON.parse(new TextDecoder().decode(file.bytes)) : {}
    return new Map(Object.entries(listed ?? {}).filter(([, integrity]) => typeof integrity === 'string'))
  }

  async function find(name: string): Promise<Representation | undefined> {
    if (!FILE_NAME.test(name)) return undefined
    const integrity = (await readIntegrity()).get(name)
    const hashed = HASHED_NAME.test(name)
    if (!integrity && !hashed && name !== INTEGRITY_FILE) return undefined
    const asset = await readAsset(name)
    if (!asset) return undefined
    const { sha256, bytes } = asset
    if (integrity && !isIntact(bytes, integrity)) throw new Problem(500, `${name} is not what ${INTEGRITY_FILE} says`)
    return {
      tag: sha256,
      bytes,
      type: TYPES[extname(name)] ?? 'application/octet-stream',
      cacheControl: hashed ? IMMUTABLE : SHORT_LIVED,
      encode: async (encoding) => {
        const make = () => (encoding === 'br' ? encodeBrotli(bytes) : encodeGzip(bytes))
        return (await encodings.get(`${sha256} ${encoding}`, make)) ?? bytes
      },
    }
  }

  return { find }
}

/** Subresource Integrity's `algorithm-base64`; an algorithm that browsers would not check is not checked here either. */
function isIntact(bytes: Uint8Array, integrity: string): boolean {
  const [, algorithm, digest] = /^(sha256|sha384|sha512)-(.+)$/.exec(integrity) ?? []
  return !algorithm || createHash(algorithm).update(bytes).digest('base64') === digest
}
