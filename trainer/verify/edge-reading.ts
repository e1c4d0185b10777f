/**
 * Asks the edge for what a browser would get, outside the page: what a browser hides behind "failed to fetch" (no
 * answer, a missing CORS header, another key) can be told apart here.
 */
import type { APIRequestContext, APIResponse } from 'playwright-core'
import { decodeLatest, openManifest, sha256Hex } from '../../shared/model/bundle.ts'
import { decodeItems } from '../../shared/model/chunks.ts'
import type { Asked, EdgeReading } from './evidence.ts'

/**
 * @param edge the folder of the tag, with a slash at the end
 * @param origin of the page
 * @param tag as the page's script element has it
 */
export async function readEdge(
  request: APIRequestContext,
  edge: string,
  origin: string,
  tag: { src: string; key?: string },
  timeoutMs: number,
): Promise<EdgeReading> {
  const ask = async (path: string): Promise<{ asked: Asked; bytes?: Uint8Array }> => {
    const url = new URL(path, edge).href
    let response: APIResponse
    try {
      response = await request.get(url, { headers: { origin }, maxRedirects: 0, timeout: timeoutMs })
    } catch (error) {
      return { asked: { url, failure: reasonOf(error), readable: false } }
    }
    const allowed = response.headers()['access-control-allow-origin']
    const readable = allowed === '*' || allowed === origin || new URL(edge).origin === origin
    const asked = { url, status: response.status(), readable }
    return response.ok() ? { asked, bytes: await response.body() } : { asked }
  }

  const [latest, hashes, script] = await Promise.all(['v1/latest', 'assets/integrity.json', tag.src].map(ask))
  const integrity = orElse({}, () => JSON.parse(textOf(hashes.bytes)) as Record<string, string>)
  if (!latest.bytes) return { tag: script.asked, latest: latest.asked, integrity }
  const pointer = attempt(() => decodeLatest(textOf(latest.bytes)))
  if ('problem' in pointer) {
    return { tag: script.asked, latest: { ...latest.asked, problem: pointer.problem }, integrity }
  }

  const { version, manifest: sha256 } = pointer.value
  const reading: EdgeReading = { tag: script.asked, latest: { ...latest.asked, version }, integrity }
  const note = await ask(`v1/chunks/${sha256}`)
  reading.manifest = { ...note.asked, signers: note.bytes ? signersOf(textOf(note.bytes)) : [] }
  if (!note.bytes || !tag.key) return reading
  const manifest = await openManifest(note.bytes, tag.key).catch((error: Error) => error)
  if (manifest instanceof Error) reading.manifest.problem = manifest.message
  else {
    reading.manifest.opened = manifest
    const ref = manifest.chunks.find(({ name }) => name === 'items')
    const chunk = ref && (await ask(`v1/chunks/${ref.sha256}`)).bytes
    if (chunk && (await sha256Hex(chunk)) === ref.sha256) reading.items = orElse(undefined, () => decodeItems(chunk))
  }
  return reading
}

/** The names in a note's signature lines, whether or not they hold. */
function signersOf(note: string): string[] {
  const end = note.lastIndexOf('\n\n')
  if (end < 0) return []
  return [...note.slice(end).matchAll(/^— (\S+) \S+$/gmu)].map(([, name]) => name)
}

function textOf(bytes: Uint8Array | undefined): string {
  return new TextDecoder().decode(bytes)
}

function attempt<T>(work: () => T): { value: T } | { problem: string } {
  try {
    return { value: work() }
  } catch (error) {
    return { problem: reasonOf(error) }
  }
}

function orElse<T>(otherwise: T, work: () => T): T {
  const result = attempt(work)
  return 'value' in result ? result.value : otherwise
}

/** The first line, without the name of the call: playwright adds a log of its own below. */
function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : 'no reason given'
  return message.split('\n')[0].replace(/^\w+\.\w+: /, '')
}
