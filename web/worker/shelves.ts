/**
 * What each kind of shelf shows.
 *
 *     for-you           the blend after the shopper's own history, without what they know already
 *     related           bought with, chosen after, or like the item of the page
 *     bought-together   companions of the item of the page, or of the cart
 *     buy-again         the shopper's own purchases
 *     trending          what is wanted now; also for-you of a shopper without history
 *     discover          what they may like in categories that are new to them
 *     win-back          for who was away longer than usual: of the categories they like best
 */

import { liesIn } from '../../shared/data/catalog.ts'
import { itemsOf, type ShopEvent } from '../../shared/data/events.ts'
import { BUY, CART, REFUND, REMOVE, type Token } from '../../shared/data/sequence.ts'
import type { ShelfKind } from '../../shared/data/shelf-kinds.ts'
import { type ItemView, titleIn } from '../../shared/model/chunks.ts'
import type { CompiledModel } from '../../shared/model/compile.ts'
import type { Trail } from '../../shared/model/contributions.ts'
import { topK } from '../../shared/model/metrics.ts'
import { blend, type Signals, shareOfBest, signalsOf } from '../../shared/model/rank.ts'
import { type Rules, scoreRules } from '../../shared/model/rules.ts'
import type { Interest } from '../../shared/profile/interests.ts'
import { priorWeight } from '../../shared/profile/taste-start.ts'
import { discover } from '../../shared/service/discover.ts'
import type { Welcome } from '../../shared/service/win-back.ts'
import type { Reason } from '../protocol.ts'
import type { Catalogue } from './installed.ts'
import type { Leanings } from './leanings.ts'
import { reasonsOf } from './reasons.ts'

export interface RecommendOptions {
  /** The item of the page. */
  itemId?: string
  limit: number
  /** Milliseconds since 1970. */
  now: number
  language: string
}

/** More of one kind than this on a shelf of eight hides what else the shopper might like. */
const MAX_SHARE_OF_CATEGORY = 0.5
/** A shelf looks this many times further down the ranking for variety. */
const VARIETY_DEPTH = 4

/** What being of one category is worth beside the best rule's 1: settles what rules and vectors leave open. */
const SAME_KIND = 0.05

/** What is known of who looks at the shelf. */
export interface Shopper {
  events: readonly ShopEvent[]
  tokens: readonly Token[]
  /** The network's states along the tokens. */
  trail(): Trail | undefined
  leanings: Leanings
  /** Of whole categories, strongest first; asked for by the shelves that need them. */
  interests(): readonly Interest[]
  /** For whom comes back after longer than usual. */
  welcome(): Welcome | undefined
}

/** What the shopper asked for more of is worth so much of the distance between the best score and the mean. */
const BOOST = 0.5

/** An item on a shelf, and why. */
export interface Pick {
  item: number
  reason: Reason
}

export interface Ranked {
  /** Best first. */
  picks: Pick[]
  /** Those that took part. */
  models: string[]
  heading?: string
}

/** A shelf of a kind, for a shopper. The catalogue's scratch holds the scores until the next one. */
export function rankShelf(
  kind: ShelfKind,
  catalogue: Catalogue,
  shopper: Shopper,
  { itemId, limit, now, language }: RecommendOptions,
): Ranked {
  const { events, tokens, leanings } = shopper
  const { views, numbers, models, scratch } = catalogue
  const title = (item: number) => titleIn(views[item], language)
  const hidden = notToShow(catalogue, events)
  const here = itemId === undefined ? undefined : numbers.get(itemId)
  const scores = scratch.scores.fill(0)
  const best = (count: number) => models.network?.kernel?.top(scores, count) ?? topK(scores, count)

  if (kind === 'trending') {
    scores.set(models.popularity)
    for (const item of [...hidden, ...leanings.muted]) scores[item] = Number.NEGATIVE_INFINITY
    const picks = varied(best(limit * VARIETY_DEPTH), views, limit).map((item) => ({ item, reason: trending }))
    return { picks, models: ['popularity'] }
  }

  if (kind === 'buy-again') {
    const bought = new Map<number, { times: number; last: number }>()
    for (const { item, action, time } of tokens) {
      if (item < 0) continue
      const record = bought.get(item)
      if (action === BUY) bought.set(item, { times: (record?.times ?? 0) + 1, last: time })
      // A return takes back the latest purchase, not what was bought and kept before.
      if (action === REFUND && record) {
        if (record.times === 1) bought.delete(item)
        else bought.set(item, { ...record, times: record.times - 1 })
      }
    }
    const own = signalsOf(models, tokens, undefined, now, scratch).buyAgain ?? scores
    const order = [...bought.keys()].filter((item) => !hidden.has(item)).sort((a, b) => own[b] - own[a])
    const picks = order.slice(0, limit).map((item): Pick => {
      const { times, last } = bought.get(item) as { times: number; last: number }
      return { item, reason: { code: 'buy-again', times, lastTime: last } }
    })
    return { picks, models: ['buy-again'] }
  }

  if (kind === 'bought-together' || kind === 'related') {
    const around = here === undefined ? cartOf(tokens) : [here]
    if (around.length === 0) return { picks: [], models: [] }
    const last = around[around.length - 1]
    const { next, together } = models.rules
    scoreRules(together, around, scores)
    const names = ['bought together']
    if (kind === 'related') {
      // Each on its own scale: the best companion, the best successor and the same thing again are worth 1.
      const followers = scratch.rules.fill(0)
      scoreRules(next, around, followers)
      const cosine = models.network && cosinesOf(models.network, last)
      shareOfBest(scores)
      shareOfBest(followers)
      const { category } = views[last]
      for (let item = 0; item < scores.length; item++) {
        scores[item] += followers[item] + (cosine?.(item) ?? 0)
        // An item that nobody has looked at yet has nothing but its kind.
        if (category !== '' && views[item].category === category)
          scores[item] += SAME_KIND * (1 + models.popularity[item])
      }
      names.push('rules', ...(cosine ? ['vectors'] : []))
    }
    for (const item of [...hidden, ...around]) scores[item] = Number.NEGATIVE_INFINITY
    const picks = best(limit)
      .filter((item) => scores[item] > 0)
      .map((item): Pick => {
        const companion = around.find((other) => follows(together, other, item))
        const source = companion ?? around.find((other) => follows(next, other, item)) ?? last
        const code =
          companion !== undefined ? 'bought-together' : follows(next, source, item) ? 'chosen-after' : 'similar'
        return { item, reason: { code, itemId: views[source].id, title: title(source) } }
      })
    return { picks, models: names }
  }

  const welcome = kind === 'win-back' ? shopper.welcome() : undefined
  if (kind === 'win-back' && !welcome) return { picks: [], models: [] }
  const { network } = scoreFor(catalogue, shopper, now)
  const used = [...(network ? ['network'] : []), ...(tokens.length > 0 ? ['rules'] : []), 'popularity']
  for (const item of hidden) scores[item] = Number.NEGATIVE_INFINITY
  // What was just seen or bought is known to the shopper and has shelves of its own.
  for (const { item } of tokens) if (item >= 0) scores[item] = Number.NEGATIVE_INFINITY
  if (kind === 'discover') {
    const vectors = models.network
    const picks = discover({
      scores,
      categories: views.map(({ category }) => category),
      interests: shopper.interests(),
      companions: catalogue.profile?.companions,
      // Opposites are as unlike as strangers.
      similarity: vectors && ((a, b) => Math.max(0, cosinesOf(vectors, a)(b))),
      limit,
    })
    return { picks, models: used }
  }
  if (welcome) {
    const liked = (category: string) => welcome.categories.some((label) => liesIn(category, label))
    views.forEach(({ category }, item) => {
      if (!liked(category)) scores[item] = Number.NEGATIVE_INFINITY
    })
  }
  const items = varied(best(limit * VARIETY_DEPTH), views, limit)
  const nameOf = (item: number) => ({ itemId: views[item].id, title: title(item) })
  const { taste } = leanings
  const reasons =
    tokens.length > 0
      ? reasonsOf(models, tokens, shopper.trail(), items, nameOf)
      : items.map((item): Reason => (taste && taste[item] > 0 ? { code: 'chosen' } : trending))
  const picks = items.map((item, n) => ({ item, reason: reasons[n] }))
  return { picks, models: used, ...(welcome ? { heading: welcome.title } : {}) }
}

/** What the shopper is likely to want of everything, into the catalogue's scratch; −∞ for what they want nothing of. */
export function scoreFor({ models, scratch }: Catalogue, { tokens, trail, leanings }: Shopper, now: number): Signals {
  const { scores } = scratch
  let signals: Signals = {}
  if (tokens.length === 0) scores.set(models.popularity)
  else {
    signals = signalsOf(models, tokens, trail()?.at(-1), now, scratch)
    blend(signals, models.weights, scores)
  }
  if (leanings.taste) addTaste(scores, leanings.taste, priorWeight(tokens.length))
  boost(scores, leanings.boosted)
  for (const item of leanings.muted) scores[item] = Number.NEGATIVE_INFINITY
  return signals
}

/** Adds a prior in standard deviations of the scores, in place. */
function addTaste(scores: Float32Array, prior: Float32Array, weight: number): void {
  const mean = scores.reduce((sum, score) => sum + score, 0) / scores.length
  const square = scores.reduce((sum, score) => sum + (score - mean) ** 2, 0) / scores.length
  const unit = weight * Math.sqrt(square)
  for (let item = 0; item < scores.length; item++) scores[item] += unit * prior[item]
}

/** Lifts items towards the best, in place. */
function boost(scores: Float32Array, items: readonly number[]): void {
  if (items.length === 0) return
  let [best, sum] = [Number.NEGATIVE_INFINITY, 0]
  for (const score of scores) {
    sum += score
    if (score > best) best = score
  }
  const lift = BOOST * (best - sum / scores.length)
  for (const item of items) scores[item] += lift
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

/** Cosines of an item's vector with others'. */
function cosinesOf({ table: { values, width } }: CompiledModel, item: number): (other: number) => number {
  const own = values.subarray(item * width, (item + 1) * width)
  const ownSquare = own.reduce((sum, value) => sum + value * value, 0)
  return (other) => {
    let dot = 0
    let square = 0
    for (let j = 0; j < width; j++) {
      const value = values[other * width + j]
      dot += value * own[j]
      square += value * value
    }
    return dot / Math.sqrt(square * ownSquare || 1)
  }
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
