/** A witness as logs, forgers and monitors meet it. Trees and proofs are those of RFC 6962, by its own recursive definitions. */
import { createHash } from 'node:crypto'
import { existsSync, writeFileSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Hono } from 'hono'
import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type ServedEdge, serveEdge } from '../../edge/node.ts'
import { openStore, type Store } from '../../edge/store.ts'
import { createWitness, type WitnessOptions } from '../../edge/witness.ts'
import { base64Of } from '../../shared/tlog/base64.ts'
import { decodeCheckpoint, encodeCheckpoint } from '../../shared/tlog/checkpoint.ts'
import { cosign, cosignedAt } from '../../shared/tlog/cosignature.ts'
import { signEntry } from '../../shared/tlog/entry.ts'
import {
  COSIGNATURE,
  ED25519,
  encodeNote,
  type KeyType,
  openNote,
  parseNote,
  parseSignatures,
  parseVerifierKey,
  type Signer,
  signatureLine,
  signNote,
  verifierKeyText,
} from '../../shared/tlog/note.ts'
import { openCheckpoint, type Policy } from '../../shared/tlog/policy.ts'

const ORIGIN = 'shop.example/log'
const ID = sha256Hex(ORIGIN)

async function newSigner(name: string, type: KeyType = ED25519) {
  const keys = (await crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify'])) as CryptoKeyPair
  return { name, keys, verifierKey: await verifierKeyText(name, keys.publicKey, type) }
}
const shop = await newSigner(ORIGIN)
const stranger = await newSigner('stranger.example/log')
const own = await newSigner('watch.example/w1', COSIGNATURE)
const ownKey = await parseVerifierKey(own.verifierKey)

let folder: string
let options: WitnessOptions
let app: Hono
/** Seconds. Each look at the clock is a second later, so that times tell what came first. */
let clock: number
let logged: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vitrine-witness-'))
  clock = 1_800_000_000
  logged = ''
  options = {
    folder: join(folder, 'state'),
    signer: own,
    logs: [shop.verifierKey],
    now: () => clock++ * 1000,
    log: pino({ level: 'trace' }, { write: (line: string) => (logged += line) }),
  }
  app = await createWitness(options)
})
afterEach(() => rm(folder, { recursive: true, force: true }))

function sha256Hex(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

// RFC 6962 2.1: MTH and SUBPROOF, word by word.

const sha256 = (...parts: Uint8Array[]) => new Uint8Array(createHash('sha256').update(Buffer.concat(parts)).digest())
const k = (n: number) => 2 ** Math.ceil(Math.log2(n) - 1)

function mth(d: readonly string[]): Uint8Array {
  if (d.length === 0) return sha256()
  if (d.length === 1) return sha256(Uint8Array.of(0), Buffer.from(d[0]))
  return sha256(Uint8Array.of(1), mth(d.slice(0, k(d.length))), mth(d.slice(k(d.length))))
}

function subproof(m: number, d: readonly string[], b = true): Uint8Array[] {
  if (m === d.length) return b ? [] : [mth(d)]
  const split = k(d.length)
  if (m <= split) return [...subproof(m, d.slice(0, split), b), mth(d.slice(split))]
  return [...subproof(m - split, d.slice(split), false), mth(d.slice(0, split))]
}

/** Entries of a log; those of a branch differ from the fifth on. */
const entries = (size: number, branch = '') =>
  Array.from({ length: size }, (_, n) => (n < 4 ? `${n}` : `${n}${branch}`))

const textOf = (size: number, branch?: string, origin = ORIGIN) =>
  encodeCheckpoint({ origin, size, root: mth(entries(size, branch)) })

const proofLines = (oldSize: number, size: number, branch?: string) =>
  oldSize > 0 && oldSize < size ? subproof(oldSize, entries(size, branch)).map(base64Of) : []

const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes)

interface Sent {
  branch?: string
  proof?: string[]
  signer?: Signer
  note?: string
}

async function bodyOf(oldSize: number, size: number, { branch, proof, signer = shop, note }: Sent = {}) {
  const lines = proof ?? proofLines(oldSize, size, branch)
  const signed = note ?? decode(await signNote(textOf(size, branch), signer))
  return [`old ${oldSize}`, ...lines, '', signed].join('\n')
}

const post = async (body: string | Uint8Array<ArrayBuffer>, to = app) =>
  to.request('/add-checkpoint', { method: 'POST', body })
const submit = async (oldSize: number, size: number, sent?: Sent, to = app) =>
  post(await bodyOf(oldSize, size, sent), to)

async function expectRefusal(response: Response, status: number, reason: RegExp): Promise<void> {
  expect(response.status).toBe(status)
  expect(response.headers.get('content-type')).toMatch(/^text\/plain/)
  expect(await response.text()).toMatch(reason)
}

async function expectConflict(response: Response, size: number): Promise<void> {
  expect(response.status).toBe(409)
  expect(response.headers.get('content-type')).toBe('text/x.tlog.size')
  expect(await response.text()).toBe(`${size}\n`)
}

/** When the witness says that it saw this tree. */
async function expectCosigned(response: Response, size: number, branch?: string): Promise<number> {
  const lines = await response.text()
  expect(response.status, lines).toBe(200)
  const time = await cosignedAt({ text: textOf(size, branch), signatures: parseSignatures(lines) }, ownKey)
  expect(time).toBeDefined()
  return time!
}

const monitored = (to = app, id = ID) => to.request(`/${id}/checkpoint`)
const heldSize = async (to = app) =>
  decodeCheckpoint(parseNote(new Uint8Array(await (await monitored(to)).arrayBuffer())).text).size
const stateFolder = () => join(options.folder, ID)
const evidence = async (kind: string) =>
  (await readdir(join(stateFolder(), 'evidence'))).filter((name) => name.startsWith(kind))

describe('add-checkpoint', () => {
  test('cosigns a log as it grows, from every size to every other, with the time', async () => {
    const sizes = [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33]
    for (const from of sizes) {
      for (const to of sizes.filter((size) => size >= from)) {
        options.folder = join(folder, `${from}-${to}`)
        app = await createWitness(options)
        await expectCosigned(await submit(0, from), from)
        const before = clock
        const time = await expectCosigned(await submit(from, to), to)
        expect(time).toBeGreaterThanOrEqual(before)
        expect(time).toBeLessThan(clock)
        expect(await heldSize()).toBe(to)
      }
    }
  })

  test('answers with its own signature line and nothing beside it', async () => {
    const response = await submit(0, 3)
    expect(response.headers.get('content-type')).toMatch(/^text\/plain/)
    expect(await response.text()).toMatch(/^— watch\.example\/w1 [A-Za-z0-9+/]{100,104}={0,2}\n$/)
  })

  test('cosigns the same checkpoint again, later', async () => {
    const first = await expectCosigned(await submit(0, 6), 6)
    expect(await expectCosigned(await submit(6, 6), 6)).toBeGreaterThan(first)
  })

  test('an empty log is cosigned while it is empty', async () => {
    await expectCosigned(await submit(0, 0), 0)
    expect((await monitored()).status).toBe(404)
    await expectCosigned(await submit(0, 2), 2)
    await expectConflict(await submit(0, 0), 2)
  })

  test('an empty log has one root', async () => {
    const note = decode(await signNote(`${ORIGIN}\n0\n${base64Of(mth(['x']))}\n`, shop))
    await expectRefusal(await submit(0, 0, { note }), 409, /another root/)
    expect(await evidence('fork')).toHaveLength(1)
  })

  test('400 for what is not written in its one way', async () => {
    const [line] = proofLines(3, 6)
    const note = decode(await signNote(textOf(6), shop))
    await expectCosigned(await submit(0, 3), 3)
    const good = await bodyOf(3, 6)
    const loose = `${line.slice(0, -2)}${String.fromCharCode(line.charCodeAt(line.length - 2) + 1)}=`
    const bad: Record<string, string | Uint8Array<ArrayBuffer>> = {
      empty: '',
      'no old size': `\n${note}`,
      'a leading zero': good.replace('old 3', 'old 03'),
      'a plus': good.replace('old 3', 'old +3'),
      'a fraction': good.replace('old 3', 'old 3.0'),
      'a size in hex': good.replace('old 3', 'old 0x3'),
      'two spaces': good.replace('old 3', 'old  3'),
      'a space at the end': good.replace('old 3', 'old 3 '),
      'a carriage return': good.replace('old 3', 'old 3\r'),
      'another word': good.replace('old 3', 'size 3'),
      'a byte order mark': `\ufeff${good}`,
      'a size that is no longer exact': good.replace('old 3', 'old 9007199254740993'),
      'a proof line of 31 bytes': good.replace(line, base64Of(new Uint8Array(31))),
      'a proof line that is no base64': good.replace(line, line.replace(/^./, '_')),
      'a proof line without padding': good.replace(line, line.replace('=', '')),
      'a proof line with bits behind its end': good.replace(line, loose),
      '64 proof lines': await bodyOf(3, 6, { proof: Array(64).fill(line) }),
      'no empty line': good.replace('\n\n', '\n'),
      'no checkpoint': 'old 3\n\n',
      'no signatures': `old 3\n\n${textOf(6)}`,
      'no newline at the end': good.slice(0, -1),
      'a checkpoint with a leading zero': await bodyOf(3, 6, {
        note: decode(await signNote(textOf(6).replace('\n6\n', '\n06\n'), shop)),
      }),
      'a root of 31 bytes': await bodyOf(3, 6, {
        note: decode(await signNote(`${ORIGIN}\n6\n${base64Of(new Uint8Array(31))}\n`, shop)),
      }),
      'an extension line': await bodyOf(3, 6, { note: decode(await signNote(`${textOf(6)}more\n`, shop)) }),
      'bytes that are no UTF-8': Uint8Array.of(...Buffer.from(good), 0xff, 0x0a),
    }
    for (const [what, body] of Object.entries(bad)) {
      const response = await post(body)
      expect([what, response.status, await response.text()]).toEqual([what, 400, expect.stringMatching(/^[^\n]+\n$/)])
    }
    expect(await heldSize()).toBe(3)
    await expectCosigned(await post(good), 6)
  })

  test('400 for an old size above the new', async () => {
    await expectCosigned(await submit(0, 6), 6)
    await expectRefusal(await submit(6, 3), 400, /old size/)
    await expectRefusal(await submit(7, 6), 400, /old size/)
  })

  test('413 for a body that no honest log sends, before it is read whole', async () => {
    await expectRefusal(await post(`${await bodyOf(0, 3)}${'— x AAAAAAAA\n'.repeat(1500)}`), 413, /more than/)
    const endless = new ReadableStream({ pull: (c) => c.enqueue(new Uint8Array(1024)) })
    const request = { method: 'POST', body: endless, duplex: 'half' } as RequestInit
    await expectRefusal(await app.request('/add-checkpoint', request), 413, /more than/)
  })

  test('a body with 63 proof lines and 16 signatures is read', async () => {
    await expectCosigned(await submit(0, 3), 3)
    const text = textOf(6)
    const others = Array.from({ length: 15 }, (_, n) => `— ${'n'.repeat(99)}${n} ${base64Of(new Uint8Array(76))}\n`)
    const note = decode(
      encodeNote(text, [...others, await signatureLine(shop, ED25519, new TextEncoder().encode(text))]),
    )
    await expectRefusal(await submit(3, 6, { note, proof: Array(63).fill(proofLines(3, 6)[0]) }), 422, /proof/)
    await expectCosigned(await submit(3, 6, { note }), 6)
  })

  test('404 for a log that it does not know', async () => {
    const note = decode(await signNote(textOf(3, '', stranger.name), stranger))
    await expectRefusal(await submit(0, 3, { note }), 404, /not known/)
  })

  test('403 unless a key of the log has signed, under its name', async () => {
    const impostor = await newSigner(ORIGIN)
    const line = await signatureLine(impostor, ED25519, new TextEncoder().encode(textOf(3)))
    // The right key's name and hash, another's signature.
    const [{ hash }] = parseNote(await signNote(textOf(3), shop)).signatures
    const [{ bytes }] = parseSignatures(line)
    const pretended = `— ${ORIGIN} ${base64Of(Uint8Array.of(...hash, ...bytes))}\n`
    for (const note of [
      decode(await signNote(textOf(3), stranger)),
      decode(await signNote(textOf(3), impostor)),
      decode(encodeNote(textOf(3), [pretended])),
      decode(encodeNote(textOf(3), [await cosign(textOf(3), clock, shop)])),
      decode(await signNote(textOf(4), shop)).replace(textOf(4), textOf(3)),
    ]) {
      await expectRefusal(await submit(0, 3, { note }), 403, /not signed/)
    }
    expect((await monitored()).status).toBe(404)
  })

  test('two keys of one log, and no other, while it changes its key', async () => {
    const next = await newSigner(ORIGIN)
    app = await createWitness({ ...options, logs: [shop.verifierKey, next.verifierKey] })
    await expectCosigned(await submit(0, 3), 3)
    const both = await signNote(textOf(5), next, shop)
    await expectCosigned(await submit(3, 5, { note: decode(both) }), 5)
    expect(parseNote(new Uint8Array(await (await monitored()).arrayBuffer())).signatures).toHaveLength(3)
    await expectCosigned(await submit(5, 6, { signer: next }), 6)
    app = await createWitness({ ...options, logs: [next.verifierKey] })
    await expectRefusal(await submit(6, 7, { signer: shop }), 403, /not signed/)
    await expectCosigned(await submit(6, 7, { signer: next }), 7)
  })

  test('409 with the size when another was cosigned last', async () => {
    await expectConflict(await submit(3, 6), 0)
    await expectCosigned(await submit(0, 6), 6)
    for (const [from, to] of [
      [0, 6],
      [0, 9],
      [5, 9],
      [5, 5],
      [7, 9],
      [0, 3],
    ]) {
      await expectConflict(await submit(from, to), 6)
    }
    await expectCosigned(await submit(6, 9), 9)
  })

  test('409 without a size for another root of the same size: there is nothing to send instead', async () => {
    await expectCosigned(await submit(0, 6), 6)
    await expectRefusal(await submit(6, 6, { branch: 'b' }), 409, /another root/)
    await expectCosigned(await submit(6, 6), 6)
  })

  test('422 for a proof that does not hold', async () => {
    await expectRefusal(await submit(0, 6, { proof: proofLines(3, 6) }), 422, /proof/)
    await expectCosigned(await submit(0, 6), 6)
    const proof = proofLines(6, 9)
    expect(proof.length).toBeGreaterThan(2)
    for (const wrong of [[], proof.slice(1), [...proof, proof[0]], proof.toReversed(), proofLines(5, 9)]) {
      await expectRefusal(await submit(6, 9, { proof: wrong }), 422, /proof/)
    }
    await expectRefusal(await submit(6, 9, { branch: 'b' }), 422, /proof/)
    await expectRefusal(await submit(6, 6, { proof }), 422, /proof/)
    expect(await heldSize()).toBe(6)
  })

  test('a log that shows its witness a branch is refused, however it asks', async () => {
    await expectCosigned(await submit(0, 6), 6)
    for (let old = 0; old <= 12; old++) {
      for (let size = old; size <= 12; size++) {
        const response = await submit(old, size, { branch: 'b' })
        // Up to four entries both branches are one tree, which is older than what has been seen.
        expect([409, 422], `from ${old} to ${size}`).toContain(response.status)
      }
    }
    await expectCosigned(await submit(6, 12), 12)
  })

  test('other routes and methods: there are none', async () => {
    expect((await app.request('/add-checkpoint')).status).toBe(404)
    expect((await app.request('/', { method: 'POST' })).status).toBe(404)
  })
})

describe('evidence', () => {
  test('of a fork is both checkpoints, whichever old size came with it, once', async () => {
    await expectCosigned(await submit(0, 6), 6)
    await expectConflict(await submit(0, 6, { branch: 'b' }), 6)
    const names = await evidence('fork')
    expect(names).toHaveLength(1)
    const { held, submitted } = JSON.parse(await readFile(join(stateFolder(), 'evidence', names[0]), 'utf8'))
    const texts = await Promise.all([held, submitted].map((note) => openNote(Buffer.from(note), shop.verifierKey)))
    expect(texts).toEqual([textOf(6), textOf(6, 'b')])
    expect(logged).toContain('"level":50')
    expect(logged).toContain(names[0])

    await expectRefusal(await submit(6, 6, { branch: 'b' }), 409, /another root/)
    expect(await evidence('fork')).toEqual(names)
    await expectRefusal(await submit(6, 6, { branch: 'c' }), 409, /another root/)
    expect(await evidence('fork')).toHaveLength(2)
  })

  test('of a proof that fails is kept too, and its first sixteen: forks have a place of their own', async () => {
    await expectCosigned(await submit(0, 6), 6)
    for (let size = 7; size < 30; size++) expect((await submit(6, size, { proof: [] })).status).toBe(422)
    expect(await evidence('unproven')).toHaveLength(16)
    for (let n = 0; n < 20; n++) expect((await submit(6, 6, { branch: `b${n}` })).status).toBe(409)
    expect(await evidence('fork')).toHaveLength(16)
    expect(await evidence('unproven')).toHaveLength(16)
  })

  test('there is none of what nobody has signed, nor of an honest log', async () => {
    await expectCosigned(await submit(0, 6), 6)
    await expectRefusal(await submit(6, 6, { branch: 'b', signer: stranger }), 403, /not signed/)
    await expectConflict(await submit(3, 9), 6)
    await expectCosigned(await submit(6, 9), 9)
    expect(await readdir(join(stateFolder(), 'evidence'))).toEqual([])
  })
})

describe('the monitor', () => {
  test('reads what was cosigned last, with the log’s signature, cosigned now', async () => {
    expect((await monitored()).status).toBe(404)
    expect((await monitored(app, sha256Hex(stranger.name))).status).toBe(404)
    await submit(0, 5)
    const time = await expectCosigned(await submit(5, 9), 9)
    const response = await monitored()
    expect(response.headers.get('cache-control')).toBe('no-store')
    const bytes = new Uint8Array(await response.arrayBuffer())
    expect(await openNote(bytes, shop.verifierKey)).toBe(textOf(9))
    expect(await cosignedAt(parseNote(bytes), ownKey)).toBeGreaterThan(time)
  })

  test('is shown nobody’s words but the log’s and the witness’s', async () => {
    const text = textOf(3)
    const line = await signatureLine(shop, ED25519, new TextEncoder().encode(text))
    const others = [`— buy.example/now ${base64Of(new Uint8Array(68))}\n`, await cosign(text, clock + 1e6, stranger)]
    await expectCosigned(await submit(0, 3, { note: decode(encodeNote(text, [others[0], line, others[1]])) }), 3)
    const shown = await (await monitored()).text()
    expect(shown.startsWith(`${text}\n${line}— watch.example/w1 `)).toBe(true)
    expect(shown.match(/^— /gm)).toHaveLength(2)
  })
})

describe('what it has seen', () => {
  test('is never taken back by a second witness over the same folder', async () => {
    const second = await createWitness(options)
    await expectCosigned(await submit(0, 5), 5)
    await expectCosigned(await submit(5, 8, {}, second), 8)
    await expectConflict(await submit(5, 7), 8)
    await expectConflict(await submit(0, 5, {}, second), 8)
    await expectCosigned(await submit(8, 20), 20)
    app = await createWitness(options)
    expect(await heldSize()).toBe(20)
    await expectConflict(await submit(8, 9), 20)
    expect(await evidence('')).toEqual([])
  })

  test('of requests from one size one is cosigned, in one process and in two', async () => {
    const witnesses = [app, await createWitness(options)]
    let from = 0
    for (let round = 0; round < 30; round++) {
      const sizes = Array.from({ length: 6 }, (_, n) => from + 1 + n)
      // Every other request is of a branch, so that at most one tree can be right.
      const answers = await Promise.all(
        sizes.map((size, n) => submit(from, size, { branch: n % 2 ? `r${round}` : '' }, witnesses[n % 3 && 1])),
      )
      const won = answers.flatMap(({ status }, n) => (status === 200 ? [n] : []))
      expect(won, `round ${round}`).toHaveLength(1)
      expect(answers.filter(({ status }) => ![200, 409, 422].includes(status))).toEqual([])
      const size = await heldSize(witnesses[round % 2])
      expect(size).toBe(sizes[won[0]])
      const textThere = decode(await readFile(join(stateFolder(), `after-${from}`)))
      expect(textThere).toContain(textOf(size, won[0] % 2 ? `r${round}` : ''))
      // A branch that won is the log now: then another is begun.
      if (won[0] % 2 || size > 60) {
        from = 0
        options.folder = join(folder, `round-${round}`)
        witnesses[0] = await createWitness(options)
        witnesses[1] = await createWitness(options)
      } else from = size
    }
  })

  test('of one request that is sent several times at once, one is cosigned and the others are told the size', async () => {
    const second = await createWitness(options)
    for (let size = 1; size <= 10; size++) {
      const body = await bodyOf(size - 1, size)
      const answers = await Promise.all([app, second, app, second].map((to) => post(body, to)))
      answers.sort((a, b) => a.status - b.status)
      await expectCosigned(answers[0], size)
      for (const other of answers.slice(1)) await expectConflict(other, size)
    }
  })

  test('is what the times of cosignatures say: later ones are never of smaller trees', async () => {
    const witnesses = [app, await createWitness(options), await createWitness(options)]
    const said: { time: number; size: number }[] = []
    const log = async (to: Hono) => {
      let known = 0
      for (let n = 0; n < 40; n++) {
        const size = known + (n % 3)
        const response = await submit(known, size, {}, to)
        if (response.status === 409) known = Number(await response.text())
        else {
          said.push({ time: await expectCosigned(response, size), size })
          known = size
        }
        const bytes = new Uint8Array(await (await monitored(to)).arrayBuffer())
        if (known > 0)
          said.push({
            time: (await cosignedAt(parseNote(bytes), ownKey))!,
            size: decodeCheckpoint(parseNote(bytes).text).size,
          })
      }
    }
    await Promise.all([...witnesses, ...witnesses].map(log))
    const sizes = said.sort((a, b) => a.time - b.time).map(({ size }) => size)
    expect(new Set(sizes).size).toBeGreaterThan(20)
    expect(sizes).toEqual(sizes.toSorted((a, b) => a - b))
  })

  test('does not fill the disk, and is not replaced by who had slept when its place was freed', async () => {
    for (let size = 1; size <= 30; size++) await expectCosigned(await submit(size - 1, size), size)
    const names = (await readdir(stateFolder())).filter((name) => name.startsWith('after-'))
    expect(names.sort()).toEqual([22, 23, 24, 25, 26, 27, 28, 29].map((size) => `after-${size}`))
    // What a process that had read the log at 5 entries would still write: a branch, and a larger one than all that was seen.
    await writeFile(join(stateFolder(), 'after-5'), await signNote(textOf(31, 'b'), shop))
    expect(await heldSize()).toBe(30)
    await expectConflict(await submit(5, 31, { branch: 'b' }), 30)
    await expectCosigned(await submit(30, 31), 31)
    expect(await readdir(stateFolder())).not.toContain('after-5')
  })

  test('is read again before it is cosigned: who has slept since it was the newest is told what is', async () => {
    await expectCosigned(await submit(0, 5), 5)
    const newest = await signNote(textOf(30), shop)
    // Between one request's writing and its reading, others come to 30 entries.
    const now = () => {
      if (existsSync(join(stateFolder(), 'after-5'))) writeFileSync(join(stateFolder(), 'after-29'), newest)
      return clock++ * 1000
    }
    const slow = await createWitness({ ...options, now })
    await expectConflict(await submit(5, 7, {}, slow), 30)
    await expectConflict(await submit(5, 7, {}, slow), 30)
    expect(await heldSize()).toBe(30)
  })

  test('of one log is nothing to another', async () => {
    app = await createWitness({ ...options, logs: [shop.verifierKey, stranger.verifierKey] })
    await expectCosigned(await submit(0, 6), 6)
    const note = decode(await signNote(textOf(2, '', stranger.name), stranger))
    expect((await submit(0, 2, { note })).status).toBe(200)
    expect(await readFile(join(options.folder, sha256Hex(stranger.name), 'origin'), 'utf8')).toBe(`${stranger.name}\n`)
    expect(await heldSize()).toBe(6)
  })

  test('when it is damaged, nothing is cosigned', async () => {
    await expectCosigned(await submit(0, 6), 6)
    for (const text of ['', 'what?', decode(await signNote(textOf(6, '', stranger.name), stranger))]) {
      await writeFile(join(stateFolder(), 'after-0'), text)
      expect((await submit(6, 9)).status).toBe(500)
      expect((await submit(0, 9)).status).toBe(500)
      expect((await monitored()).status).toBe(500)
    }
    expect(logged).toContain(join(stateFolder(), 'after-0'))
  })

  test('needs a folder, and keys that are logs’', async () => {
    await writeFile(join(folder, 'file'), '')
    await expect(createWitness({ ...options, folder: join(folder, 'file') })).rejects.toThrow(join(folder, 'file'))
    await expect(createWitness({ ...options, logs: [own.verifierKey] })).rejects.toThrow(own.verifierKey)
    await expect(createWitness({ ...options, logs: ['shop.example'] })).rejects.toThrow('verifier key')
  })
})

describe('with the log of an edge', () => {
  const publisher = newSigner('shop.example')
  let served: ServedEdge
  let store: Store
  let policy: Policy

  beforeEach(async () => {
    served = await serveEdge(app, { port: 0 })
    store = await openStore(join(folder, 'edge'), shop, { witnessUrls: [`${served.url}/`], now: () => clock * 1000 })
    policy = {
      publisher: (await publisher).verifierKey,
      log: shop.verifierKey,
      witnesses: [own.verifierKey],
      cosignatures: 1,
      maxAgeSeconds: 1000,
    }
  })
  afterEach(() => served.close())

  /** Another record each time. */
  const appendPolicy = async (maxAgeSeconds: number) => {
    policy = { ...policy, maxAgeSeconds }
    return store.log.append(await signEntry({ type: 'policy', ...policy }, await publisher))
  }
  const checkpoint = async () => openCheckpoint((await store.log.readCheckpoint())!, policy, clock)

  test('what is put on record is served cosigned, and grows', async () => {
    for (let n = 1; n <= 12; n++) {
      expect(await appendPolicy(1000 + n)).toEqual({ index: n - 1, outcome: 'appended' })
      expect((await checkpoint()).size).toBe(n)
      expect(await heldSize()).toBe(n)
    }
    const bytes = (await store.log.readCheckpoint())!
    await expect(openCheckpoint(bytes, { ...policy, witnesses: [stranger.verifierKey] }, clock)).rejects.toThrow(
      '0 of 1',
    )
    const { time } = await checkpoint()
    clock += 500
    await store.log.refresh()
    expect((await checkpoint()).time).toBeGreaterThanOrEqual(time + 500)
    expect(await evidence('')).toEqual([])
  })

  test('while the witness is away nothing more is served; when it is back, by itself', async () => {
    await appendPolicy(1001)
    const { port } = served
    await served.close()
    await expect(appendPolicy(1002)).rejects.toMatchObject({ status: 503, message: expect.stringContaining('0 of 1') })
    expect((await checkpoint()).size).toBe(1)
    served = await serveEdge(await createWitness(options), { port })
    await store.log.refresh() // as every hour
    expect((await checkpoint()).size).toBe(2)
    expect(await appendPolicy(1002)).toEqual({ index: 1, outcome: 'present' })
    expect(await appendPolicy(1003)).toEqual({ index: 2, outcome: 'appended' })
  })

  test('a log that has forgotten what was cosigned is not cosigned again', async () => {
    for (let n = 1; n <= 3; n++) await appendPolicy(1000 + n)
    store = await openStore(join(folder, 'another edge'), shop, { witnessUrls: [served.url], now: () => clock * 1000 })
    for (const maxAge of [2001, 2002, 2003, 2004]) {
      await expect(appendPolicy(maxAge)).rejects.toMatchObject({ status: 503 })
    }
    expect(await store.log.readCheckpoint()).toBeUndefined()
    expect(await heldSize()).toBe(3)
  })
})
