/**
 * The bundle: what the edge serves and a browser installs. One signed manifest, and chunks named by the SHA-256 of their
 * bytes; the same chunks in the same order for everyone, so that fetching says nothing about who fetches.
 *
 *     GET /v1/latest            {"version":7,"manifest":"9f86d0…"}      short-lived, the only thing that changes
 *     GET /v1/chunks/9f86d0…    the manifest: a C2SP signed note whose text is one line of JSON
 *     GET /v1/chunks/…          each chunk, in the manifest's order
 */
export const BUNDLE_FORMAT = 'vitrine-bundle/1'

/** When a chunk is fetched: before the first shelf, before ranking, or in idle time. */
export type Phase = 'first' | 'rank' | 'idle'

/** `shelf` and `items` are JSON; the others are `arrays.ts` containers. */
export type ChunkName = 'shelf' | 'items' | 'rules' | 'vectors' | 'encoder' | 'text' | 'probes'

export interface ChunkRef {
  name: ChunkName
  sha256: string
  bytes: number
  phase: Phase
}

export interface Manifest {
  format: typeof BUNDLE_FORMAT
  /** Grows by one with each publication; a browser never goes back. */
  version: number
  shop: string
  /** ISO 8601 */
  created: string
  simulated: boolean
  items: number
  languages: string[]
  currency?: string
  chunks: ChunkRef[]
}

export interface Latest {
  version: number
  manifest: string
}
