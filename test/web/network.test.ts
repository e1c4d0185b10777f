/** Privacy by construction: one file can send, and it only fetches what is the same for everyone. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

const WEB = join(import.meta.dirname, '..', '..', 'web')
const WAYS_OUT =
  /\bfetch\s*\(|XMLHttpRequest|sendBeacon|WebSocket|WebTransport|new EventSource|importScripts|new Image\b|RTCPeerConnection|\bimport\s*\(|\.src\s*=|\.action\s*=|window\.open|document\.cookie|localStorage|sessionStorage/

const files = ['tag', 'capture', 'store', 'worker', 'widgets', 'learning', 'panel'].flatMap((folder) =>
  readdirSync(join(WEB, folder))
    .filter((file) => /\.(ts|svelte)$/.test(file))
    .map((file) => `${folder}/${file}`),
)

describe('what leaves the device', () => {
  it.each(files)('%s has no way out', (file) => {
    const code = readFileSync(join(WEB, file), 'utf8')
    expect(code.match(WAYS_OUT)?.[0]).toBeUndefined()
  })

  it('network.ts is the one that fetches, once, without credentials, referrer or body', () => {
    const code = readFileSync(join(WEB, 'network.ts'), 'utf8')
    expect(code.match(/\bfetch\(/g)).toHaveLength(1)
    expect(code).toMatch(/method: 'GET'/)
    expect(code).toMatch(/credentials: 'omit'/)
    expect(code).toMatch(/referrerPolicy: 'no-referrer'/)
    expect(code).not.toMatch(/\bbody: |headers: |\?\$\{/)
  })
})
