/**
 * From an installed bundle and a shopper's events to shelves, with the reason for each item. No storage and no network:
 * `worker.ts` brings chunks and events, this file ranks.
 */
import type { ShopEvent } from '../../shared/data/events.ts'
import { type Token, tokensOf, VIEW } from '../../shared/data/sequence.ts'
import type { ShelfKind } from '../../shared/data/shelf-kinds.ts'
import type { Sight } from '../../shared/federated/counts.ts'
import { applyChange } from '../../shared/model/adapter.ts'
import { type ChunkName, type Manifest, networkName } from '../../shared/model/bundle.ts'
import { type ItemView, titleIn } from '../../shared/model/chunks.ts'
import { extendTrail, REACH, type Trail, trailAfter } from '../../shared/model/contributions.ts'
import { createScratch } from '../../shared/model/rank.ts'
import { dated, emptyMemory, memoryOf, remember } from '../../shared/profile/memory.ts'
import { noPreferences, type Preferences } from '../../shared/profile/preferences.ts'
import { explained, type KnownLabel, type Profile, profileOf } from '../../shared/profile/profile.ts'
import { RERANK_BOUND, rerank } from '../../shared/search/rerank.ts'
import type { Material } from '../learning/protocol.ts'
import type { Explanation, Reason, Shelf, ShelfItem } from '../protocol.ts'
import type { KeptAdapter } from '../store/adapter.ts'
import { accelerated, type Installed, readBundle } from './installed.ts'
import { type Leanings, leaningsOf, NO_LEANINGS } from './leanings.ts'
import { explain } from './reasons.ts'
import { type RecommendOptions, rankShelf, type Shopper, scoreFor } from './shelves.ts'
import { welcomeTo } from './welcome.ts'

export interface Engine {
  /**
   * Takes a bundle's parts as they arrive; called again with more of them.
   * @throws Error with the reason; what was installed before stands
   */
  install(parts: ReadonlyMap<ChunkName, Uint8Array>, manifest: Manifest): void
  /** @param now milliseconds since 1970: what lies further ahead was recorded by a clock that was wrong */
  setHistory(events: readonly ShopEvent[], now: number): void
  append(event: ShopEvent, now: number): void
  /** What the shopper wants more of, or none of. */
  setPreferences(preferences: Preferences): void
  /** What the history says of the shopper; undefined while it says nothing. */
  profile(now: number): { profile: Profile; labels: KnownLabel[] } | undefined
  recommend(kind: ShelfKind, options: RecommendOptions): Shelf
  /** Item ids of a list in the shopper's order, none far from where it was; as they came where nothing is known. */
  rerank(itemIds: readonly string[], how: { impact: number; query?: string; now: number }): string[]
  /** What other parts answer from. */
  standing(now: number): { profile?: Profile; scores: Float32Array }
  /** Why an item is suggested, in numbers. */
  why(itemId: string, language: string): Explanation
  titleOf(itemId: string, language: string): string | undefined
  knows(itemId: string): boolean
  /** Names of the chunks in use. */
  parts(): ChunkName[]
  /** Whether the network runs on the WebAssembly kernel. */
  accelerated(): boolean
  /** Ranks with what the device has learned, now and after each bundle that has the same network. */
  adopt(adapter: KeptAdapter | undefined): void
  /** What is in use of it. */
  adopted(): KeptAdapter | undefined
  /** What there is to learn from; undefined without a network. @param withModel everyone's network too */
  material(withModel: boolean): Omit<Material, 'learned' | 'contribution'> | undefined
  /** Ranks a made-up history once, so that the compiler knows the code before the shopper's first act. */
  rehearse(): void
}

/** @param kernel `kernels/rank.ts` compiled, if WebAssembly is allowed here */
export function createEngine(kernel: () => WebAssembly.Module | undefined = () => undefined): Engine {
  let installed: Installed | undefined
  /** As they were recorded. */
  let history: ShopEvent[] = []
  /** The same, with the times that a clock put right gives them. */
  let events: ShopEvent[] = []
  let tokens: Token[] = []
  /** Empty until it is walked again. */
  let trail: Trail = []
  /** Tokens that the trail has taken in and that still stand. */
  let trailed = 0
  let memory = emptyMemory()
  let preferences = noPreferences()
  /** By what the shopper said of their labels. */
  let leanings: Leanings = NO_LEANINGS
  let wanted: KeptAdapter | undefined
  let adopted: KeptAdapter | undefined

  const numberOf = (itemId: string) => installed?.catalogue?.numbers.get(itemId)
  const factsOf = (itemId: string) => {
    const number = numberOf(itemId)
    return number === undefined ? undefined : installed?.catalogue?.factsOf(number)
  }

  function readHistory(): void {
    tokens = tokensOf(events, numberOf)
    trail = []
    memory = memoryOf(events, factsOf)
  }

  /** Up to date: the network's steps wait until a shelf asks, so that a burst of events is one walk. */
  function currentTrail(): Trail | undefined {
    const network = installed?.catalogue?.models.network
    if (!network) return undefined
    if (tokens.length - trailed > REACH || !trail[0]) trail = trailAfter(network, tokens)
    else for (const token of tokens.slice(trailed)) extendTrail(network, trail, token)
    trailed = tokens.length
    return trail
  }

  /** The probes have been checked on everyone's network, before anything is changed in it. */
  function adapt(): void {
    const { catalogue, manifest } = installed ?? {}
    if (!catalogue?.everyones || !manifest) return
    const { everyones, views, models } = catalogue
    let own = everyones
    try {
      if (wanted?.model === networkName(manifest)) own = applyChange(everyones, wanted.change)
    } catch {
      // Another script of the page, or a crash, may have left anything.
    }
    if (own === everyones && !adopted) return
    adopted = own === everyones ? undefined : wanted
    const network = accelerated(own, kernel)
    catalogue.models = { ...models, network }
    catalogue.scratch = createScratch(views.length, network.kernel)
  }

  function readPreferences(): void {
    leanings = installed?.catalogue ? leaningsOf(installed.catalogue, preferences) : NO_LEANINGS
  }

  function profileAt(now: number): Profile | undefined {
    return profileOf(memory, installed?.catalogue?.profile, now)
  }

  function shopperAt({ now, language }: { now: number; language: string }): Shopper {
    return {
      events,
      tokens,
      trail: currentTrail,
      leanings,
      interests: () => profileAt(now)?.interests.category ?? [],
      welcome: () => welcomeTo(events, memory, factsOf, installed?.catalogue?.profile, language),
    }
  }

  return {
    install(parts, manifest) {
      installed = readBundle(parts, manifest, kernel)
      adopted = undefined
      adapt()
      readHistory()
      readPreferences()
    },

    setHistory(recorded, now) {
      history = [...recorded]
      events = dated(history, now)
      readHistory()
    },

    append(recorded, now) {
      history.push(recorded)
      const before = events
      events = dated(history, now)
      const event = events[before.length]
      const { time } = event
      // A clock was set: the order of the whole history changes.
      if (before.some((one, n) => one.time !== events[n].time)) return readHistory()
      if (time < (memory.time ?? 0)) memory = memoryOf(events, factsOf)
      else remember(memory, event, factsOf)
      // Among the tokens of its moment, the order is drawn: they and the later ones are read again.
      tokens = tokens.filter((token) => token.time < time)
      if (tokens.length < trailed) trail.splice(tokens.length - trailed)
      trailed = Math.min(trailed, tokens.length)
      const since = events.filter((one) => one.time >= time)
      tokens.push(...tokensOf(since, numberOf))
    },

    setPreferences(said) {
      preferences = said
      readPreferences()
    },

    profile(now) {
      const profile = profileAt(now)
      return profile && { profile, labels: explained(profile, events, factsOf) }
    },

    recommend(kind, options) {
      const recId = crypto.randomUUID()
      const empty: Shelf = { kind, recId, items: [], models: [], version: installed?.manifest.version ?? 0 }
      if (!installed) return empty
      const { catalogue } = installed
      if (!catalogue) {
        // Only the first chunk is here: what is wanted now serves everyone, whatever shelf it is.
        if (kind !== 'for-you' && kind !== 'trending') return empty
        const items = installed.shelf.slice(0, options.limit)
        return {
          ...empty,
          models: ['trending'],
          items: items.map((view) => show(view, { code: 'trending' }, options.language)),
        }
      }
      const { picks, models, heading } = rankShelf(kind, catalogue, shopperAt(options), options)
      return {
        ...empty,
        models,
        ...(heading === undefined ? {} : { heading }),
        items: picks.map(({ item, reason }) => show(catalogue.views[item], reason, options.language)),
      }
    },

    rerank(itemIds, { impact, query, now }) {
      const catalogue = installed?.catalogue
      if (!catalogue || (tokens.length === 0 && leanings === NO_LEANINGS)) return [...itemIds]
      scoreFor(catalogue, shopperAt({ now, language: 'en' }), now)
      const found = itemIds.map((id) => {
        const item = numberOf(id)
        if (item === undefined) return { id }
        const { title, titles = {} } = catalogue.views[item]
        return { id, titles: [title, ...Object.values(titles)], score: catalogue.scratch.scores[item] }
      })
      return rerank(found, { impact, bound: RERANK_BOUND, query }).map(({ id }) => id)
    },

    standing(now) {
      const catalogue = installed?.catalogue
      if (catalogue) scoreFor(catalogue, shopperAt({ now, language: 'en' }), now)
      const profile = profileAt(now)
      return { ...(profile ? { profile } : {}), scores: catalogue?.scratch.scores.slice() ?? new Float32Array(0) }
    },

    why(itemId, language) {
      const catalogue = installed?.catalogue
      const item = numberOf(itemId)
      if (!catalogue || item === undefined) return []
      const { views, models } = catalogue
      const nameOf = (other: number) => ({ itemId: views[other].id, title: titleIn(views[other], language) })
      return explain(models, tokens, currentTrail(), item, nameOf)
    },

    titleOf(itemId, language) {
      const number = numberOf(itemId)
      const view =
        number === undefined
          ? installed?.shelf.find((candidate) => candidate.id === itemId)
          : installed?.catalogue?.views[number]
      return view && titleIn(view, language)
    },

    knows: (itemId) => numberOf(itemId) !== undefined,
    parts: () => installed?.parts ?? [],
    accelerated: () => installed?.catalogue?.models.network?.kernel !== undefined,

    adopt(adapter) {
      wanted = adapter
      adapt()
      readHistory()
    },
    adopted: () => adopted,
    material(withModel) {
      const { catalogue, manifest } = installed ?? {}
      if (!catalogue?.everyones || !manifest) return undefined
      const { everyones, models, views } = catalogue
      const whole = () => ({
        model: everyones,
        popularity: models.rules.popularity,
        categories: views.map(({ category }) => category),
        sights: sightsOf(events),
      })
      return { modelName: networkName(manifest), tokens, ...(withModel ? whole() : {}) }
    },

    rehearse() {
      const catalogue = installed?.catalogue
      if (!catalogue) return
      const acts = Array.from({ length: 6 }, (_, n) => ({
        item: n % catalogue.views.length,
        action: VIEW,
        time: n * 1000,
      }))
      const after = catalogue.models.network && trailAfter(catalogue.models.network, acts)
      rankShelf(
        'for-you',
        catalogue,
        {
          events: [],
          tokens: acts,
          trail: () => after,
          leanings: NO_LEANINGS,
          interests: () => [],
          welcome: () => undefined,
        },
        { limit: 8, now: 10_000, language: 'en' },
      )
    },
  }
}

function sightsOf(events: readonly ShopEvent[]): Sight[] {
  return events.flatMap((event) =>
    event.name === 'rec_impression' || event.name === 'rec_click'
      ? event.items.map(({ placement = '' }) => ({ placement, clicked: event.name === 'rec_click', time: event.time }))
      : [],
  )
}

function show(view: ItemView, reason: Reason, language: string): ShelfItem {
  return {
    itemId: view.id,
    title: titleIn(view, language),
    kind: view.kind,
    picture: view.picture,
    reason,
    ...(view.price === undefined ? {} : { price: view.price }),
    ...(view.listPrice === undefined ? {} : { listPrice: view.listPrice }),
    ...(view.url === undefined ? {} : { url: view.url }),
    ...(view.image === undefined ? {} : { imageLink: view.image }),
  }
}
