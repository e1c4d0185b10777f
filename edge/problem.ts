/**
 * Errors as RFC 9457 problem documents. Whatever goes wrong is thrown as a `Problem` where it is noticed and answered in
 * one place, the application's `onError`.
 *
 *     HTTP/1.1 409 Conflict
 *     content-type: application/problem+json
 *
 *     {"type":"about:blank","title":"Conflict","status":409,"detail":"version 7 is not after 8, the latest"}
 */
import { STATUS_CODES } from 'node:http'
import { HTTPException } from 'hono/http-exception'
import * as v from 'valibot'

export type ProblemStatus = 400 | 401 | 403 | 404 | 405 | 409 | 413 | 415 | 422 | 429 | 500 | 503 | 507

/** `about:blank` says that the status means what HTTP says it means (RFC 9457, 4.2.1); `detail` is for people. */
export const problemSchema = v.looseObject({
  type: v.literal('about:blank'),
  title: v.string(),
  status: v.pipe(v.number(), v.integer()),
  detail: v.string(),
})

/** `members` are extension members of the document (RFC 9457, 3.2), for a program that reads it. */
export class Problem extends Error {
  constructor(
    readonly status: ProblemStatus,
    detail: string,
    readonly headers: Record<string, string> = {},
    readonly members: Record<string, unknown> = {},
  ) {
    super(detail)
    this.name = 'Problem'
  }
}

/** What `error` is to a client. Our own mistakes keep their message to themselves: it may name files. */
export function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error
  if (error instanceof HTTPException && error.status < 500) return new Problem(400, error.message)
  if (isFull(error)) return new Problem(507, 'the disk is full: nothing was kept', {}, { code: 'storage-full' })
  return new Problem(500, 'the edge failed; its log says why')
}

/** Runs a decoder of `shared/`, whose errors say what is wrong with a value, on a value that a client sent. */
export function decodeOr<T>(status: ProblemStatus, decode: () => T): T {
  try {
    return decode()
  } catch (error) {
    throw new Problem(status, error instanceof Error ? error.message : String(error))
  }
}

export function problemResponse(problem: Problem): Response {
  const { status, message: detail, headers, members } = problem
  const title = STATUS_CODES[status]
  return new Response(JSON.stringify({ type: 'about:blank', title, status, detail, ...members }), {
    status,
    headers: { 'content-type': 'application/problem+json', 'cache-control': 'no-store', ...headers },
  })
}

function isFull(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT')
}
