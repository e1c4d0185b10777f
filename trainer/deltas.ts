/**
 * Deltas from the last published bundle to the next, and the older ones that still lead there.
 *
 * A chunk's deltas are a chain: version 7 → 8 → 9. Only the newest link is made; the others are those that the last
 * manifest named. A browser that kept version 7 applies two. The chain is cut where it would cost more than it saves.
 */
import { type ChunkName, type DeltaRef, deltasTo, type Manifest, sha256Hex } from '../shared/model/bundle.ts'
import { decodeItems } from '../shared/model/chunks.ts'
import { applyDelta, encodeArraysDelta, encodeTextDelta, type Layout, type Piece } from '../shared/model/delta.ts'
import { rowPieces, textPieces } from './pieces.ts'
import { brotliBytes } from './wire-size.ts'

/** A chain is offered while all of it, in brotli, is at most this share of the whole chunk, and this many bytes less. */
const MOST_SHARE = 0.75
const LEAST_SAVED_BYTES = 1024
/** Each link is a request, and a line in the manifest that first visits fetch too. */
const MAX_LINKS = 8

/** The bundle that browsers have now. */
export interface Previous {
  manifest: Manifest
  read(sha256: string): Promise<Uint8Array | undefined>
}

export interface Part {
  name: ChunkName
  sha256: string
  bytes: Uint8Array
}

export interface Deltas {
  refs: DeltaRef[]
  /** By SHA-256. */
  chunks: Map<string, Uint8Array>
}

export async function makeDeltas(parts: readonly Part[], previous: Previous): Promise<Deltas> {
  const { manifest } = previous
  const read = async (sha256: string) => {
    const bytes = await previous.read(sha256)
    return bytes && (await sha256Hex(bytes)) === sha256 ? bytes : undefined
  }
  const before = new Map(manifest.chunks.map(({ name, sha256 }) => [name, sha256]))
  const items = await read(before.get('items') ?? '')
  const newItems = parts.find(({ name }) => name === 'items')?.bytes
  const rows = items && newItems && fromOlder(() => rowPieces(idsOf(items), idsOf(newItems)))
  const made: Deltas = { refs: [], chunks: new Map() }
  for (const { name, sha256, bytes } of parts) {
    const from = before.get(name)
    if (from === undefined) continue
    const most = await mostBytes(bytes)
    let [links, sum] = [0, 0]
    /** @returns whether the chain goes on */
    const addLink = async (ref: DeltaRef, delta: Uint8Array) => {
      sum += await brotliBytes(delta)
      links++
      if (sum > most || links > MAX_LINKS || made.refs.some(({ to }) => to === ref.to)) return false
      made.refs.push(ref)
      made.chunks.set(ref.sha256, delta)
      return true
    }
    if (from !== sha256) {
      const base = await read(from)
      const delta = base && makeDelta(name, base, bytes, rows)
      if (!delta) continue
      const ref = { from, to: sha256, sha256: await sha256Hex(delta), bytes: delta.length }
      if (!(await addLink(ref, delta))) continue
    }
    for (let to = from; ; ) {
      const ref = manifest.deltas?.find((older) => older.to === to && older.from !== sha256)
      const delta = ref && (await read(ref.sha256))
      if (!delta || !(await addLink(ref, delta))) break
      to = ref.from
    }
  }
  return made
}

/**
 * @param rows which item's row was where; without it arrays are compared place by place
 * @returns undefined where there is nothing to go by, or a delta would not give the very bytes
 */
export function makeDelta(
  name: ChunkName,
  base: Uint8Array,
  result: Uint8Array,
  rows?: readonly Piece[],
): Uint8Array | undefined {
  const layoutOf = (array: string): Layout => (rows && LAYOUTS[name]?.[array]) ?? { by: 'place' }
  return fromOlder(() => {
    const delta = isText(result)
      ? encodeTextDelta(result, textPieces(base, result))
      : encodeArraysDelta(base, result, rows ?? [], layoutOf)
    return Buffer.compare(applyDelta(base, delta, result.length), result) === 0 ? delta : undefined
  })
}

const ROW: Layout = { by: 'row' }
const rulesLayouts = (kind: string): Record<string, Layout> => ({
  [`${kind}.lengths`]: ROW,
  [`${kind}.scales`]: ROW,
  [`${kind}.targets`]: { by: 'list', lengths: `${kind}.lengths`, numbers: true },
  [`${kind}.weights`]: { by: 'list', lengths: `${kind}.lengths`, numbers: false },
})
/** Arrays that have a row an item; all others are compared place by place. */
const LAYOUTS: Partial<Record<ChunkName, Record<string, Layout>>> = {
  rules: { ...rulesLayouts('next'), ...rulesLayouts('together'), popularity: ROW },
  vectors: { values: ROW, codes: ROW, scales: ROW, bias: ROW },
}

const isText = (bytes: Uint8Array) => bytes[0] === 0x5b || bytes[0] === 0x7b // "[" or "{": JSON; array files begin "VTA1"

const idsOf = (items: Uint8Array) => decodeItems(items).map(({ id }) => id)

/** An older release may have made chunks that this one cannot read: then browsers fetch the new ones whole. */
function fromOlder<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch {
    return undefined
  }
}

async function mostBytes(chunk: Uint8Array): Promise<number> {
  const whole = await brotliBytes(chunk)
  return Math.min(MOST_SHARE * whole, whole - LEAST_SAVED_BYTES)
}

/** What a browser fetches, brotli: of each chunk whole, and from the version before. */
export interface Transfer {
  name: ChunkName
  whole: number
  /** Deltas where there are, 0 where nothing changed, else the whole chunk; undefined before the second version. */
  fromPrevious?: number
}

export async function measureTransfer(
  { chunks: refs, deltas = [] }: Manifest,
  chunks: ReadonlyMap<string, Uint8Array>,
  previous: Manifest | undefined,
): Promise<Transfer[]> {
  const held = new Set(previous?.chunks.map(({ sha256 }) => sha256))
  const sizeOf = (sha256: string) => brotliBytes(chunks.get(sha256) as Uint8Array)
  return Promise.all(
    refs.map(async ({ name, sha256 }) => {
      const whole = await sizeOf(sha256)
      if (!previous) return { name, whole }
      if (held.has(sha256)) return { name, whole, fromPrevious: 0 }
      const path = deltasTo(sha256, deltas, (from) => held.has(from))
      const sizes = path ? await Promise.all(path.map((delta) => sizeOf(delta.sha256))) : [whole]
      return { name, whole, fromPrevious: sizes.reduce((sum, size) => sum + size, 0) }
    }),
  )
}
