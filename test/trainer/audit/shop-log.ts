/** An honest log of a small shop and all that it names, to be lied about. */
import { BUNDLE_FORMAT, encodeManifest, type Manifest, type Stage, sha256Hex } from '../../../shared/model/bundle.ts'
import { type Entry, signEntry } from '../../../shared/tlog/entry.ts'
import { integrityHex, integrityOf } from '../../../shared/tlog/integrity.ts'
import { type Signer, verifierKeyText } from '../../../shared/tlog/note.ts'
import type { Policy } from '../../../shared/tlog/policy.ts'
import type { Tile } from '../../../shared/tlog/tile.ts'
import type { LogSource } from '../../../trainer/audit/source.ts'
import { MemoryLog, type Signing } from '../../shared/tlog/memory-log.ts'

export const NOW = Date.UTC(2026, 10, 23)
const utf8 = (text: string) => new TextEncoder().encode(text)

export class ShopLog {
  /** Under these names, in place of what is on record. */
  readonly served = new Map<string, Uint8Array>()
  readonly chunks = new Map<string, Uint8Array>()
  /** How its checkpoint is signed. */
  signing: Signing = { time: NOW / 1000 }
  /** Of the newest model. */
  latest = -1
  readonly #names = new Map<string, string>()
  readonly #manifests = new Map<number, Manifest>()

  private constructor(
    readonly publisher: Signer,
    readonly policy: Policy,
    readonly log: MemoryLog,
  ) {}

  static async open(name = 'shop.test'): Promise<ShopLog> {
    const [publisher, signer] = [await newSigner(name), await newSigner(`${name}/log`)]
    const policy: Policy = {
      publisher: await keyOf(publisher),
      log: await keyOf(signer),
      witnesses: [],
      cosignatures: 0,
      maxAgeSeconds: 86_400,
    }
    const shop = new ShopLog(publisher, policy, new MemoryLog(signer))
    await shop.append({ type: 'policy', ...policy })
    await shop.release(1)
    return shop
  }

  /** What it serves in place of a tile. */
  asServed = (_: Tile, bytes: Uint8Array): Uint8Array => bytes

  shelfOf = (version: number): string => (this.#manifests.get(version) as Manifest).chunks[0].sha256

  /** Of which the others of a stage have it. */
  othersOf = async (version: number): Promise<Stage['others']> => ({
    version,
    manifest: await sha256Hex(utf8(encodeManifest(this.#manifests.get(version) as Manifest))),
  })

  /** The same up to an entry, to go another way from there. */
  fork(size: number): ShopLog {
    const other = new ShopLog(this.publisher, this.policy, new MemoryLog(this.log.signer))
    for (const record of this.log.records.slice(0, size)) other.log.append(record)
    for (const [name, bytes] of this.chunks) other.chunks.set(name, bytes)
    for (const [name, integrity] of this.#names) other.#names.set(name, integrity)
    for (const [version, manifest] of this.#manifests) other.#manifests.set(version, manifest)
    other.latest = size - 1
    return other
  }

  async append(entry: Entry, ...signers: Signer[]): Promise<number> {
    return this.log.append(await signEntry(entry, ...(signers.length > 0 ? signers : [this.publisher])))
  }

  async release(
    number: number,
    { policy = this.policy, lists }: { policy?: Policy; lists?: object } = {},
  ): Promise<void> {
    const worker = utf8(`postMessage("worker ${number}")`)
    const files: Record<string, string> = {}
    for (const [name, bytes] of [
      ['vitrine.js', utf8(`start(${JSON.stringify(policy)}, ${number})`)],
      [`worker.${(await sha256Hex(worker)).slice(0, 16)}.js`, worker],
    ] as const) {
      files[name] = await this.#put(bytes)
    }
    files['integrity.json'] = await this.#put(utf8(JSON.stringify(lists ?? files)))
    for (const [name, integrity] of Object.entries(files)) this.#names.set(name, integrity)
    await this.append({ type: 'release', release: number, files })
  }

  /** @param parts by which its chunks differ */
  async bundle(
    version: number,
    parts = `${version}`,
    entry: Partial<Entry> = {},
    stage?: Manifest['stage'],
  ): Promise<void> {
    const shelf = utf8(`a shelf of ${parts}`)
    const sha256 = integrityHex(await this.#put(shelf))
    const manifest: Manifest = {
      format: BUNDLE_FORMAT,
      version,
      shop: 'tea',
      created: '2026-11-22T00:00:00Z',
      simulated: true,
      items: 1,
      languages: ['en'],
      blend: { network: 0, rules: 1, popularity: 0, buyAgain: 0 },
      chunks: [{ name: 'shelf', sha256, bytes: shelf.length, phase: 'first' }],
      ...(stage ? { stage } : {}),
    }
    this.#manifests.set(version, manifest)
    const hash = integrityHex(await this.#put(utf8(encodeManifest(manifest))))
    this.latest = await this.append({ type: 'bundle', version, manifest: hash, ...entry } as Entry)
  }

  async #put(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
    const integrity = await integrityOf(bytes)
    this.chunks.set(integrityHex(integrity), bytes)
    return integrity
  }

  source(): LogSource {
    return {
      name: 'https://edge.test',
      checkpoint: async () => this.served.get('checkpoint') ?? this.log.checkpoint(this.signing),
      witnessed: async () => undefined,
      latest: async () => this.served.get('latest') ?? utf8(await this.log.proof(this.latest, this.signing)),
      tile: async (tile) => {
        const bytes = this.log.tile(tile)
        return bytes && this.asServed(tile, bytes)
      },
      chunk: async (sha256) => this.served.get(sha256) ?? this.chunks.get(sha256),
      asset: async (name) => this.served.get(name) ?? this.chunks.get(integrityHex(this.#names.get(name) ?? '')),
    }
  }
}

export async function newSigner(name: string): Promise<Signer> {
  return { name, keys: (await crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify'])) as CryptoKeyPair }
}

export const keyOf = ({ name, keys }: Signer, type: 1 | 4 = 1): Promise<string> =>
  verifierKeyText(name, keys.publicKey, type)
