/** Where the WebAssembly kernel ranks, where it does not, and that no shop hears of it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ShopEvent } from '../../shared/data/events.ts'
import type { ChunkName } from '../../shared/model/bundle.ts'
import { kernel } from '../../trainer/kernel.ts'
import type { Bundle } from '../../trainer/publish.ts'
import { createEngine, type Engine } from '../../web/worker/engine.ts'
import { KERNEL_FROM_ITEMS } from '../../web/worker/installed.ts'
import { madeUpBundle } from '../bench/catalogue.ts'
import { record } from './edge.ts'
import { createWorld, until, type World } from './visit.ts'

let large: Bundle
let module: WebAssembly.Module

beforeAll(async () => {
  large = await madeUpBundle(KERNEL_FROM_ITEMS)
  module = new WebAssembly.Module(await kernel('rank', { importMemory: true }))
})

const partsOf = ({ manifest, chunks }: Bundle) =>
  new Map(manifest.chunks.map(({ name, sha256 }): [ChunkName, Uint8Array] => [name, chunks.get(sha256) as Uint8Array]))

function engineWith(bundle: Bundle, compiled?: () => WebAssembly.Module | undefined): Engine {
  const engine = createEngine(compiled)
  engine.install(partsOf(bundle), bundle.manifest)
  return engine
}

describe('the engine', () => {
  it('gives the same shelves with the kernel as without', () => {
    const [fast, plain] = [engineWith(large, () => module), engineWith(large)]
    expect([fast.accelerated(), plain.accelerated()]).toEqual([true, false])
    for (let n = 0; n < 40; n++) {
      const item_id = `SKU-${10_000 + ((n * 379) % KERNEL_FROM_ITEMS)}`
      const time = 1_780_000_000_000 + n * 60_000
      const event: ShopEvent = { id: String(n), time, name: 'view_item', items: [{ item_id }] }
      const lists = [fast, plain].map((engine) => {
        engine.append(event, time)
        const shelf = engine.recommend('for-you', { limit: 20, now: time, language: 'en' })
        expect(shelf.models).toContain('network')
        return shelf.items.map(({ itemId }) => itemId).join()
      })
      expect(lists[0]).toBe(lists[1])
    }
  })

  it('does not ask for it where the catalogue is small', async () => {
    const small = await madeUpBundle(KERNEL_FROM_ITEMS - 1)
    const engine = engineWith(small, () => {
      throw new Error('asked')
    })
    expect(engine.parts()).toContain('vectors')
    expect(engine.accelerated()).toBe(false)
  })

  it('ranks with the plain loops where it cannot be had', () => {
    expect(engineWith(large, () => undefined).accelerated()).toBe(false)
  })
})

describe('in a page', () => {
  let world: World
  beforeAll(async () => {
    world = await createWorld()
    const { entry, chunks } = large
    const { signer } = world
    const latest = await record(signer, entry)
    world.edge.published = { version: entry.version, latest, log: signer.log, chunks, names: new Map() }
  })
  afterAll(() => world.close())

  const policy = (scripts: string) =>
    `default-src 'none'; script-src EDGE ${scripts}; connect-src EDGE; worker-src blob:; report-uri EDGE/report`

  it.each([
    // What the tag says, what the policy allows, whether the kernel runs, whether the shop is told of a refusal.
    ['data-wasm', `'wasm-unsafe-eval'`, true, false],
    ['', `'wasm-unsafe-eval'`, false, false],
    ['', '', false, false],
    // A mistake of the shop's: it is told where it asked to be told, and suggestions come all the same.
    ['data-wasm', '', false, true],
  ])('with tag "%s" and policy "%s": kernel %s, reported %s', async (said, allowed, runs, reported) => {
    world.edge.requests.length = 0
    const context = await world.newProfile()
    const visit = await world.visit(context, { policy: policy(allowed), tag: said })
    const { bundle } = await until(visit.status, (status) => status.bundle.network)
    expect(bundle.kernel).toBe(runs)
    await visit.call('event', 'view_item', { items: [{ item_id: 'SKU-10007' }] })
    const { items, models } = await visit.recommend({ limit: 20 })
    expect(items).toHaveLength(20)
    expect(models).toContain('network')
    const reports = () => world.edge.requests.filter(({ method }) => method === 'POST').length
    if (reported)
      await until(
        async () => reports(),
        (count) => count > 0,
      )
    else await visit.page.waitForTimeout(300)
    expect(reports() > 0).toBe(reported)
    expect(visit.complaints).toEqual([])
    await context.close()
  })
})
