/** Hand-made lies, each signed as a liar would: the audit names them. */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { encodeCheckpoint } from '../../../shared/tlog/checkpoint.ts'
import { encodeNote, signatureLine } from '../../../shared/tlog/note.ts'
import { decodeProof, encodeProof } from '../../../shared/tlog/proof.ts'
import { tilePath } from '../../../shared/tlog/tile.ts'
import { type Audit, type AuditOptions, audit } from '../../../trainer/audit/audit.ts'
import { type LogSource, openSource, SourceUnreachable } from '../../../trainer/audit/source.ts'
import { keyOf, NOW, newSigner, ShopLog } from './shop-log.ts'

let shop: ShopLog
beforeEach(async () => {
  shop = await ShopLog.open()
  for (const version of [1, 2, 3]) await shop.bundle(version)
})

const audited = (source: LogSource, more: Partial<AuditOptions> = {}): Promise<Audit> =>
  audit(source, { contents: true, publisher: shop.policy.publisher, now: NOW, ...more })
const found = ({ findings }: Audit) => findings.filter(({ severity }) => severity !== 'note').map(({ code }) => code)
const utf8 = (text: string) => new TextEncoder().encode(text)
const flipped = (bytes: Uint8Array | undefined, at = 10) =>
  bytes?.map((byte, n) => (n === at ? byte ^ 1 : byte)) as Uint8Array

describe('an honest log', () => {
  it('has no finding but that nobody witnesses it, and leaves a bookmark', async () => {
    const report = await audited(shop.source())
    expect(report.findings.map(({ code }) => code)).toEqual(['no-witnesses'])
    expect(report).toMatchObject({
      origin: 'shop.test/log',
      size: 5,
      read: 5,
      entries: { policy: 1, release: 1, bundle: 3 },
    })
    expect(report.bookmark).toMatchObject({ size: 5, standing: { model: { version: 3 }, release: { release: 1 } } })
  })

  it('is taken at its first word where no key is given, and the audit says so', async () => {
    const { publisher: _, ...options } = { contents: true, publisher: '', now: NOW }
    expect((await audit(shop.source(), options)).findings.map(({ code }) => code)).toEqual([
      'not-pinned',
      'no-witnesses',
    ])
  })

  it('goes on from a bookmark, and reads what is new alone', async () => {
    const before = await audited(shop.source())
    const next = await audited(shop.source(), { since: before.bookmark })
    expect([next.read, found(next)]).toEqual([0, []])
    await shop.bundle(4)
    const after = await audited(shop.source(), { since: before.bookmark })
    expect([after.read, after.size, found(after)]).toEqual([1, 6, []])
    expect(after.bookmark?.standing.model).toMatchObject({ version: 4 })
  })

  it.each([255, 256, 257, 300])('goes on from a bookmark at %i of 600 entries', async (at) => {
    for (let version = 4; shop.log.records.length < at; version++) await shop.bundle(version, 'same')
    const { bookmark } = await audited(shop.source(), { contents: false })
    for (let version = at - 1; shop.log.records.length < 600; version++) await shop.bundle(version, 'same')
    const after = await audited(shop.source(), { contents: false, since: bookmark })
    expect([after.read, found(after)]).toEqual([600 - at, []])
  })

  it('goes back, after an earlier audit, to what that audit read', async () => {
    const { bookmark } = await audited(shop.source())
    await shop.bundle(4, '2', { type: 'rollback', restores: 2 })
    expect(found(await audited(shop.source(), { since: bookmark }))).toEqual([])
  })

  it('that grows while it is audited is audited as far as browsers are shown it', async () => {
    const before = await shop.source().checkpoint()
    await shop.bundle(4)
    shop.served.set('checkpoint', before as Uint8Array)
    const report = await audited(shop.source())
    expect([report.size, report.standing.model?.version, found(report)]).toEqual([6, 4, []])
  })

  it('whose publisher has changed is audited by either key, and the newer does not vouch for what was before', async () => {
    const [first, key] = [shop.policy.publisher, await newSigner('shop.test')]
    const policy = { ...shop.policy, publisher: await keyOf(key) }
    await shop.append({ type: 'policy', ...policy }, shop.publisher, key)
    Object.assign(shop, { publisher: key, policy })
    await shop.release(2)
    await shop.bundle(4)
    expect(found(await audited(shop.source(), { publisher: first }))).toEqual([])
    expect(found(await audited(shop.source()))).toEqual(['published-before'])
  })

  it('has a version for some, that for more, and one for all', async () => {
    const others = await shop.othersOf(3)
    await shop.bundle(4, 'changed', {}, { share: 0.1, others })
    await shop.bundle(5, 'changed', {}, { share: 0.5, others })
    const report = await audited(shop.source())
    expect(found(report)).toEqual([])
    expect(report.findings.find(({ code }) => code === 'staged')?.message).toContain('for 50 % of browsers')
    await shop.bundle(6, 'changed')
    expect(found(await audited(shop.source()))).toEqual([])
  })

  it('is whole only with the chunks of those for whom the newest is not, whenever they were read', async () => {
    const { bookmark } = await audited(shop.source())
    await shop.bundle(4, 'changed', {}, { share: 0.1, others: await shop.othersOf(3) })
    expect(found(await audited(shop.source(), { since: bookmark }))).toEqual([])
    shop.chunks.delete(shop.shelfOf(3))
    expect(found(await audited(shop.source(), { since: bookmark }))).toEqual(['model-incomplete'])
  })

  it('has a rollback to an earlier model, a second release and a new key that the old one signs for', async () => {
    await shop.bundle(4, '2', { type: 'rollback', restores: 2 })
    await shop.release(2)
    const key = await newSigner('shop.test')
    const policy = { ...shop.policy, publisher: await keyOf(key) }
    await shop.append({ type: 'policy', ...policy }, shop.publisher, key)
    Object.assign(shop, { publisher: key, policy })
    await shop.release(3)
    await shop.bundle(5)
    expect(found(await audited(shop.source(), { publisher: undefined }))).toEqual([])
  })
})

describe('a log that lies', () => {
  const LIES: [string, string[], () => Promise<Partial<AuditOptions> | undefined>][] = [
    [
      'goes back to an older version',
      ['version-back'],
      async () => {
        await shop.bundle(2)
        await shop.bundle(4)
        return undefined
      },
    ],
    ['has two models for one version', ['version-twice'], async () => void (await shop.bundle(3, 'another'))],
    ['leaves a version out', ['gap'], async () => void (await shop.bundle(5))],
    [
      'says that it restores what it does not',
      ['rollback-differs'],
      async () => void (await shop.bundle(4, 'another', { type: 'rollback', restores: 2 })),
    ],
    [
      'leaves others with what was never on record',
      ['stage-differs'],
      async () =>
        void (await shop.bundle(4, '4', {}, { share: 0.1, others: { version: 2, manifest: 'a'.repeat(64) } })),
    ],
    [
      'leaves others with what was for some',
      ['stage-differs'],
      async () => {
        await shop.bundle(4, '4', {}, { share: 0.1, others: await shop.othersOf(3) })
        await shop.bundle(5, '5', {}, { share: 0.1, others: await shop.othersOf(4) })
        return undefined
      },
    ],
    [
      'restores what has not been yet',
      ['restores-nothing'],
      async () => void (await shop.bundle(4, '4', { type: 'rollback', restores: 4 })),
    ],
    [
      'has what the publisher has not signed',
      ['wrong-signature'],
      async () => void (await shop.append({ type: 'release', release: 2, files: {} }, await newSigner('shop.test'))),
    ],
    [
      'has a new key that the old one does not sign for',
      ['wrong-signature'],
      async () => {
        const thief = await newSigner('shop.test')
        await shop.append({ type: 'policy', ...shop.policy, publisher: await keyOf(thief) }, thief)
        return undefined
      },
    ],
    [
      'has a new key that nobody shows to have',
      ['rotation-unsigned'],
      async () =>
        void (await shop.append({ type: 'policy', ...shop.policy, publisher: await keyOf(await newSigner('x')) })),
    ],
    [
      'was begun by another publisher',
      ['wrong-publisher'],
      async () => ({ publisher: await keyOf(await newSigner('shop.test')) }),
    ],
    [
      'wants more witnesses than there are',
      ['malformed-entry'],
      async () => void (await shop.append({ type: 'policy', ...shop.policy, cosignatures: 1 })),
    ],
    [
      'has what is no entry',
      ['malformed-entry'],
      async () => void shop.log.append(utf8('{"type":"bundle"}\n\n— shop.test AAAAAAA=\n')),
    ],
    [
      'was another when it was audited before',
      ['tile-differs', 'tile-differs', 'fork'],
      async () => {
        const { bookmark } = await audited(shop.source())
        const other = shop.fork(4)
        await other.bundle(3, 'another')
        await other.bundle(4)
        Object.assign(shop, { log: other.log, latest: other.latest, chunks: other.chunks })
        return { since: bookmark }
      },
    ],
    [
      'has become shorter',
      ['shrunk'],
      async () => {
        const { bookmark } = await audited(shop.source())
        Object.assign(shop, { log: shop.fork(4).log, latest: 3 })
        return { since: bookmark }
      },
    ],
    [
      'shows another log to others, as long as this',
      ['split-view'],
      async () => {
        const other = shop.fork(4)
        await other.bundle(3, 'another')
        other.signing = shop.signing
        return { other: other.source() }
      },
    ],
    [
      'shows a longer log to others, that is not this one’s',
      ['split-view'],
      async () => {
        const other = shop.fork(4)
        for (let version = 3; version < 280; version++) await other.bundle(version, 'same')
        return { other: other.source() }
      },
    ],
    [
      'is signed by another key',
      ['checkpoint-signature', 'latest-unlogged'],
      async () => void Object.assign(shop.signing, { as: await newSigner('shop.test/log') }),
    ],
    [
      'is of the day before yesterday',
      ['stale', 'stale'],
      async () => void (shop.signing.time = NOW / 1000 - 2 * 86_400),
    ],
    [
      'is signed for another root than its entries give, and not cosigned',
      ['root-differs', 'checkpoint-signature', 'fork'],
      async () => {
        const { signer } = shop.log
        const text = encodeCheckpoint({ origin: signer.name, size: 5, root: new Uint8Array(32) })
        shop.served.set('checkpoint', encodeNote(text, [await signatureLine(signer, 1, utf8(text))]))
        return undefined
      },
    ],
    [
      'serves what is not on record',
      ['latest-unlogged'],
      async () => {
        const other = shop.fork(5)
        await other.bundle(4)
        const proof = decodeProof(await shop.log.proof(4, shop.signing))
        const record = new Uint8Array(other.log.records[5])
        shop.served.set('latest', utf8(encodeProof({ ...proof, record })))
        return undefined
      },
    ],
    [
      'serves an older model than the newest',
      ['latest-behind'],
      async () => void shop.served.set('latest', utf8(await shop.log.proof(3, shop.signing))),
    ],
    [
      'serves a tag that differs from the one on record',
      ['tag-differs'],
      async () => void shop.served.set('vitrine.js', utf8('start(somebody else)')),
    ],
    [
      'serves an integrity file that differs from the tag',
      ['integrity-differs'],
      async () => void (await shop.release(2, { lists: { 'vitrine.js': 'sha256-another' } })),
    ],
    [
      'has lost a chunk of the model in force',
      ['chunk-missing', 'model-incomplete'],
      async () => void shop.chunks.delete(shop.shelfOf(3)),
    ],
    [
      'has lost a chunk of the model in force, in which nothing is new since an earlier audit',
      ['chunk-missing', 'model-incomplete'],
      async () => {
        const { bookmark } = await audited(shop.source())
        shop.chunks.delete(shop.shelfOf(3))
        return { since: bookmark }
      },
    ],
    [
      'serves other records than it did, in which nothing is new since an earlier audit',
      ['tile-differs'],
      async () => {
        const { bookmark } = await audited(shop.source())
        shop.asServed = ({ level }, bytes) => (level === 'entries' ? bytes.map((byte, n) => byte ^ +(n === 9)) : bytes)
        return { since: bookmark }
      },
    ],
    [
      'serves another tag, in which nothing was released since an earlier audit',
      ['tag-differs'],
      async () => {
        const { bookmark } = await audited(shop.source())
        shop.served.set('vitrine.js', utf8('start(somebody else)'))
        return { since: bookmark }
      },
    ],
    [
      'shows auditors an older checkpoint than browsers, which goes on with a lie',
      ['gap'],
      async () => {
        shop.served.set('checkpoint', (await shop.source().checkpoint()) as Uint8Array)
        await shop.bundle(9)
        return undefined
      },
    ],
    [
      'is empty, and nobody answers for it',
      ['wrong-publisher', 'no-policy'],
      async () => {
        const empty = shop.fork(0)
        empty.signing = shop.signing
        Object.assign(shop, { log: empty.log })
        shop.source = () => ({ ...empty.source(), latest: async () => undefined })
        return undefined
      },
    ],
    [
      'is compared with what is no checkpoint',
      ['tile-malformed'],
      async () => ({ other: { ...shop.source(), checkpoint: async () => utf8('no checkpoint') } }),
    ],
    [
      'releases a tag that pins another policy',
      ['tag-policy'],
      async () => void (await shop.release(2, { policy: { ...shop.policy, log: 'thief.test/log+00000000+AAAA' } })),
    ],
    [
      'serves a manifest that is another',
      ['manifest-differs'],
      async () => {
        const [sha256, bytes] = [...shop.chunks].at(-1) as [string, Uint8Array]
        shop.served.set(sha256, flipped(bytes))
        return undefined
      },
    ],
    [
      'serves a chunk with one bit wrong',
      ['chunk-differs'],
      async () => {
        const [sha256, bytes] = [...shop.chunks].at(-2) as [string, Uint8Array]
        shop.served.set(sha256, flipped(bytes))
        return undefined
      },
    ],
  ]

  it.each(LIES)('%s', async (_what, codes, lie) => {
    const options = await lie()
    const report = await audited(shop.source(), options)
    expect(found(report)).toEqual(codes)
    if (report.findings.some(({ severity }) => severity === 'critical')) expect(report.bookmark).toBeUndefined()
  })

  it('of a split view both signed checkpoints are shown, to the byte', async () => {
    const other = shop.fork(4)
    await other.bundle(3, 'another')
    const theirs = other.source()
    const { findings } = await audited(shop.source(), { other: { ...theirs, name: 'https://cdn.test' } })
    const { evidence } = findings.find(({ code }) => code === 'split-view') ?? { evidence: [] }
    const text = async (bytes: Promise<Uint8Array | undefined>) => new TextDecoder().decode(await bytes)
    expect(evidence).toEqual([
      { what: 'https://edge.test', text: await text(shop.source().checkpoint()) },
      { what: 'https://cdn.test', text: await text(theirs.checkpoint()) },
    ])
  })
})

describe('bytes that are no log', () => {
  const CHECKPOINTS: [string, (text: string) => string][] = [
    ['a leading zero', (text) => text.replace('\n5\n', '\n05\n')],
    ['a trailing line', (text) => text.replace('\n\n', '\nmore\n\n')],
    ['no signature', (text) => text.slice(0, text.indexOf('\n\n') + 1)],
    ['a size that is no number', (text) => text.replace('\n5\n', '\n5e0\n')],
    ['nothing', () => ''],
  ]
  it.each(CHECKPOINTS)('a checkpoint with %s', async (_what, change) => {
    const text = new TextDecoder().decode(await shop.source().checkpoint())
    shop.served.set('checkpoint', utf8(change(text)))
    expect(found(await audited(shop.source()))).toEqual(['checkpoint-malformed'])
  })

  it('a log that claims 2^40 entries is asked for its right edge, and not walked', async () => {
    const { signer } = shop.log
    const text = encodeCheckpoint({ origin: signer.name, size: 2 ** 40, root: shop.log.root() })
    shop.served.set('checkpoint', encodeNote(text, [await signatureLine(signer, 1, utf8(text))]))
    const asked: string[] = []
    const source = shop.source()
    const tile: LogSource['tile'] = (wanted) => {
      asked.push(tilePath(wanted))
      return source.tile(wanted)
    }
    expect(found(await audited({ ...source, tile }))).toEqual(['tile-missing'])
    expect(asked).toEqual(['tile/5/000.p/1'])
  })

  const TILES: [string, string[], (bytes: Uint8Array, path: string) => Uint8Array | undefined][] = [
    ['a missing tile', ['tile-missing'], (bytes, path) => (path.startsWith('tile/0') ? undefined : bytes)],
    ['missing entries', ['tile-missing'], (bytes, path) => (path.startsWith('tile/entries') ? undefined : bytes)],
    ['a truncated tile', ['tile-differs'], (bytes, path) => (path.startsWith('tile/0') ? bytes.slice(0, -1) : bytes)],
    [
      'truncated entries',
      ['tile-malformed'],
      (bytes, path) => (path.startsWith('tile/e') ? bytes.slice(0, -1) : bytes),
    ],
    [
      'a tile too long',
      ['tile-differs'],
      (bytes, path) => (path.startsWith('tile/0') ? Uint8Array.of(...bytes, 0) : bytes),
    ],
    [
      'entries too long',
      ['tile-malformed'],
      (bytes, path) => (path.startsWith('tile/e') ? Uint8Array.of(...bytes, 0) : bytes),
    ],
  ]
  it.each(TILES)('%s', async (_what, codes, change) => {
    const source = shop.source()
    const tile: LogSource['tile'] = async (wanted) => {
      const bytes = await source.tile(wanted)
      return bytes && change(bytes, tilePath(wanted))
    }
    expect(found(await audited({ ...source, tile }))).toEqual(codes)
  })

  it('swapped entries', async () => {
    const { records } = shop.log
    const source = shop.source()
    const swapped = shop.fork(0)
    for (const n of [0, 1, 3, 2, 4]) swapped.log.append(records[n])
    const tile: LogSource['tile'] = async (wanted) =>
      (wanted.level === 'entries' ? swapped : shop).source().tile(wanted)
    expect(found(await audited({ ...source, tile }))).toEqual(['gap', 'version-back', 'tile-differs', 'root-differs'])
  })
})

describe('a server that is no edge', () => {
  let server: Server
  const listen = async (answer: Parameters<typeof createServer>[1]): Promise<string> => {
    server = createServer(answer)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  }
  afterEach(() => {
    server?.closeAllConnections()
    server?.close()
  })

  it('that answers slowly for ever ends the audit, which found nothing', async () => {
    const url = await listen((_request, response) => void response.write('shop.test/log\n'))
    await expect(audited(openSource(url, 200))).rejects.toThrow(SourceUnreachable)
  })

  it('with an entry of 100 MB is read no further than entries can be', async () => {
    const note = await shop.source().checkpoint()
    let sent = 0
    const url = await listen((request, response) => {
      if (request.url?.endsWith('/checkpoint')) return void response.end(note)
      const { level, index } = { level: request.url?.includes('/entries/') ? 'entries' : 0, index: 0 } as const
      if (level !== 'entries') {
        return void shop
          .source()
          .tile({ level, index, width: 5 })
          .then((bytes) => response.end(bytes))
      }
      const part = Buffer.alloc(1 << 20, 0xff)
      const more = () => {
        if (sent >= 100 << 20 || response.destroyed) return void response.end()
        sent += part.length
        if (response.write(part)) setImmediate(more)
        else response.once('drain', more)
      }
      more()
    })
    expect(found(await audited(openSource(url)))).toEqual(['tile-malformed'])
    expect(sent).toBeLessThan(64 << 20)
  })
})
