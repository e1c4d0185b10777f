/** Publishes to an edge over HTTP, as its operator. */
import type { ModelEntry } from '../shared/tlog/entry.ts'
import type { Standing } from '../shared/tlog/succession.ts'
import { AwaitsWitnesses, type Destination } from './publish.ts'
import { AWAITS_WITNESSES } from './serve.ts'
import { UserError } from './user-error.ts'

const TIMEOUT_MS = 60_000

/** @param token is sent to this URL and nowhere else, and is in no message */
export function edgeDestination(url: string, token: string): Destination {
  const base = url.replace(/\/$/, '')
  const send = async (path: string, init: RequestInit): Promise<Response> => {
    let response: Response
    try {
      response = await fetch(base + path, { ...init, redirect: 'error', signal: AbortSignal.timeout(TIMEOUT_MS) })
    } catch (error) {
      throw new UserError(
        `${base}: does not answer (${causeOf(error as Error)})`,
        'is the edge running, and is the URL right?',
      )
    }
    return response
  }
  const asOperator = async (method: 'GET' | 'PUT' | 'POST', path: string, body?: Uint8Array): Promise<Response> => {
    const response = await send(path, {
      method,
      headers: { authorization: `Bearer ${token}`, ...(body ? { 'content-type': 'application/octet-stream' } : {}) },
      ...(body ? { body: body as Uint8Array<ArrayBuffer> } : {}),
    })
    if (response.ok) return response
    const problem = (await response.json().catch(() => ({}))) as {
      detail?: string
      title?: string
      code?: string
    }
    if (problem.code === AWAITS_WITNESSES) throw new AwaitsWitnesses(problem.detail)
    // Without the path, which is mostly a chunk's hash.
    throw new UserError(
      `${base}: ${response.status} ${problem.detail ?? problem.title ?? ''}`,
      response.status === 401 ? 'is VITRINE_TOKEN the token the edge was started with?' : 'publish again',
    )
  }
  return {
    async standing() {
      const response = await asOperator('GET', '/v1/operator/status')
      // Our own edge's answer, of our own release; what it says is checked again when a browser reads the log.
      const { log, policy, release, latest, tasks } = (await response.json()) as {
        log: { key?: string }
        latest?: ModelEntry
      } & Pick<Standing, 'policy' | 'release' | 'tasks'>
      if (!log?.key) {
        throw new UserError(`${base}: has no key of its log`, 'start the edge with "vitrine serve", which makes one')
      }
      return { logKey: log.key, policy, release, model: latest, tasks }
    },
    async readChunk(sha256) {
      const response = await send(`/v1/chunks/${sha256}`, {})
      return response.ok ? new Uint8Array(await response.arrayBuffer()) : undefined
    },
    putChunk: (sha256, bytes) => asOperator('PUT', `/v1/operator/chunks/${sha256}`, bytes),
    append: (record) => asOperator('POST', '/v1/operator/records', record),
  }
}

/** What fetch does not say by itself: "getaddrinfo ENOTFOUND edge.example", "self-signed certificate". */
function causeOf(error: Error): string {
  const { message, code } = (error.cause ?? {}) as NodeJS.ErrnoException
  // Of a host with several addresses, each refused, there is no message.
  return message || code || error.name
}
