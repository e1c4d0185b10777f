/** A bundle's chunks as what ranking reads, checked against each other and against the publisher's probes. */
import type { ChunkName, Manifest } from '../../shared/model/bundle.ts'
import {
  decodeItems,
  decodeModel,
  decodeProbes,
  decodeRules,
  decodeShelf,
  type ItemView,
} from '../../shared/model/chunks.ts'
import type { CompiledModel } from '../../shared/model/compile.ts'
import { withKernel } from '../../shared/model/kernel.ts'
import { checkProbes, createScratch, type Models, popularityShare, type Scratch } from '../../shared/model/rank.ts'
import { factsOfCard, type ItemFacts } from '../../shared/profile/facts.ts'
import { decodeProfileChunk, type ProfileChunk } from '../../shared/profile/profile-chunk.ts'

/** A bundle as far as it has arrived. */
export interface Installed {
  manifest: Manifest
  parts: ChunkName[]
  shelf: ItemView[]
  /** With `items` and `rules`: */
  catalogue?: {
    views: ItemView[]
    numbers: Map<string, number>
    unavailable: number[]
    models: Models
    scratch: Scratch
    /** As it was published, without a kernel: the one in `models` may be the shopper's own. */
    everyones?: CompiledModel
    /** What the profile reads of an item: made when it is first asked for, because a first visit asks for none. */
    factsOf(item: number): ItemFacts
    /** With the chunk of that name. */
    profile?: ProfileChunk
  }
}

export type Catalogue = NonNullable<Installed['catalogue']>

/** Below this many items the plain loops take a tenth of a millisecond, and nobody is asked to allow WebAssembly. */
export const KERNEL_FROM_ITEMS = 1_000

/**
 * @param kernel `kernels/rank.ts` compiled, where that is allowed; asked for once there is a network to run on it
 * @throws Error with the reason when a part does not decode, parts do not fit each other, or a probe fails
 */
export function readBundle(
  parts: ReadonlyMap<ChunkName, Uint8Array>,
  manifest: Manifest,
  kernel: () => WebAssembly.Module | undefined,
): Installed {
  const bytes = (name: ChunkName) => parts.get(name)
  const shelfBytes = bytes('shelf')
  const shelf = shelfBytes ? decodeShelf(shelfBytes) : []
  const [items, rulesBytes] = [bytes('items'), bytes('rules')]
  const names = [...parts.keys()]
  if (!items || !rulesBytes) return { manifest, parts: names, shelf }
  const views = decodeItems(items)
  const rules = decodeRules(rulesBytes)
  if (views.length !== rules.popularity.length) {
    throw new Error(`bundle: ${views.length} items, but rules for ${rules.popularity.length}`)
  }
  const [vectors, encoder] = [bytes('vectors'), bytes('encoder')]
  const everyones = vectors && encoder ? decodeModel(vectors, encoder) : undefined
  const network = everyones && accelerated(everyones, kernel)
  if (network && network.config.items !== views.length) {
    throw new Error(`bundle: ${views.length} items, but vectors for ${network.config.items}`)
  }
  const models: Models = {
    rules,
    popularity: popularityShare(rules.popularity),
    weights: manifest.blend,
    ...(network ? { network } : {}),
  }
  const probes = bytes('probes')
  // Probes were made with everything the bundle has: they can only be checked when all of it is here.
  if (probes && parts.size === manifest.chunks.length) checkProbes(models, decodeProbes(probes))
  const profileBytes = bytes('profile')
  const profile = profileBytes && decodeProfileChunk(profileBytes, views.length)
  return {
    manifest,
    parts: names,
    shelf,
    catalogue: {
      views,
      numbers: new Map(views.map((view, number) => [view.id, number])),
      unavailable: views.flatMap((view, number) => (view.available ? [] : [number])),
      models,
      scratch: createScratch(views.length, network?.kernel),
      ...(everyones ? { everyones } : {}),
      factsOf: remembered((item) => factsOfCard(views[item], profile?.items[item])),
      ...(profile ? { profile } : {}),
    },
  }
}

/** On the kernel, where there are items enough for it and it may run. */
export function accelerated(network: CompiledModel, kernel: () => WebAssembly.Module | undefined): CompiledModel {
  const module = network.config.items >= KERNEL_FROM_ITEMS ? kernel() : undefined
  if (!module) return network
  try {
    return withKernel(network, module)
  } catch {
    return network // a device without memory for a copy
  }
}

function remembered<T>(make: (item: number) => T): (item: number) => T {
  const made = new Map<number, T>()
  return (item) => {
    let value = made.get(item)
    if (value === undefined) made.set(item, (value = make(item)))
    return value
  }
}
