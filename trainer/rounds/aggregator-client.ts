/** An aggregator, as the publisher of its tasks speaks to it: everything can be asked again. */

import type { Signer } from '../../shared/tlog/note.ts'
import { openAnswer, postMessage, type RoundStatus, signQuestion } from '../serve.ts'
import { UserError } from '../user-error.ts'

const TIMEOUT_MS = 30_000

export type Bytes = Uint8Array<ArrayBuffer>

/** It is not there, or not now: to be asked again. */
export class Away extends Error {}

/** It does not do what was asked, and says why in a word. */
export class Refused extends UserError {
  constructor(
    readonly code: string,
    message: string,
    /** What else it says. */
    readonly members: Record<string, unknown>,
  ) {
    super(message, REMEDIES[code] ?? 'its log says more')
  }
}

const REMEDIES: Record<string, string> = {
  'not-mine': 'is this the aggregator, and its operator’s name, that the task means?',
  'not-signed': 'start the aggregator with --publisher KEY, as "vitrine publish" prints it',
  'task-unknown': 'was its --state folder lost? Then declare the task under a new key of that aggregator',
  'noise-too-small': 'ask for more noise (--noise), or start the aggregator with other terms',
  'batch-too-small': 'ask for more reports (--min-batch), or start the aggregator with other terms',
}

export interface AggregatorClient {
  /** Its verifier key, and who runs it, as it says itself. */
  identity(): Promise<{ key: string; operator: string }>
  /** @param note an entry, signed by the publisher @returns the aggregator's signature line @throws Refused */
  sign(note: Bytes): Promise<string>
  /** The HPKE key of a round to come, base64. */
  keyOf(task: string, round: number): Promise<Bytes>
  open(record: Bytes): Promise<void>
  abort(round: string, reason: string): Promise<void>
  status(round: string): Promise<RoundStatus>
  aggregate(round: string): Promise<Bytes>
}

/** @param key its verifier key, where it is known; what it answers is signed with it */
export function aggregatorClient(url: string, publisher: Signer, key?: string): AggregatorClient {
  const base = url.replace(/\/$/, '')

  async function send(path: string, body?: Bytes): Promise<Response> {
    const init = { redirect: 'error', signal: AbortSignal.timeout(TIMEOUT_MS) } as const
    const response = await fetch(base + path, body ? { ...init, method: 'POST', body } : init).catch((error: Error) => {
      const { message, code } = (error.cause ?? {}) as NodeJS.ErrnoException
      throw new Away(`${base}: does not answer (${message || code || error.name})`)
    })
    if (response.ok) return response
    const { detail = '', code = '', ...members } = (await response.json().catch(() => ({}))) as Record<string, string>
    if (response.status >= 500) throw new Away(`${base}: ${response.status} ${detail}`)
    throw new Refused(code, `${base}: ${detail || response.status}`, members)
  }

  async function ask(question: Parameters<typeof signQuestion>[0]) {
    const note = await signQuestion(question, publisher)
    const answer = await postMessage(base, note).catch((error: Error) => {
      throw new Away(`${base}: ${error.message}`)
    })
    return openAnswer(answer, note, key ?? (await identity()).key)
  }

  const identity = async () => (await (await send('/healthz')).json()) as { key: string; operator: string }

  return {
    identity,
    sign: async (note) => (await send('/v1/signatures', note)).text(),
    async keyOf(task, round) {
      const answer = await ask({ type: 'key', task, round })
      if (answer.type === 'key') return answer.key
      throw new Refused(answer.type === 'refused' ? answer.reason : '', `${base}: gives no key for round ${round}`, {})
    },
    open: async (record) => {
      await send('/v1/rounds', record)
    },
    async abort(round, reason) {
      const answer = await ask({ type: 'abort', round, reason })
      if (answer.type === 'refused') throw new Refused(answer.reason, `${base}: does not abort: ${answer.reason}`, {})
    },
    status: async (round) => (await send(`/v1/rounds/${round}`)).json() as Promise<RoundStatus>,
    aggregate: async (round) => new Uint8Array(await (await send(`/v1/rounds/${round}/aggregate`)).arrayBuffer()),
  }
}
