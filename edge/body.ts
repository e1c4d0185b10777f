/** Request bodies with a limit. */
import { Problem } from './problem.ts'

/**
 * Reads a body of at most `maxBytes`. A Content-Length above that is refused unread; without one, or with one that
 * lies, reading stops at the limit, so that memory is bounded by it.
 * @throws Problem 413 when it is longer, 415 when it is compressed: a chunk's name is the hash of what was sent.
 */
export async function readBody(request: Request, maxBytes: number): Promise<Uint8Array> {
  const coding = request.headers.get('content-encoding') ?? 'identity'
  if (coding !== 'identity')
    throw new Problem(415, `send the body as it is, not in ${coding}`, {}, { code: 'compressed' })
  const tooLong = new Problem(413, `the body has more than ${maxBytes} bytes`, {}, { code: 'too-long', maxBytes })
  if (Number(request.headers.get('content-length') ?? 0) > maxBytes) throw tooLong
  if (!request.body) return new Uint8Array(0)
  const parts: Uint8Array[] = []
  let length = 0
  for await (const part of request.body) {
    length += part.length
    if (length > maxBytes) throw tooLong
    parts.push(part)
  }
  const bytes = new Uint8Array(length)
  let offset = 0
  for (const part of parts) {
    bytes.set(part, offset)
    offset += part.length
  }
  return bytes
}
