/** Answers a GET or HEAD with one of a resource's encodings, or with 304 when the client has it already. */
import type { Context } from 'hono'
import { type Encoding, negotiateEncoding } from './encoding.ts'

/** For what is named by its content. A year is the longest that RFC 9111's caches are asked to believe. */
export const IMMUTABLE = 'public, max-age=31536000, immutable'
/**
 * For what changes behind a fixed name. A publication reaches everyone within two minutes or so, and the edge is asked
 * once a minute per cache, not once per page view. Who must know at once sends Cache-Control: no-cache.
 */
export const SHORT_LIVED = 'public, max-age=60, stale-while-revalidate=60'

/** For a checkpoint (tlog-tiles, "Checkpoints"): whoever audits wants the newest. */
export const SECONDS = 'public, max-age=5'

export interface Representation {
  /** Names the content: a hash. */
  tag: string
  type: string
  cacheControl: string
  /** Without it there is only the identity. */
  encode?: (encoding: Encoding) => Promise<Uint8Array>
  bytes: Uint8Array
}

export async function represent(
  c: Context,
  { tag, type, cacheControl, encode, bytes }: Representation,
): Promise<Response> {
  const encoding = encode ? negotiateEncoding(c.req.header('accept-encoding')) : 'identity'
  // Strong, so different for different bytes: one tag for each encoding (RFC 9110, 8.8.3.3).
  const etag = encoding === 'identity' ? `"${tag}"` : `"${tag}-${encoding}"`
  const headers: Record<string, string> = { etag, 'cache-control': cacheControl }
  if (encode) headers.vary = 'accept-encoding'
  if (matches(c.req.header('if-none-match'), etag)) return c.body(null, 304, headers)
  const body = encode && encoding !== 'identity' ? await encode(encoding) : bytes
  if (encoding !== 'identity') headers['content-encoding'] = encoding
  headers['content-type'] = type
  headers['content-length'] = String(body.length) // said here, so that HEAD says it too
  return c.body(body as Uint8Array<ArrayBuffer>, 200, headers) // from a file or zlib, never shared memory
}

/** If-None-Match compares weakly (RFC 9110, 13.1.2): a proxy may have made a tag weak. */
function matches(ifNoneMatch: string | undefined, etag: string): boolean {
  if (!ifNoneMatch) return false
  return ifNoneMatch.split(',').some((given) => given.trim() === '*' || given.trim().replace(/^W\//, '') === etag)
}
