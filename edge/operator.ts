/** Who may publish: whoever has the token. The edge knows only its SHA-256, so that its settings do not give it away. */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { MiddlewareHandler } from 'hono'
import { Problem } from './problem.ts'

/**
 * Lets requests with `Authorization: Bearer TOKEN` through. Without a configured token there is no operator. The answer
 * to everybody else is the same whatever they sent, and takes as long: digests are compared, not tokens.
 * @param tokenSha256 lower-case hexadecimal, as `printf %s "$TOKEN" | sha256sum` prints it
 * @throws Error when `tokenSha256` is no digest; without its value, which may be the token itself by mistake.
 */
export function requireOperator(tokenSha256: string | undefined): MiddlewareHandler {
  if (tokenSha256 !== undefined && !/^[0-9a-f]{64}$/.test(tokenSha256)) {
    throw new Error('operatorTokenSha256 must be 64 lower-case hexadecimal digits, the SHA-256 of the token')
  }
  const expected = Buffer.from(tokenSha256 ?? '', 'hex')
  return async (c, next) => {
    const [, token = ''] = /^Bearer +(\S+)$/i.exec(c.req.header('authorization') ?? '') ?? []
    const given = createHash('sha256').update(token).digest()
    if (expected.length !== given.length || !timingSafeEqual(expected, given)) {
      throw new Problem(401, 'operator routes need Authorization: Bearer TOKEN', { 'www-authenticate': 'Bearer' })
    }
    await next()
  }
}
