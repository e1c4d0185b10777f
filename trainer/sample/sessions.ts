/**
 * One shopper's visits from first to last, as events. A session has an intent (browse, look for something, restock, buy a
 * gift, come back to a cart) that decides where it starts, how it moves from item to item, and how readily it buys.
 *
 * What there is to learn from the events: the next item is like the last one (style, colour, maker, family), an item in
 * the cart leads to what goes with it, what is used up is bought again, interests last for weeks and then change.
 */
import type { EventItem } from '../../shared/data/events.ts'
import type { Random } from '../../shared/data/random.ts'
import type { HistoryEvent } from '../datasets/dataset.ts'
import { DAY_MS, hourWeights, traffic } from './calendar.ts'
import { type Preferences, preferencesOf } from './preferences.ts'
import { type Aspect, writeReview } from './reviews.ts'
import type { Shopper } from './shoppers.ts'
import type { World } from './world.ts'

export type Intent = 'browse' | 'look' | 'restock' | 'gift' | 'return-to-cart'

/** One line of truth-sessions.jsonl. */
export interface SessionTruth {
  shopper: string
  session: number
  time: number
  intent: Intent
  leaf: string
}

export interface Shopping {
  events: HistoryEvent[]
  sessions: SessionTruth[]
}

/** Mean number of looks, chance that a look at something of indifferent fit ends in the cart, and that a cart is paid for. */
const INTENTS: Record<Intent, { looks: number; add: number; pay: number }> = {
  browse: { looks: 6, add: 0.055, pay: 0.45 },
  look: { looks: 5.5, add: 0.12, pay: 0.62 },
  restock: { looks: 2, add: 0.12, pay: 0.9 },
  gift: { looks: 6, add: 0.13, pay: 0.75 },
  'return-to-cart': { looks: 3, add: 0.07, pay: 0.7 },
}
/** Bought by the handful. */
const IN_SETS = new Set([
  'mugs',
  'bowls',
  'plates',
  'glassware',
  'cards',
  'wrap',
  'napkins',
  'baubles',
  'hooks',
  'holders',
])
const DWELL_MEDIAN_MS = 32_000
/** A second order soon after the first: something was forgotten. */
const FORGOT = 0.07
/** When something is used up, a visit is made for it. */
const RESTOCK_VISIT = 0.5
const MISSPELT = 0.03
/** Days of the year (month × 100 + day) with a coupon. */
const SALES = [
  [1121, 1201],
  [102, 112],
]
const COUPON = { code: 'SAVE10', factor: 0.9 }

interface Home {
  world: World
  shopper: Shopper
  random: Random
  likes: Preferences
  out: Shopping
  startTime: number
  endTime: number
  cart: Map<number, number>
  /** Consumables in the house, and the day on which they run out. */
  due: Map<number, number>
  /** What is being looked into these weeks. */
  project: number
  orders: number
}

interface Visit {
  time: number
  day: number
  intent: Intent
  leaf: number
  last: number
  seen: Set<number>
  recipientsTaste: boolean
}

/** All events of one shopper, in order of time, none after `startTime` + `days`. */
export function simulateShopper(
  world: World,
  shopper: Shopper,
  random: Random,
  startTime: number,
  days: number,
): Shopping {
  const out: Shopping = { events: [], sessions: [] }
  const endTime = startTime + days * DAY_MS
  const home: Home = {
    world,
    shopper,
    random,
    likes: preferencesOf(world, shopper),
    out,
    startTime,
    endTime,
    cart: new Map(),
    due: new Map(),
    project: -1,
    orders: 0,
  }
  const lastDay = Math.min(days, shopper.churnDay ?? days)
  for (let day = shopper.firstDay; day < lastDay; day++) {
    const midnight = startTime + day * DAY_MS
    let visits = poisson(random, shopper.sessionsPerDay * traffic(midnight))
    if (day === shopper.firstDay) visits = Math.max(1, visits)
    const runsOut = [...home.due.values()].some((dueDay) => dueDay === day)
    if (runsOut && random.next() < RESTOCK_VISIT) visits++
    const starts = Array.from({ length: visits }, () => midnight + timeOfDay(random, midnight)).sort((a, b) => a - b)
    let free = 0
    for (const start of starts) {
      const before = home.orders
      free = visit(home, Math.max(start, free), day)
      if (home.orders > before && random.next() < FORGOT) free = visit(home, free + 60_000 * (3 + random.int(40)), day)
    }
  }
  out.events = out.events.filter((event) => event.time < endTime).sort((a, b) => a.time - b.time)
  for (const [n, event] of out.events.entries()) event.id = `${shopper.id}-${n + 1}`
  return out
}

/** Plays one session and returns the time at which the next could begin. */
function visit(home: Home, start: number, day: number): number {
  const { random, likes, world } = home
  const intent = chooseIntent(home, day)
  const leaf = startLeaf(home, intent, day, start)
  const now: Visit = { time: start, day, intent, leaf, last: -1, seen: new Set(), recipientsTaste: intent === 'gift' }
  home.out.sessions.push({
    shopper: home.shopper.id,
    session: home.out.sessions.length + 1,
    time: start,
    intent,
    leaf: world.leaves[leaf].label,
  })
  if (intent === 'restock') restock(home, now)
  else if (intent === 'look' ? random.next() < 0.75 : random.next() < 0.18) search(home, now)
  const looks = 1 + poisson(random, INTENTS[intent].looks * Math.exp(0.6 * random.normal()) * 0.85)
  for (let n = 0; n < looks; n++) {
    const next = nextItem(home, now)
    if (next < 0) continue
    look(home, now, next)
    const wanted = INTENTS[intent].add * home.shopper.readiness * Math.exp(0.55 * Math.min(3, likes.surplus(next)))
    if (home.cart.has(next)) continue
    if (random.next() < Math.min(0.75, wanted)) {
      addToCart(home, now, next)
      goWith(home, now, next)
    } else if (random.next() < wanted * 0.25) {
      emit(home, now, 'add_to_wishlist', [line(home, next)])
    }
  }
  if (home.cart.size > 0) finishCart(home, now)
  return now.time + 60_000
}

function chooseIntent(home: Home, day: number): Intent {
  const runsOut = [...home.due.values()].some((dueDay) => dueDay <= day)
  const weights: [Intent, number][] = [
    ['browse', 0.45],
    ['look', 0.33],
    ['gift', 0.1],
    ['restock', runsOut ? 0.9 : 0],
    ['return-to-cart', home.cart.size > 0 ? 0.35 : 0],
  ]
  return weights[home.random.weighted(weights.map(([, weight]) => weight))][0]
}

function startLeaf(home: Home, intent: Intent, day: number, time: number): number {
  const { random, likes, world } = home
  if (intent === 'return-to-cart') return world.items[[...home.cart.keys()][0]].leaf
  if (intent === 'gift') {
    const gifts = world.leaves.flatMap((leaf, i) => (leaf.gift ? [i] : []))
    return random.next() < 0.5 || gifts.length === 0 ? likes.leaf(random, day, time) : random.pick(gifts)
  }
  // An interest lasts for some visits before the next one takes over.
  if (home.project < 0 || random.next() < 0.45) home.project = likes.leaf(random, day, time)
  return home.project
}

/** Mostly stays in the leaf with something like the last item, sometimes crosses over to what goes with it. */
function nextItem(home: Home, now: Visit): number {
  const { random, likes, world } = home
  const move = random.next()
  let { leaf } = now
  if (now.last >= 0 && move > 0.72) {
    const { complements } = world.leaves[now.leaf]
    if (move < 0.86 && complements.length > 0) leaf = random.pick(complements)
    else if (move < 0.97 || now.intent === 'look') leaf = likes.leaf(random, now.day, now.time)
    else leaf = now.leaf
    if (random.next() < 0.5) now.leaf = leaf
  }
  const near = now.last >= 0 && random.next() < 0.85 ? now.last : -1
  return likes.item(random, leaf, now.day, near, now.seen)
}

function look(home: Home, now: Visit, item: number): void {
  emit(home, now, 'view_item', [line(home, item)])
  now.seen.add(item)
  now.last = item
}

function search(home: Home, now: Visit): void {
  const { random, world, likes, shopper } = home
  const target = likes.item(random, now.leaf, now.day, -1, now.seen)
  if (target < 0) return
  const source = random.next() < 0.75 ? world.items[target].queries : world.leaves[now.leaf].queries
  const phrases = source[shopper.language].length > 0 ? source[shopper.language] : source.en
  if (phrases.length === 0) return
  const term = random.pick(phrases)
  push(home, now, {
    shopper: shopper.id,
    id: '',
    time: now.time,
    name: 'search',
    search_term: shopper.language === 'en' && random.next() < MISSPELT ? misspell(random, term) : term,
  })
  look(home, now, target)
}

/** Two neighbouring letters in the wrong order. */
function misspell(random: Random, term: string): string {
  if (term.length < 5) return term
  const at = 1 + random.int(term.length - 3)
  return term.slice(0, at) + term[at + 1] + term[at] + term.slice(at + 2)
}

/** Buys again what has run out, found at once or by a search. */
function restock(home: Home, now: Visit): void {
  for (const [item, dueDay] of home.due) {
    if (dueDay > now.day || home.cart.has(item)) continue
    home.due.delete(item)
    if (home.random.next() < 0.8) {
      look(home, now, item)
      now.leaf = home.world.items[item].leaf
      addToCart(home, now, item)
    }
    if (home.random.next() < 0.5) return
  }
}

/** Something in the cart leads to what goes with it, in the same style. */
function goWith(home: Home, now: Visit, item: number): void {
  const { random, world, likes } = home
  const { complements } = world.leaves[world.items[item].leaf]
  if (complements.length === 0 || random.next() > 0.42) return
  // The first complement is the closest: a mug asks for a teapot before it asks for a plate.
  const leaf = complements[random.weighted(complements.map((_, k) => 1 / (k + 1)))]
  const companion = likes.item(random, leaf, now.day, item, now.seen)
  if (companion < 0 || home.cart.has(companion)) return
  look(home, now, companion)
  if (random.next() < 0.38) addToCart(home, now, companion)
}

function addToCart(home: Home, now: Visit, item: number): void {
  const { random, world } = home
  const leaf = world.leaves[world.items[item].leaf]
  let quantity = 1
  if (IN_SETS.has(leaf.id) && random.next() < 0.5) quantity = random.pick([2, 2, 3, 4, 4, 6])
  else if (leaf.consumableDays !== undefined && random.next() < 0.35) quantity = 2 + random.int(2)
  home.cart.set(item, quantity)
  emit(home, now, 'add_to_cart', [line(home, item, quantity)])
}

function finishCart(home: Home, now: Visit): void {
  const { random, shopper, world } = home
  // Second thoughts, likelier about dear things and for those who mind prices.
  for (const [item, quantity] of home.cart) {
    const dear = Math.max(
      0,
      Math.log(world.items[item].price / (world.leaves[world.items[item].leaf].medianPrice * shopper.budget)),
    )
    if (random.next() < Math.min(0.6, 0.06 + 0.12 * dear * shopper.priceSensitivity)) {
      home.cart.delete(item)
      emit(home, now, 'remove_from_cart', [line(home, item, quantity)])
    }
  }
  if (home.cart.size === 0 || random.next() > INTENTS[now.intent].pay) {
    if (random.next() < 0.5) home.cart.clear() // the cart is forgotten
    return
  }
  pay(home, now)
}

function pay(home: Home, now: Visit): void {
  const { random, shopper, world } = home
  const items = [...home.cart].map(([item, quantity]) => line(home, item, quantity))
  const transaction = `${shopper.id}-T${++home.orders}`
  const coupon = onSale(now.time) && random.next() < Math.min(0.9, 0.35 * shopper.priceSensitivity)
  push(home, now, {
    shopper: shopper.id,
    id: '',
    time: now.time,
    name: 'purchase',
    currency: world.currency,
    items,
    value: money(totalOf(items) * (coupon ? COUPON.factor : 1)),
    transaction_id: transaction,
    ...(coupon ? { coupon: COUPON.code } : {}),
  })
  for (const [item, quantity] of home.cart) {
    const days = world.leaves[world.items[item].leaf].consumableDays
    // Not everyone stays with a product.
    if (days !== undefined && random.next() < 0.65) {
      home.due.set(
        item,
        now.day + Math.max(5, Math.round(days * Math.sqrt(quantity) * Math.exp(0.2 * random.normal()))),
      )
    }
    afterwards(home, now, item, quantity, transaction)
  }
  home.cart.clear()
}

/** How the purchase was felt, and what came of it: a return, a review, both or neither. */
function afterwards(home: Home, now: Visit, item: number, quantity: number, transaction: string): void {
  const { random, shopper, world, likes } = home
  const feel = (centre: number) => Math.max(-1, Math.min(1, centre + 0.5 * random.normal()))
  const { quality, price, leaf } = world.items[item]
  const dear = Math.log(price / (world.leaves[leaf].medianPrice * shopper.budget))
  const feelings: Partial<Record<Aspect, number>> = {
    quality: feel(3.2 * (quality - 0.5)),
    looks: feel(0.1 * likes.surplus(item)),
    value: feel(0.4 - 0.5 * shopper.priceSensitivity * dear),
    ...(random.next() < 0.5 ? { delivery: feel(0.5) } : {}),
    ...(random.next() < 0.35 ? { packaging: feel(0.5) } : {}),
  }
  const arrived = now.time + DAY_MS * (2 + random.int(4))
  const unhappy = Math.max(0, -(feelings.quality ?? 0)) + 0.5 * Math.max(0, -(feelings.looks ?? 0))
  if (random.next() < 0.012 + 0.3 * unhappy) {
    const items = [line(home, item, quantity)]
    home.due.delete(item)
    home.out.events.push({
      shopper: shopper.id,
      id: '',
      time: Math.round(arrived + DAY_MS * (1 + 9 * random.next())),
      name: 'refund',
      currency: world.currency,
      items,
      value: totalOf(items),
      transaction_id: transaction,
    })
  }
  if (random.next() < Math.min(0.95, shopper.reviewing * (1 + unhappy))) {
    const { rating, text } = writeReview(random, shopper.language, feelings)
    home.out.events.push({
      shopper: shopper.id,
      id: '',
      time: Math.round(arrived + DAY_MS * (1 + 14 * random.next())),
      name: 'review',
      items: [{ item_id: world.items[item].product.item_id }],
      rating,
      ...(text === '' ? {} : { text }),
    })
  }
}

function emit(
  home: Home,
  now: Visit,
  name: 'view_item' | 'add_to_cart' | 'remove_from_cart' | 'add_to_wishlist',
  items: EventItem[],
) {
  push(home, now, { shopper: home.shopper.id, id: '', time: now.time, name, currency: home.world.currency, items })
}

/** Writes the event down and lets time pass. Ids are given at the end, in order of time. */
function push(home: Home, now: Visit, event: HistoryEvent): void {
  home.out.events.push(event)
  now.time += Math.round(
    2000 + DWELL_MEDIAN_MS * Math.exp(0.8 * home.random.normal()) * (event.name === 'view_item' ? 1 : 0.3),
  )
}

function line(home: Home, item: number, quantity?: number): EventItem {
  const { item_id, price } = home.world.items[item].product
  return { item_id, ...(price === undefined ? {} : { price }), ...(quantity === undefined ? {} : { quantity }) }
}

const money = (amount: number) => Math.round(amount * 100) / 100
const totalOf = (items: EventItem[]) =>
  money(items.reduce((sum, { price = 0, quantity = 1 }) => sum + price * quantity, 0))

function onSale(time: number): boolean {
  const date = new Date(time)
  const day = (date.getUTCMonth() + 1) * 100 + date.getUTCDate()
  return SALES.some(([from, to]) => day >= from && day <= to)
}

function timeOfDay(random: Random, midnight: number): number {
  return Math.floor((random.weighted(hourWeights(midnight)) + random.next()) * 3_600_000)
}

/** Knuth's method: fine for the small means here. */
function poisson(random: Random, mean: number): number {
  const limit = Math.exp(-mean)
  let n = 0
  for (let product = random.next(); product > limit; product *= random.next()) n++
  return n
}
