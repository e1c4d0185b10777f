/** A log in memory that takes and signs whatever it is told to: what honest logs, and lying ones, are made of in tests. */
import { encodeCheckpoint } from '../../../shared/tlog/checkpoint.ts'
import { cosign } from '../../../shared/tlog/cosignature.ts'
import { inclusionProof } from '../../../shared/tlog/node-reader.ts'
import { ED25519, encodeNote, type Signer, signatureLine } from '../../../shared/tlog/note.ts'
import { encodeProof } from '../../../shared/tlog/proof.ts'
import { encodeEntries, TILE_WIDTH, type Tile } from '../../../shared/tlog/tile.ts'
import { EMPTY_ROOT, type Hash, leafHash, nodeHash } from '../../../shared/tlog/tree.ts'

export interface Signing {
  /** Of the log, at the time of the checkpoint; all of it when left out. */
  size?: number
  /** Seconds since 1970; now when left out. */
  time?: number
  /** Beside the log's own. */
  witnesses?: Signer[]
  /** In place of the log's own. */
  as?: Signer
}

export class MemoryLog {
  readonly records: Uint8Array[] = []
  readonly #leaves: Hash[] = []
  readonly signer: Signer

  constructor(signer: Signer) {
    this.signer = signer
  }

  /** @returns its index */
  append(record: Uint8Array): number {
    this.#leaves.push(leafHash(record))
    return this.records.push(record) - 1
  }

  /** By the definition (RFC 6962 2.1), of some leaves. */
  root(start = 0, end = this.records.length): Hash {
    if (end === start) return EMPTY_ROOT
    if (end - start === 1) return this.#leaves[start]
    let width = 1
    while (width * 2 < end - start) width *= 2
    return nodeHash(this.root(start, start + width), this.root(start + width, end))
  }

  /** Of a log of any size that has it. */
  tile({ level, index, width }: Tile): Uint8Array | undefined {
    const span = level === 'entries' ? 1 : TILE_WIDTH ** level
    const first = index * TILE_WIDTH
    if ((first + width) * span > this.records.length) return undefined
    if (level === 'entries') return encodeEntries(this.records.slice(first, first + width))
    const hashes = Array.from({ length: width }, (_, n) => this.root((first + n) * span, (first + n + 1) * span))
    return new Uint8Array(Buffer.concat(hashes))
  }

  async checkpoint({ size = this.records.length, time = seconds(), witnesses = [], as = this.signer }: Signing = {}) {
    const text = encodeCheckpoint({ origin: this.signer.name, size, root: this.root(0, size) })
    const own = await signatureLine(as, ED25519, new TextEncoder().encode(text))
    return encodeNote(text, [own, ...(await Promise.all([as, ...witnesses].map((one) => cosign(text, time, one))))])
  }

  /** That the record at `index` is in it, as an edge serves it. */
  async proof(index: number, signing: Signing = {}): Promise<string> {
    const { size = this.records.length } = signing
    const path = await inclusionProof(index, size, async (tile) => this.tile(tile) as Uint8Array)
    const record = new Uint8Array(this.records[index])
    return encodeProof({ record, index, path, checkpoint: await this.checkpoint(signing) })
  }
}

export const seconds = () => Math.floor(Date.now() / 1000)
