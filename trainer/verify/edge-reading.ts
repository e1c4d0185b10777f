/**
 * Asks the edge for what a browser would get, outside the page: what a browser hides behind "failed to fetch" (no
 * answer, a missing CORS header, a log that the tag does not know) can be told apart here.
 */
import type { APIRequestContext, APIResponse } from 'playwright-core'
import { decodeManifest, sha256Hex } from '../../shared/model/bundle.ts'
import { decodeItems } from '../../shared/model/chunks.ts'
import { decodeModelEntry } from '../../shared/tlog/entry.ts'
import { openLatest } from '../../shared/tlog/on-record.ts'
import type { Policy } from '../../shared/tlog/policy.ts'
import { decodeProof } from '../../shared/tlog/proof.ts'
import type { Asked, EdgeReading, RecordReading } from './evidence.ts'

/**
 * @param edge the folder of the tag, with a slash at the end
 * @param origin of the page
 * @param tag as the page's script element has it
 */
export async function readEdge(
  request: APIRequestContext,
  edge: string,
  origin: string,
  tag: { src: string },
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
  const proof = textOf(latest.bytes)
  const offered = attempt(() => decodeModelEntry(decodeProof(proof).record).entry)
  if ('problem' in offered) {
    return { tag: script.asked, latest: { ...latest.asked, problem: offered.problem }, integrity }
  }
  const { version, manifest: sha256 } = offered.value
  const reading: EdgeReading = {
    tag: script.asked,
    latest: { ...latest.asked, version },
    integrity,
    ...(script.bytes ? { record: await readRecord(proof, script.bytes) } : {}),
  }
  const manifest = await ask(`v1/chunks/${sha256}`)
  reading.manifest = manifest.asked
  if (!manifest.bytes) return reading
  const { bytes } = manifest
  const opened = attempt(() => decodeManifest(textOf(bytes)))
  if ('problem' in opened) reading.manifest.problem = opened.problem
  else {
    reading.manifest.opened = opened.value
    const ref = opened.value.chunks.find(({ name }) => name === 'items')
    const chunk = ref && (await ask(`v1/chunks/${ref.sha256}`)).bytes
    if (chunk && (await sha256Hex(chunk)) === ref.sha256) reading.items = orElse(undefined, () => decodeItems(chunk))
  }
  return reading
}

/** What the tag itself would say of it. */
async function readRecord(proof: string, script: Uint8Array): Promise<RecordReading> {
  const policy = policyIn(textOf(script))
  if (!policy) return { is: 'unreleased' }
  const seconds = Math.floor(Date.now() / 1000)
  const opened = await openLatest(proof, policy, seconds).catch((error: Error) => error)
  if (opened instanceof Error) return { is: 'refused', problem: opened.message, policy }
  return { is: 'on record', size: opened.checkpoint.size, origin: opened.checkpoint.origin, policy }
}

/** As `../release.ts` writes it into the tag. */
function policyIn(script: string): Policy | undefined {
  const [literal] = /\{"publisher":"[^{}]*\}/.exec(script) ?? []
  return literal === undefined ? undefined : orElse(undefined, () => JSON.parse(literal) as Policy)
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
