/** Content codings: which one a client wants, and the bytes in it. Compression runs on zlib's threads, never here. */
import { promisify } from 'node:util'
import { type BrotliOptions, brotliCompress, brotliDecompress, constants, gzip, type ZlibOptions } from 'node:zlib'

const brotliAsync = promisify<Uint8Array, BrotliOptions, Uint8Array>(brotliCompress)
const unbrotliAsync = promisify<Uint8Array, BrotliOptions, Uint8Array>(brotliDecompress)
const gzipAsync = promisify<Uint8Array, ZlibOptions, Uint8Array>(gzip)

/** In order of preference. Browsers offer brotli only over HTTPS and to localhost, so gzip is not dead. */
const CODINGS = ['br', 'gzip'] as const
export type Encoding = (typeof CODINGS)[number] | 'identity'

/**
 * The coding to answer an Accept-Encoding header with (RFC 9110, 12.5.3): the most wanted of ours, brotli before gzip
 * when both are wanted alike. Without a header, or with nothing we have, the bytes as they are.
 */
export function negotiateEncoding(acceptEncoding: string | undefined): Encoding {
  const weights = new Map<string, number>()
  for (const part of (acceptEncoding ?? '').toLowerCase().split(',')) {
    const [coding, ...parameters] = part.split(';').map((text) => text.trim())
    const q = parameters.find((parameter) => parameter.startsWith('q='))
    weights.set(coding, q ? Number.parseFloat(q.slice(2)) || 0 : 1)
  }
  let best: Encoding = 'identity'
  let bestWeight = 0
  for (const coding of CODINGS) {
    const weight = weights.get(coding) ?? weights.get('*') ?? 0
    if (weight > bestWeight) {
      best = coding
      bestWeight = weight
    }
  }
  return best
}

/** What was asked for last, so that the next one starts after it. */
let brotliQueue: Promise<unknown> = Promise.resolve()

/**
 * Brotli at its highest quality: it is paid once, at publication, and saves every shopper bytes. One at a time, because
 * libuv's four threads are also the ones that read files for everybody else.
 */
export function encodeBrotli(bytes: Uint8Array): Promise<Uint8Array> {
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
    [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
  }
  const encoded = brotliQueue.then(() => brotliAsync(bytes, { params }))
  brotliQueue = encoded.catch(() => undefined)
  return encoded
}

/** @throws when `bytes` are not brotli, or hold more than `maxBytes`. */
export function decodeBrotli(bytes: Uint8Array, maxBytes: number): Promise<Uint8Array> {
  return unbrotliAsync(bytes, { maxOutputLength: Math.max(1, maxBytes) })
}

export function encodeGzip(bytes: Uint8Array): Promise<Uint8Array> {
  return gzipAsync(bytes, { level: 9 })
}
