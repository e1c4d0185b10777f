/**
 * Asks witnesses to cosign a checkpoint (C2SP tlog-witness.md, "add-checkpoint"): each is told the size that it saw last and gets the
 * proof that the tree has only grown since. One that is away, or slow, costs its own signature.
 */
import { base64Of } from '../shared/tlog/base64.ts'
import { decodeCheckpoint } from '../shared/tlog/checkpoint.ts'
import { cosignedAt } from '../shared/tlog/cosignature.ts'
import { consistencyProof } from '../shared/tlog/node-reader.ts'
import { parseNote, parseSignatures, parseVerifierKey } from '../shared/tlog/note.ts'
import type { LogOptions } from './log.ts'
import { Problem } from './problem.ts'

const TIMEOUT_MS = 10_000
const MAX_ANSWER_BYTES = 8192

/** What was appended is committed, and served as soon as they have cosigned. */
export const AWAITS_WITNESSES = 'awaits-witnesses'

type Witness = NonNullable<LogOptions['witness']>

/** @param urls of the witnesses' submission prefixes */
export function askWitnesses(urls: readonly string[]): Witness {
  /** By witness: the size that it cosigned last. */
  const seen = new Map<string, number>()

  return async (checkpoint, read, { policy }) => {
    const note = parseNote(checkpoint)
    const { size } = decodeCheckpoint(note.text)
    const ask = async (url: string, oldSize: number): Promise<{ lines: string } | { conflict: number }> => {
      const proof = oldSize > 0 && oldSize < size ? await consistencyProof(oldSize, size, read) : []
      const head = [`old ${oldSize}`, ...proof.map(base64Of), ''].join('\n')
      const body = `${head}\n${new TextDecoder().decode(checkpoint)}`
      const response = await fetch(`${url.replace(/\/$/, '')}/add-checkpoint`, {
        method: 'POST',
        body,
        redirect: 'error',
        signal: AbortSignal.timeout(TIMEOUT_MS),
      })
      const text = await readText(response, MAX_ANSWER_BYTES)
      const isSize = response.headers.get('content-type') === 'text/x.tlog.size' && /^\d{1,16}\n$/.test(text)
      if (response.status === 409 && isSize) return { conflict: Number(text) }
      if (!response.ok) throw new Error(`status ${response.status}, "${readable(text)}"`)
      return { lines: text }
    }
    const cosign = async (url: string): Promise<string> => {
      let answer = await ask(url, Math.min(seen.get(url) ?? 0, size))
      // It has seen more, or less, than we remember: then it says so, once.
      if ('conflict' in answer && answer.conflict <= size) answer = await ask(url, answer.conflict)
      if ('conflict' in answer) throw new Error(`it has seen ${answer.conflict} entries, and there are ${size}`)
      parseSignatures(answer.lines)
      seen.set(url, size)
      return answer.lines
    }
    const failures: string[] = []
    const answers = await Promise.all(
      urls.map((url) =>
        cosign(url).catch((error: Error) => {
          failures.push(`${url}: ${(error.cause as Error | undefined)?.message ?? error.message}`)
          return ''
        }),
      ),
    )
    const known = await Promise.all((policy?.witnesses ?? []).map(parseVerifierKey))
    // Keys that the policy does not know are passed over; of those that it knows, what holds is kept.
    const kept: string[] = []
    let held = 0
    for (const key of known) {
      for (const line of answers.flatMap((lines) => lines.split(/(?<=\n)/))) {
        const signed = line.startsWith(`— ${key.name} `) && { text: note.text, signatures: parseSignatures(line) }
        if (!signed || kept.includes(line) || (await cosignedAt(signed, key)) === undefined) continue
        kept.push(line)
        held++
        break
      }
    }
    const wanted = policy?.cosignatures ?? 0
    if (held < wanted) {
      const why = urls.length === 0 ? 'none was asked: --witness-url names them' : failures.join('; ')
      const message = `${held} of ${wanted} witnesses have cosigned${why && ` (${why})`}`
      throw new Problem(503, message, {}, { code: AWAITS_WITNESSES })
    }
    return kept.join('')
  }
}

/** Of somebody else's answer what a line has room for. */
const readable = (text: string) =>
  text
    .replace(/[^ -~]+/g, ' ')
    .trim()
    .slice(0, 200)

/** Stops at the limit. @throws Error when there is more */
async function readText({ body }: Response, maxBytes: number): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  for await (const part of body ?? []) {
    text += decoder.decode(part, { stream: true })
    if (text.length > maxBytes) throw new Error(`the answer is longer than ${maxBytes} bytes`)
  }
  return text
}
