/**
 * From an installed bundle and a shopper's events to shelves, with the reason for each item. No storage and no network:
 * `worker.ts` brings chunks and events, this file ranks.
 */
import type { ShopEvent } from '../../shared/data/events.ts'
import { itemsOf } from '../../shared/data/events.ts'
import { BUY, CART, REFUND, REMOVE, type Token, tokensOf } from '../../shared/data/sequence.ts'
import type { ChunkName, Manifest } from '../../shared/model/bundle.ts'
import {
  decodeItems,
  decodeModel,
  decodeProbes,
  decodeRules,
  decodeShelf,
  type ItemView,
} from '../../shared/model/chunks.ts'
import { type InferenceState, step } from '../../shared/model/infer.ts'
import { topK } from '../../shared/model/metrics.ts'
import { blend, checkProbes, type Models, popularityShare, signalsOf, stateAfter } from '../../shared/model/rank.ts'
import { type Rules, scoreRules } from '../../shared/model/rules.ts'
import type { Reason, Shelf, ShelfItem, ShelfKind } from '../protocol.ts'
import { explainer } from './reasons.ts'

export interface RecommendOptions {
  itemId?: string
  limit: number
  /** Milliseconds since 1970. */
  now: number
  language: string
}

export interface Engine {
  /**
   * Takes a bundle's parts as they arrive; called again with more of them.
   * @throws Error with the reason; what was installed before stands
   */
  install(parts: ReadonlyMap<ChunkName, Uint8Array>, manifest: Manifest): void
  setHistory(events: readonly ShopEvent[]): void
  append(event: ShopEvent): void
  recommend(kind: ShelfKind, options: RecommendOptions): Shelf
  titleOf(itemId: string, language: string): string | undefined
  knows(itemId: string): boolean
  /** Names of the chunks in use. */
  parts(): ChunkName[]
}

/** A bundle as far as it has arrived. */
interface Installed {
  manifest: Manifest
  parts: ChunkName[]
  shelf: ItemView[]
  /** With `items` and `rules`: */
  catalogue?: { views: ItemView[]; numbers: Map<string, number>; unavailable: number[]; models: Models }
}

/** More of one kind than this on a shelf of eight hides what else the shopper might like. */
const MAX_SHARE_OF_CATEGORY = 0.5
/** A shelf looks this many times further down the ranking for variety. */
const VARIETY_DEPTH = 4

export function createEngine(): Engine {
  let installed: Installed | undefined
  let events: ShopEvent[] = []
  let tokens: Token[] = []
  let state: InferenceState | undefined

  const numberOf = (itemId: string) => installed?.catalogue?.numbers.get(itemId)

  function readHistory(): void {
    tokens = tokensOf(events, numberOf)
    const network = installed?.catalogue?.models.network
    state = network && stateAfter(network, tokens)
  }

  return {
    install(parts, manifest) {
      installed = decode(parts, manifest)
      readHistory()
    },

    setHistory(history) {
      events = [...history]
      readHistory()
    },

    append(event) {
      events.push(event)
      const added = tokensOf([event], numberOf)
      // A clock that was set back: the order of the whole history changes.
      if (added.length > 0 && tokens.length > 0 && added[0].time < tokens[tokens.length - 1].time) return readHistory()
      const network = installed?.catalogue?.models.network
      for (const token of added) {
        tokens.push(token)
        if (network && state) step(network, state, token)
      }
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
      const { picks, models } = rankShelf(kind, catalogue, events, tokens, state, options)
      return {
        ...empty,
        models,
        items: picks.map(({ item, reason }) => show(catalogue.views[item], reason, options.language)),
      }
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
  }
}

function decode(parts: ReadonlyMap<ChunkName, Uint8Array>, manifest: Manifest): Installed {
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
  const network = vectors && encoder ? decodeModel(vectors, encoder) : undefined
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
  return {
    manifest,
    parts: names,
    shelf,
    catalogue: {
      views,
      numbers: new Map(views.map((view, number) => [view.id, number])),
      unavailable: views.flatMap((view, number) => (view.available ? [] : [number])),
      models,
    },
  }
}

interface Pick {
  item: number
  reason: Reason
}

type Catalogue = NonNullable<Installed['catalogue']>

function rankShelf(
  kind: ShelfKind,
  catalogue: Catalogue,
  events: readonly ShopEvent[],
  tokens: readonly Token[],
  state: InferenceState | undefined,
  { itemId, limit, now, language }: RecommendOptions,
): { picks: Pick[]; models: string[] } {
  const { views, numbers, models } = catalogue
  const title = (item: number) => titleIn(views[item], language)
  const hidden = notToShow(catalogue, events)
  const here = itemId === undefined ? undefined : numbers.get(itemId)
  const scores = new Float32Array(views.length)
  const best = (count: number) => topK(scores, count)

  if (kind === 'trending' || (kind === 'for-you' && tokens.length === 0)) {
    scores.set(models.popularity)
    for (const item of hidden) scores[item] = Number.NEGATIVE_INFINITY
    const picks = varied(best(limit * VARIETY_DEPTH), views, limit).map((item) => ({ item, reason: trending }))
    return { picks, models: ['popularity'] }
  }

  if (kind === 'buy-again') {
    const bought = new Map<number, { times: number; last: number }>()
    for (const { item, action, time } of tokens) {
      if (item < 0) continue
      const record = bought.get(item)
      if (action === BUY) bought.set(item, { times: (record?.times ?? 0) + 1, last: time })
      if (action === REFUND) bought.delete(item)
    }
    const own = signalsOf(models, tokens, undefined, now).buyAgain as Float32Array
    const order = [...bought.keys()].filter((item) => views[item].available).sort((a, b) => own[b] - own[a])
    const picks = order.slice(0, limit).map((item): Pick => {
      const { times, last } = bought.get(item) as { times: number; last: number }
      return { item, reason: { code: 'buy-again', times, lastTime: last } }
    })
    return { picks, models: ['buy-again'] }
  }

  if (kind === 'bought-together' || kind === 'related') {
    const around = here === undefined ? cartOf(tokens) : [here]
    if (around.length === 0) return { picks: [], models: [] }
    const rules = kind === 'related' ? models.rules.next : models.rules.together
    scoreRules(rules, around, scores)
    let names = ['rules']
    if (kind === 'related' && here !== undefined) {
      names = addSimilarity(catalogue, here, scores)
    }
    for (const item of [...hidden, ...around]) scores[item] = Number.NEGATIVE_INFINITY
    const picks = best(limit * 2)
      .filter((item) => scores[item] > 0)
      .slice(0, limit)
      .map((item): Pick => {
        const source = around.find((other) => follows(rules, other, item)) ?? around[around.length - 1]
        const code = follows(models.rules.together, source, item) ? 'bought-together' : 'similar'
        return { item, reason: { code, itemId: views[source].id, title: title(source) } }
      })
    return { picks, models: names }
  }

  const signals = signalsOf(models, tokens, state, now)
  blend(signals, models.weights, scores)
  for (const item of hidden) scores[item] = Number.NEGATIVE_INFINITY
  // What was just seen or bought is known to the shopper and has shelves of its own.
  for (const { item } of tokens) if (item >= 0) scores[item] = Number.NEGATIVE_INFINITY
  const explain = explainer(models, tokens, (item) => ({ itemId: views[item].id, title: title(item) }))
  const picks = varied(best(limit * VARIETY_DEPTH), views, limit).map((item) => ({ item, reason: explain(item) }))
  return { picks, models: [...(signals.network ? ['network'] : []), 'rules', 'popularity'] }
}

const trending: Reason = { code: 'trending' }

/** Dismissed or sold out. */
function notToShow({ unavailable, numbers }: Catalogue, events: readonly ShopEvent[]): Set<number> {
  const hidden = new Set(unavailable)
  for (const event of events) {
    if (event.name !== 'rec_dismiss') continue
    for (const { item_id } of itemsOf(event)) {
      const item = numbers.get(item_id)
      if (item !== undefined) hidden.add(item)
    }
  }
  return hidden
}

/** What lies in the cart, oldest first, from what went in, came out and was bought. */
function cartOf(tokens: readonly Token[]): number[] {
  const cart = new Set<number>()
  for (const { item, action } of tokens) {
    if (action === CART) cart.add(item)
    else if (action === REMOVE || action === BUY) cart.delete(item)
  }
  return [...cart]
}

/** Adds the cosine of the item vectors to the rules' share; returns the models that took part. */
function addSimilarity({ models }: Catalogue, here: number, scores: Float32Array): string[] {
  let best = 0
  for (const score of scores) if (score > best) best = score
  if (best > 0) for (let i = 0; i < scores.length; i++) scores[i] /= best
  if (!models.network) return ['rules']
  const { values, width: d } = models.network.table
  const length = (item: number) => {
    let square = 0
    for (let j = 0; j < d; j++) square += values[item * d + j] ** 2
    return Math.sqrt(square) || 1
  }
  const own = length(here)
  for (let item = 0; item < scores.length; item++) {
    let dot = 0
    for (let j = 0; j < d; j++) dot += values[item * d + j] * values[here * d + j]
    scores[item] += dot / (own * length(item))
  }
  return ['rules', 'vectors']
}

function follows(rules: Rules, from: number, to: number): boolean {
  return rules.target.subarray(rules.start[from], rules.start[from + 1]).includes(to)
}

/** The first `limit` of a ranking, passing over what would crowd a shelf with one category. */
function varied(ranking: readonly number[], views: readonly ItemView[], limit: number): number[] {
  const most = Math.max(2, Math.floor(limit * MAX_SHARE_OF_CATEGORY))
  const counts = new Map<string, number>()
  const kept: number[] = []
  const passed: number[] = []
  for (const item of ranking) {
    const { category } = views[item]
    const count = counts.get(category) ?? 0
    // Without categories there is nothing to vary.
    if (category !== '' && count >= most) passed.push(item)
    else {
      counts.set(category, count + 1)
      kept.push(item)
    }
    if (kept.length === limit) break
  }
  return [...kept, ...passed].slice(0, limit)
}

function titleIn(view: ItemView, language: string): string {
  return view.titles?.[language.split('-')[0]] ?? view.title
}

function show(view: ItemView, reason: Reason, language: string): ShelfItem {
  return {
    itemId: view.id,
    title: titleIn(view, language),
    picture: view.picture,
    reason,
    ...(view.price === undefined ? {} : { price: view.price }),
    ...(view.listPrice === undefined ? {} : { listPrice: view.listPrice }),
    ...(view.url === undefined ? {} : { url: view.url }),
    ...(view.image === undefined ? {} : { imageLink: view.image }),
  }
}
