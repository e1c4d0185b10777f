/**
 * The bundle: what the edge serves and a browser installs. One manifest, and chunks named by the SHA-256 of their
 * bytes; the same chunks in the same order for everyone who has the same version, so that fetching says nothing about who fetches.
 *
 *     GET /v1/latest            which manifest, signed, and the proof that this is on record (`../tlog/proof.ts`): all that changes
 *     GET /v1/chunks/9f86d0…    the manifest: one line of JSON
 *     GET /v1/chunks/…          each chunk, in the manifest's order
 *
 * A browser that keeps an earlier version fetches, in place of a changed chunk, the deltas that lead to it (`delta.ts`).
 * The manifest lists them, each by what it starts from, what it makes and its own hash; the newest link of each chain
 * makes a chunk of this version:
 *
 *     "deltas":[{"from":"77ab…","to":"c01d…","sha256":"5e88…","bytes":70240}, …]
 *
 * A version that is not for everyone yet says for what share of browsers it is, and which version the others stay with (`stage.ts`):
 *
 *     "stage":{"share":0.1,"others":{"version":6,"manifest":"41b2…"}}
 *
 * This file is the envelope; `chunks.ts` says what is inside each chunk.
 */
import * as v from 'valibot'
import { hexOf } from '../tlog/base64.ts'

export const BUNDLE_FORMAT = 'vitrine-bundle/1'

/** When a chunk is fetched: before the first shelf, before ranking, or in idle time. */
export const PHASES = ['first', 'rank', 'idle'] as const
export type Phase = (typeof PHASES)[number]

export const CHUNK_NAMES = [
  'shelf',
  'items',
  'rules',
  'vectors',
  'encoder',
  'probes',
  'profile',
  'segments',
  'next',
  'sentiment',
  'text',
  'service',
  'coupons',
] as const
export type ChunkName = (typeof CHUNK_NAMES)[number]

/** Nothing of a bundle is larger; a browser stops reading there. */
export const MAX_CHUNK_BYTES = 64 << 20
const MAX_CHUNKS = 64
const MAX_DELTAS = 128

const sha256 = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/))
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0))

/** JSON can say 1e999. */
const weight = v.pipe(v.number(), v.finite())

const chunkRef = v.strictObject({
  name: v.picklist(CHUNK_NAMES),
  sha256,
  bytes: v.pipe(count, v.maxValue(MAX_CHUNK_BYTES)),
  phase: v.picklist(PHASES),
})

const deltaRef = v.strictObject({
  /** The chunk it is applied to, and the chunk that must come out. */
  from: sha256,
  to: sha256,
  /** Of the delta itself. */
  sha256,
  bytes: v.pipe(count, v.maxValue(MAX_CHUNK_BYTES)),
})

const stage = v.strictObject({
  share: v.pipe(v.number(), v.gtValue(0), v.ltValue(1)),
  others: v.strictObject({ version: v.pipe(count, v.minValue(1)), manifest: sha256 }),
})

const blendWeights = v.strictObject({
  network: weight,
  rules: weight,
  popularity: weight,
  buyAgain: weight,
})

const manifest = v.strictObject({
  format: v.literal(BUNDLE_FORMAT),
  /** Grows with each publication; a browser never goes back. */
  version: v.pipe(count, v.minValue(1)),
  shop: v.string(),
  /** ISO 8601 */
  created: v.string(),
  simulated: v.boolean(),
  items: count,
  languages: v.array(v.string()),
  currency: v.optional(v.string()),
  /** Weights of the models in the final order, fitted on validation (`rank.ts`). */
  blend: blendWeights,
  chunks: v.pipe(
    v.array(chunkRef),
    v.minLength(1),
    v.maxLength(MAX_CHUNKS),
    v.check((refs) => new Set(refs.map(({ name }) => name)).size === refs.length, 'a chunk is named twice'),
  ),
  /** Absent where nothing is worth it. */
  deltas: v.optional(
    v.pipe(
      v.array(deltaRef),
      v.maxLength(MAX_DELTAS),
      v.check((refs) => new Set(refs.map(({ to }) => to)).size === refs.length, 'two deltas make the same chunk'),
    ),
  ),
  /** Absent where it is for everyone. */
  stage: v.optional(stage),
})

export type ChunkRef = v.InferOutput<typeof chunkRef>
export type DeltaRef = v.InferOutput<typeof deltaRef>
export type Manifest = v.InferOutput<typeof manifest>
export type Stage = v.InferOutput<typeof stage>

/** One line of JSON and a newline. */
export const encodeManifest = (value: Manifest): string => `${JSON.stringify(value)}\n`

/** @throws Error naming the field */
export function decodeManifest(text: string): Manifest {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new Error('manifest: not JSON')
  }
  const result = v.safeParse(manifest, value)
  if (!result.success) {
    const issue = result.issues[0]
    throw new Error(`manifest: field "${v.getDotPath(issue) ?? '(root)'}": ${issue.message}`)
  }
  return result.output
}

/** Everything that an edge must have before it serves this bundle, the manifest aside. */
export const filesOf = ({ chunks, deltas = [] }: Manifest): { sha256: string; bytes: number }[] => [
  ...chunks,
  ...deltas,
]

/**
 * The deltas that lead to a chunk, the one to apply first first: back from the chunk until one starts from what is held.
 * @returns undefined when none does
 */
export function deltasTo(
  sha256: string,
  deltas: readonly DeltaRef[],
  holds: (sha256: string) => boolean,
): DeltaRef[] | undefined {
  const path: DeltaRef[] = []
  let wanted = sha256
  // A chunk may become what it was: without an end the walk would go round.
  while (path.length < deltas.length) {
    const last = deltas.find(({ to }) => to === wanted)
    if (!last) return undefined
    path.unshift(last)
    if (holds(last.from)) return path
    wanted = last.from
  }
  return undefined
}

export async function sha256Hex(bytes: Uint8Array): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>)
  return hexOf(new Uint8Array(digest))
}

/** The chunks that make the network: a bundle that changes only prices or rules leaves it the same. */
export function networkName({ chunks }: Pick<Manifest, 'chunks'>): string {
  const hashOf = (name: ChunkName) => chunks.find((chunk) => chunk.name === name)?.sha256 ?? ''
  return `${hashOf('vectors')} ${hashOf('encoder')}`
}

/** The same in one hash, by which rounds name the network that updates are of. */
export const networkHash = (manifest: Pick<Manifest, 'chunks'>): Promise<string> =>
  sha256Hex(new TextEncoder().encode(networkName(manifest)))
