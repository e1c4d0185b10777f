/** Privacy by construction: one file fetches, what is the same for everyone, and one sends, to those who add up. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

const WEB = join(import.meta.dirname, '..', '..', 'web')
const WAYS_OUT =
  /\bfetch\s*\(|XMLHttpRequest|sendBeacon|WebSocket|WebTransport|new EventSource|importScripts|new Image\b|RTCPeerConnection|\bimport\s*\(|\.src\s*=|\.action\s*=|window\.open|document\.cookie|localStorage|sessionStorage/

/** Beside `fetch`, what gives a request something to carry. */
const CARRIES = /\bheaders: |keepalive|new Request\b|new FormData\b|\.submit\(|requestSubmit/
const GET = 'network.ts'
const SEND = 'federated/contribute.ts'

const files = readdirSync(WEB, { recursive: true, encoding: 'utf8' })
  .map((file) => file.replaceAll('\\', '/'))
  // What builds the tag, and the demo shop around it, is not in the tag.
  .filter((file) => /\.(ts|svelte)$/.test(file) && !/^(build\.ts|shop\/)/.test(file))
const codeOf = (file: string) => readFileSync(join(WEB, file), 'utf8')

describe('what leaves the device', () => {
  it.each(files.filter((file) => file !== GET && file !== SEND))('%s has no way out, and nothing to send', (file) => {
    expect(codeOf(file).match(WAYS_OUT)?.[0]).toBeUndefined()
    expect(codeOf(file).match(CARRIES)?.[0]).toBeUndefined()
  })

  it('network.ts fetches, in one place, without credentials, referrer or body', () => {
    const code = codeOf(GET)
    expect(code.match(/\bfetch\(/g)).toHaveLength(1)
    expect(code).toMatch(/method: 'GET'/)
    expect(code).toMatch(/credentials: 'omit'/)
    expect(code).toMatch(/referrerPolicy: 'no-referrer'/)
    expect(code).not.toMatch(/\bbody: |headers: |\?\$\{/)
  })

  it('contribute.ts is the one that sends, in one place: a body, and neither credentials, referrer, headers nor a query', () => {
    const code = codeOf(SEND)
    expect(code.match(/\bfetch\(/g)).toHaveLength(1)
    const [, how = ''] = /fetch\(url, \{([^}]*)\}\)/.exec(code) ?? []
    expect(how.split(/,?\n\s*/).filter(Boolean)).toEqual([
      'method',
      'body',
      `mode: 'cors'`,
      `credentials: 'omit'`,
      `referrerPolicy: 'no-referrer'`,
      `redirect: 'error'`,
      `cache: 'no-store'`,
      'signal: AbortSignal.timeout(TIMEOUT_MS)',
    ])
    expect(code.replace(how, '').match(WAYS_OUT)?.[0]).toBe('fetch(')
    expect(code.replace(how, '').match(CARRIES)?.[0]).toBeUndefined()
    expect(code).not.toMatch(/\?\$\{|keepalive|cookie/i)
    // A report, and the secret that takes it back: nothing else is said to the leader.
    expect(code.match(/await post\(.*\)/g)).toEqual([
      // biome-ignore lint/suspicious/noTemplateCurlyInString: source text
      "await post('PUT', `${url}/v1/rounds/${round}/reports/${report}`, outgoing.body)",
      // biome-ignore lint/suspicious/noTemplateCurlyInString: source text
      "await post('POST', `${url}/v1/rounds/${round}/withdrawals`, secret)",
    ])
  })
})
