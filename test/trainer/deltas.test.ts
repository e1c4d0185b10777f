import { describe, expect, it } from 'vitest'
import { seeded } from '../../shared/data/random.ts'
import { deltasTo, type Manifest, sha256Hex } from '../../shared/model/bundle.ts'
import { encodeItems, encodeRules, type ItemView } from '../../shared/model/chunks.ts'
import { applyDelta } from '../../shared/model/delta.ts'
import { countRules, topRules } from '../../shared/model/rules.ts'
import { makeDeltas, measureTransfer, type Part, type Previous } from '../../trainer/deltas.ts'
import { type Bundle, type Destination, makeBundle, readPrevious } from '../../trainer/publish.ts'
import { historiesOf } from './small-histories.ts'

const ITEMS = 600
const BLEND = { network: 0, rules: 1, popularity: 0.1, buyAgain: 0.1 }

/** A shop's counts: each version has the same shoppers as the one before, and a few more. */
async function parts(
  version: number,
  ids: readonly number[] = Array.from({ length: ITEMS }, (_, n) => n),
): Promise<Part[]> {
  const place = new Map(ids.map((id, n) => [id, n]))
  const sequences = Array.from({ length: 800 + 2 * version }, (_, s) => {
    const random = seeded(`shopper ${s}`)
    const taste = random.int(ITEMS)
    return Array.from({ length: 8 }, () => place.get((taste + random.int(30)) % ITEMS) ?? -1).filter(
      (item) => item >= 0,
    )
  })
  const rules = topRules(countRules(sequences, ids.length), 8)
  const views = ids.map((id): ItemView => {
    const random = seeded(`item ${id}`)
    return {
      id: `i${id}`,
      title: `${random.int(1e9)}`,
      price: random.int(999),
      picture: '',
      category: '',
      available: true,
    }
  })
  const chunks = {
    items: encodeItems(views),
    rules: encodeRules({ next: rules, together: rules, popularity: new Float32Array(ids.length).fill(version) }),
  } as const
  return Promise.all(
    Object.entries(chunks).map(async ([name, bytes]) => ({
      name: name as keyof typeof chunks,
      sha256: await sha256Hex(bytes),
      bytes,
    })),
  )
}

/** Publishes versions one after the other as an edge would keep them. */
async function publishAll(versions: Part[][]): Promise<{ manifests: Manifest[]; files: Map<string, Uint8Array> }> {
  const files = new Map<string, Uint8Array>()
  const manifests: Manifest[] = []
  for (const [n, chunks] of versions.entries()) {
    const before = manifests.at(-1)
    const previous = before && { manifest: before, read: async (sha256: string) => files.get(sha256) }
    const made = previous && (await makeDeltas(chunks, previous))
    for (const { sha256, bytes } of chunks) files.set(sha256, bytes)
    for (const [sha256, bytes] of made?.chunks ?? []) files.set(sha256, bytes)
    manifests.push({
      format: 'vitrine-bundle/1',
      version: n + 1,
      shop: 'test',
      created: '',
      simulated: true,
      items: ITEMS,
      languages: [],
      blend: BLEND,
      chunks: chunks.map(({ name, sha256, bytes }) => ({ name, sha256, bytes: bytes.length, phase: 'rank' })),
      ...(made?.refs.length ? { deltas: made.refs } : {}),
    })
  }
  return { manifests, files }
}

const hashOf = (chunks: Part[], name: string) => chunks.find((part) => part.name === name)?.sha256 as string

describe('deltas', () => {
  it('lead from each of the versions before, and give the very chunk', async () => {
    const versions = await Promise.all([1, 2, 3, 4].map((version) => parts(version)))
    const { manifests, files } = await publishAll(versions)
    const wanted = hashOf(versions[3], 'rules')
    const { deltas = [] } = manifests[3]
    for (const [n, version] of versions.slice(0, 3).entries()) {
      const path = deltasTo(wanted, deltas, (sha256) => sha256 === hashOf(version, 'rules'))
      expect(path).toHaveLength(3 - n)
      let bytes = version[1].bytes
      for (const { sha256 } of path ?? []) bytes = applyDelta(bytes, files.get(sha256) as Uint8Array, 1 << 20)
      expect(await sha256Hex(bytes)).toBe(wanted)
    }
    expect(deltas.some(({ to }) => to === hashOf(versions[3], 'items'))).toBe(false) // which did not change
  })

  it('still lead to a chunk that the newest version left as it was', async () => {
    const [one, two] = [await parts(1), await parts(2)]
    const { manifests } = await publishAll([one, two, two, two])
    expect(manifests[3].deltas).toEqual(manifests[1].deltas)
  })

  it('follow items that were removed, added and moved: a product taken off changes few rows', async () => {
    const all = Array.from({ length: ITEMS }, (_, n) => n)
    const fewer = all.filter((id) => id % 100 !== 50)
    const [before, same, after] = [await parts(1), await parts(1), await parts(1, fewer)]
    const { manifests, files } = await publishAll([before, after])
    const transfer = await measureTransfer(manifests[1], files, manifests[0])
    for (const { name, whole, fromPrevious = whole } of transfer) expect(fromPrevious, name).toBeLessThan(0.25 * whole)
    expect(same).toEqual(before)
  })

  it('end after eight versions, or where the chain is not a quarter less than the whole chunk', async () => {
    const versions = await Promise.all(Array.from({ length: 11 }, (_, n) => parts(n)))
    const { manifests, files } = await publishAll(versions)
    const { deltas = [] } = manifests[10]
    const [{ whole }] = (await measureTransfer(manifests[10], files, manifests[9])).filter(
      ({ name }) => name === 'rules',
    )
    const lengths = versions.map((version) => {
      const held = {
        ...manifests[0],
        chunks: version.map(({ name, sha256 }) => ({ name, sha256, bytes: 1, phase: 'rank' as const })),
      }
      return {
        held,
        path: deltasTo(hashOf(versions[10], 'rules'), deltas, (sha256) => sha256 === hashOf(version, 'rules')),
      }
    })
    for (const { held, path } of lengths) {
      if (!path) continue
      expect(path.length).toBeLessThanOrEqual(8)
      const [rules] = (await measureTransfer(manifests[10], files, held)).filter(({ name }) => name === 'rules')
      expect(rules.fromPrevious).toBeLessThanOrEqual(0.75 * whole)
    }
    expect(lengths.filter(({ path }) => path).length).toBeGreaterThan(1)
    expect(lengths[0].path).toBeUndefined()
    expect(lengths[1].path).toBeUndefined()
  })

  it('are not made where they save little, nor from a chunk of another kind, nor without the old one', async () => {
    const [one, two] = [await parts(1), await parts(2)]
    const previous = (read: Previous['read'], chunks = one): Previous => ({
      manifest: {
        ...({ format: 'vitrine-bundle/1', version: 1, shop: '', created: '', simulated: true } as const),
        ...{ items: ITEMS, languages: [], blend: BLEND },
        chunks: chunks.map(({ name, sha256, bytes }) => ({ name, sha256, bytes: bytes.length, phase: 'rank' })),
      },
      read,
    })
    const bytesOf = (chunks: Part[]) => async (sha256: string) => chunks.find((part) => part.sha256 === sha256)?.bytes
    expect((await makeDeltas(two, previous(bytesOf(one)))).refs).toHaveLength(1)
    expect(
      (
        await makeDeltas(
          two,
          previous(async () => undefined),
        )
      ).refs,
    ).toEqual([])
    const damaged = async (sha256: string) => (await bytesOf(one)(sha256))?.map((byte) => byte ^ 1)
    expect((await makeDeltas(two, previous(damaged))).refs).toEqual([])
    const other = two.map((part) => ({
      ...part,
      name: part.name === 'items' ? ('rules' as const) : ('items' as const),
    }))
    expect((await makeDeltas(other, previous(bytesOf(one)))).refs).toEqual([])
    const shorter = two.map((part) => ({ ...part, bytes: part.bytes.subarray(0, 1200) }))
    expect((await makeDeltas(shorter, previous(bytesOf(one)))).refs).toEqual([])
  })
})

describe('a published bundle', () => {
  const bundleOf = (shoppers: number, previous?: Previous) => {
    const random = seeded('shop')
    const steps = Array.from({ length: shoppers }, () =>
      Array.from({ length: 10 }, (_, at) => ({ item: random.int(300), time: Date.UTC(2026, 0, 1) + at })),
    )
    const input = { histories: historiesOf(steps, 300), blend: BLEND, now: Date.UTC(2026, 1, 1) }
    return makeBundle({ ...input, version: (previous?.manifest.version ?? 0) + 1, ...(previous ? { previous } : {}) })
  }
  const holding = ({ entry, chunks }: Bundle): Destination => ({
    standing: async () => ({ logKey: '', model: entry }),
    readChunk: async (sha256) => chunks.get(sha256),
    putChunk: async () => {},
    append: async () => {},
  })

  it('names the deltas from the one that the destination has, which are among its files', async () => {
    const first = await bundleOf(400)
    expect(first.manifest.deltas).toBeUndefined()
    const second = await bundleOf(404, await readPrevious(holding(first)))
    const [delta] = second.manifest.deltas ?? []
    expect(delta.from).toBe(first.manifest.chunks.find(({ name }) => name === 'rules')?.sha256)
    expect(delta.to).toBe(second.manifest.chunks.find(({ name }) => name === 'rules')?.sha256)
    expect(second.chunks.get(delta.sha256)).toHaveLength(delta.bytes)
  })

  it('is made without them when what is there is absent, damaged or of another format', async () => {
    const first = await bundleOf(400)
    const there = holding(first)
    expect(await readPrevious({ ...there, standing: async () => ({ logKey: '' }) })).toBeUndefined()
    expect(await readPrevious({ ...there, readChunk: async () => undefined })).toBeUndefined()
    const turned = async (sha256: string) => first.chunks.get(sha256)?.map((byte, at) => (at === 9 ? byte ^ 1 : byte))
    expect(await readPrevious({ ...there, readChunk: turned })).toBeUndefined()
    const other = new TextEncoder().encode('{"format":"vitrine-bundle/9","version":1}\n')
    const model = { type: 'bundle', version: 1, manifest: await sha256Hex(other) } as const
    const changed = { ...there, standing: async () => ({ logKey: '', model }), readChunk: async () => other }
    expect(await readPrevious(changed)).toBeUndefined()
    const failing = async () => {
      throw new Error('damaged on the disk')
    }
    expect(await readPrevious({ ...there, readChunk: failing })).toBeUndefined()
    const previous = (await readPrevious(there)) as Previous
    const second = await bundleOf(404, { ...previous, read: async () => undefined })
    expect(second.manifest.deltas).toBeUndefined()
  })
})
