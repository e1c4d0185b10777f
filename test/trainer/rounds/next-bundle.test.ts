/** From a round's aggregate to a published bundle, and when there is none. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { seeded } from '../../../shared/data/random.ts'
import { FIELD64 } from '../../../shared/federated/field.ts'
import { plainVectors } from '../../../shared/federated/pine/vectors.ts'
import { vdafOf } from '../../../shared/federated/vdaf.ts'
import { networkHash } from '../../../shared/model/bundle.ts'
import { decodeModel } from '../../../shared/model/chunks.ts'
import { foldShared, SHARED, sharedLength } from '../../../shared/model/shared-vector.ts'
import { makeBundle } from '../../../trainer/publish.ts'
import { gate, heldOutOf } from '../../../trainer/rounds/gate.ts'
import { isOf, meanUpdate, readNetwork, stepOf, withNetwork } from '../../../trainer/rounds/next-bundle.ts'
import { SMALL, smallNetwork } from '../../shared/model/small-network.ts'
import { TASK_ENTRY } from '../../shared/tlog/sample-task.ts'
import { historiesOf, viewsOf } from '../small-histories.ts'

const HISTORIES = historiesOf(
  Array.from({ length: 60 }, (_, n) => viewsOf(...Array.from({ length: 8 }, (_, k) => (n * 7 + k * 3) % SMALL.items))),
  SMALL.items,
)
let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vitrine-next-bundle-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

async function published() {
  const { manifest, chunks } = await makeBundle({
    histories: HISTORIES,
    network: smallNetwork('published'),
    blend: { network: 1, rules: 0.1, popularity: 0.01, buyAgain: 0 },
    version: 7,
    now: 0,
  })
  return { manifest, read: async (sha256: string) => chunks.get(sha256) }
}
const randomVector = (scale: number) => {
  const random = seeded('change')
  return Float64Array.from({ length: sharedLength(SMALL, SHARED) }, () => scale * random.normal())
}

describe('the mean update', () => {
  it('is the sum in units of the fraction bits over the reports, negative elements too', () => {
    const task = { ...TASK_ENTRY, vdaf: { kind: 'pine', dimension: 3, clipNorm: 1, fractionBits: 4 } } as const
    const vectors = plainVectors(FIELD64)
    const aggregate = vectors.encode(vectors.ofIntegers([48, -12, 0]))
    expect([...meanUpdate(task, vdafOf(task, vectors), aggregate, 5)]).toEqual([48 / 80, -12 / 80, 0])
  })
})

describe('a step of the server', () => {
  const momentum = { kind: 'momentum', rate: 0.5, momentum: 0.8 } as const
  it('goes on from the last that was taken, and is the same again after a crash', async () => {
    const first = await stepOf(folder, 1, Float64Array.of(1, -2), momentum)
    expect([...first.change]).toEqual([0.5, -1])
    await first.keep()
    // Tried, and not taken.
    await stepOf(folder, 2, Float64Array.of(50, 50), momentum)
    for (let again = 0; again < 2; again++) {
      const third = await stepOf(folder, 3, Float64Array.of(1, 0), momentum)
      expect([...third.change].map((x) => x.toFixed(6))).toEqual(['0.900000', '-0.800000'])
      await third.keep()
    }
  })
})

describe('a changed network', () => {
  it('is the published bundle with other blocks, and with probes that a browser finds again', async () => {
    const previous = await published()
    const network = await readNetwork(previous)
    if (!network) throw new Error('no network')
    const changed = foldShared(network, SHARED, randomVector(0.05))
    const bundle = await withNetwork(previous, changed, 8, 0)
    if (!bundle) throw new Error('no change')
    const namesOf = (manifest: typeof bundle.manifest) => manifest.chunks.map(({ name, sha256 }) => `${name} ${sha256}`)
    const before = namesOf(previous.manifest)
    const other = namesOf(bundle.manifest).filter((name) => !before.includes(name))
    expect(other.map((name) => name.split(' ')[0]).sort()).toEqual(['encoder', 'probes'])
    expect(bundle.manifest.version).toBe(8)
    const chunk = (name: string) =>
      bundle.chunks.get(bundle.manifest.chunks.find((one) => one.name === name)?.sha256 ?? '') as Uint8Array
    expect(decodeModel(chunk('vectors'), chunk('encoder')).norm).toEqual(changed.norm)
    const hash = await networkHash(previous.manifest)
    expect(await isOf(previous, hash)).toBe(true)
    expect(await isOf({ ...previous, manifest: bundle.manifest }, hash)).toBe(false)
    expect(await withNetwork(previous, network, 8, 0)).toBeUndefined()
  })

  it('that foretells held-out wishes worse is not let through, nor one that is not finite', async () => {
    const previous = await published()
    const network = await readNetwork(previous)
    if (!network) throw new Error('no network')
    const asked = await heldOutOf(HISTORIES, previous)
    expect(asked).toHaveLength(60)
    expect(gate(asked, network, network)).toMatchObject({ passes: true, change: { mean: 0 } })
    const worse = gate(asked, network, foldShared(network, SHARED, randomVector(3)))
    expect(worse.change.low).toBeGreaterThan(0)
    expect(worse.passes).toBe(false)
    const broken = { ...network, bias: network.bias.map(() => Number.NaN) }
    expect(gate(asked, network, broken).passes).toBe(false)
  })

  it('is asked of shoppers by the items of the published bundle, whatever their order in the histories', async () => {
    const previous = await published()
    const turned = {
      ...HISTORIES,
      items: HISTORIES.items.toReversed(),
      item: HISTORIES.item.map((n) => SMALL.items - 1 - n),
    }
    const tokensOf = (asked: Awaited<ReturnType<typeof heldOutOf>>) =>
      asked.map(({ tokens }) => tokens.map(({ item }) => item))
    expect(tokensOf(await heldOutOf(turned, previous))).toEqual(tokensOf(await heldOutOf(HISTORIES, previous)))
    const others = { ...HISTORIES, items: HISTORIES.items.map((item) => ({ ...item, item_id: `x${item.item_id}` })) }
    await expect(heldOutOf(others, previous)).rejects.toThrow('nobody wanted anything that the shop has')
  })
})
