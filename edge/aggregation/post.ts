/** Messages between aggregators, over HTTP. */
import type { Bytes } from '../../shared/federated/wire.ts'
import { MAX_NOTE_BYTES } from '../../shared/tlog/note.ts'

/** A job of 64 reports is verified in a second or two. */
const TIMEOUT_MS = 120_000

/** @returns what is answered, at most as long as a note may be @throws Error where there is no answer */
export async function postMessage(url: string, note: Bytes): Promise<Bytes> {
  const response = await fetch(`${url.replace(/\/$/, '')}/v1/messages`, {
    method: 'POST',
    body: note,
    redirect: 'error',
    signal: AbortSignal.timeout(TIMEOUT_MS),
  })
  if (!response.ok) throw new Error(`${url} answers ${response.status}`)
  const parts: Uint8Array[] = []
  let length = 0
  for await (const part of response.body ?? []) {
    length += part.length
    if (length > MAX_NOTE_BYTES) throw new Error(`${url} answers with more than ${MAX_NOTE_BYTES} bytes`)
    parts.push(part)
  }
  return new Uint8Array(Buffer.concat(parts))
}
