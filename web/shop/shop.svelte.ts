/** The one state of the shop's pages: where the shopper is, in which language, what is in the cart. */
import { getContext, setContext } from 'svelte'
import { isAvailable, isForSale } from '../../shared/data/catalog.ts'
import { productPath, type Reduction, type ShopStatus, type StorefrontProduct } from '../../shared/data/storefront.ts'
import type { Vitrine } from '../tag/api.ts'
import { type Catalogue, type Category, categoryName, titleOf } from './catalogue.ts'
import { type Bought, pushItems, pushPurchase, pushShare } from './data-layer.ts'
import {
  countOf,
  type Line,
  type Order,
  rounded,
  type ShippingMethod,
  shippingOf,
  subtotalOf,
  takenOff,
  withAdded,
  withQuantity,
} from './orders.ts'
import { type Route, readRoute } from './route.ts'
import { createSearch, type Search } from './search.ts'
import { type Language, languageOf, type Strings, stringsIn } from './strings.ts'

const KEY = Symbol('shop')
/** Names in localStorage; the shop's own, apart from anything of Vitrine's. */
const STORED = { cart: 'shop.cart', saved: 'shop.saved', orders: 'shop.orders', language: 'shop.language' }

export class Shop {
  readonly catalogue: Catalogue
  /** Then shelves show them too, and the page of what is remembered says what that tells the pictures' host. */
  readonly hasPhotographs: boolean
  readonly #storage: Storage | undefined
  #search: Promise<Search> | undefined
  #address = ''
  route = $state.raw<Route>({ page: 'home' })
  /** Grows with each page turned, so that effects can tell a new page from new filters. */
  turns = $state(0)
  language = $state<Language>('en')
  lines = $state.raw<Line[]>([])
  saved = $state.raw<string[]>([])
  orders = $state.raw<Order[]>([])
  status = $state.raw<ShopStatus>()
  /** Whether the script tag has run; shelves keep their room until it is known to be absent. */
  tag = $state<'waiting' | 'there' | 'absent'>('waiting')
  vitrine = $state.raw<Vitrine>()
  /** Search results in the shopper's own order, until they choose the shop's; remembered for the page only. */
  ownOrder = $state(true)
  /** Read out by screen readers. */
  announcement = $state('')
  readonly t: Strings = $derived(stringsIn(this.language))
  readonly count = $derived(countOf(this.lines))
  /** The cart's lines with their products; an item that has left the catalogue is not shown. */
  readonly cart: Bought[] = $derived(
    this.lines.flatMap(({ itemId, quantity }) => {
      const product = this.catalogue.byId.get(itemId)
      return product ? [{ product, quantity }] : []
    }),
  )
  readonly subtotal = $derived(subtotalOf(this.cart))

  constructor(catalogue: Catalogue, storage: Storage | undefined, languages: readonly string[]) {
    this.catalogue = catalogue
    this.hasPhotographs = catalogue.products.some((product) => product.thumbnail !== undefined)
    this.#storage = storage
    this.lines = this.#read<Line[]>(STORED.cart) ?? []
    this.saved = this.#read<string[]>(STORED.saved) ?? []
    this.orders = this.#read<Order[]>(STORED.orders) ?? []
    this.language = languageOf(this.#read<string>(STORED.language) ?? languages[0] ?? 'en')
    this.#readAddress()
  }

  // Where the shopper is

  navigate(url: string): void {
    history.pushState(null, '', url)
    this.turnTo()
    scrollTo(0, 0)
  }

  /** Filters change the address, not the page. */
  replace(url: string): void {
    history.replaceState(null, '', url)
    this.#readAddress()
  }

  turnTo(): void {
    this.#readAddress()
    this.turns++
  }

  /** The browser went back or forward. A fragment of the same page is no other page. */
  comeBack(): void {
    if (this.#address !== addressOf(location)) this.turnTo()
  }

  #readAddress(): void {
    this.#address = addressOf(location)
    this.route = readRoute(new URL(location.href))
  }

  search(): Promise<Search> {
    this.#search ??= createSearch(this.catalogue.products)
    return this.#search
  }

  // Words

  /** Data sets are named like files ("online-retail"), shops are not. */
  get name(): string {
    const words = this.catalogue.name.replace(/[-_]+/g, ' ').trim()
    return words.charAt(0).toUpperCase() + words.slice(1)
  }

  title(product: StorefrontProduct): string {
    return titleOf(product, this.language)
  }

  nameOf(category: Category): string {
    return categoryName(category, this.language)
  }

  money(amount: number, currency = this.catalogue.currency): string {
    return new Intl.NumberFormat(this.t.locale, currency ? { style: 'currency', currency } : MINOR).format(amount)
  }

  speak(language: Language): void {
    this.language = language
    this.#write(STORED.language, language)
  }

  /** Emptied first, so that the same words twice are read twice. */
  announce(text: string): void {
    this.announcement = ''
    setTimeout(() => (this.announcement = text), 50)
  }

  // Cart, saved products and orders

  canBuy(product: StorefrontProduct): boolean {
    return isForSale(product) && isAvailable(product)
  }

  add(product: StorefrontProduct, quantity: number): void {
    this.#keepLines(withAdded(this.lines, product.item_id, quantity))
    pushItems('add_to_cart', [{ product, quantity }], this.moneyOf(product))
    this.announce(this.t.addedToCart(this.title(product), this.count))
  }

  setQuantity(product: StorefrontProduct, quantity: number): void {
    const before = this.lines.find((line) => line.itemId === product.item_id)?.quantity ?? 0
    this.#keepLines(withQuantity(this.lines, product.item_id, quantity))
    const now = this.lines.find((line) => line.itemId === product.item_id)?.quantity ?? 0
    if (now === before) return
    const change = [{ product, quantity: Math.abs(now - before) }]
    pushItems(now > before ? 'add_to_cart' : 'remove_from_cart', change, this.moneyOf(product))
    this.announce(
      now === 0
        ? this.t.removedFromCart(this.title(product), this.count)
        : this.t.cartChanged(this.count, this.money(this.subtotal)),
    )
  }

  toggleSaved(product: StorefrontProduct): void {
    const was = this.saved.includes(product.item_id)
    this.saved = was ? this.saved.filter((id) => id !== product.item_id) : [...this.saved, product.item_id]
    this.#write(STORED.saved, this.saved)
    // GA4 has no word of its own for taking something off again.
    const event = was ? 'remove_from_wishlist' : 'add_to_wishlist'
    pushItems(event, [{ product, quantity: 1 }], this.moneyOf(product))
    this.announce(was ? this.t.unsavedNotice(this.title(product)) : this.t.savedNotice(this.title(product)))
  }

  /** By the device's own means, else as a link to paste; said where neither may be. */
  async share(product: StorefrontProduct): Promise<'shared' | 'copied' | 'failed' | undefined> {
    const url = new URL(productPath(product.item_id), location.href).href
    const how = 'share' in navigator ? 'shared' : 'copied'
    try {
      if (how === 'shared') await navigator.share({ title: this.title(product), url })
      else await navigator.clipboard.writeText(url)
    } catch (error) {
      // Whoever thinks better of it knows.
      if ((error as Error).name === 'AbortError') return undefined
      this.announce(this.t.sharing.failed)
      return 'failed'
    }
    pushShare(product)
    this.announce(this.t.sharing[how])
    return how
  }

  review({ item_id }: StorefrontProduct, rating: number, text: string): void {
    this.vitrine?.('event', 'review', { items: [{ item_id }], rating, ...(text === '' ? {} : { text }) })
  }

  /** Turns the cart into an order. */
  buy(method: ShippingMethod, reduction: Reduction | undefined, id: string, time: number): Order {
    const bought = this.cart
    const shipping = shippingOf(this.subtotal, method, reduction)
    const coupon = reduction && { code: reduction.code, off: takenOff(this.subtotal, reduction) }
    const order: Order = {
      id,
      time,
      lines: bought.map(({ product, quantity }) => ({
        itemId: product.item_id,
        quantity,
        title: product.title,
        price: product.price ?? 0,
      })),
      shipping,
      coupon,
      total: rounded(this.subtotal - (coupon?.off ?? 0) + shipping),
      currency: this.moneyOf(bought[0]?.product).currency,
    }
    this.orders = [order, ...this.orders]
    this.#write(STORED.orders, this.orders)
    this.#keepLines([])
    pushPurchase(order, bought)
    return order
  }

  /** Empties what the shop itself keeps in this browser. */
  clearKept(): void {
    this.lines = []
    this.saved = []
    this.orders = []
    for (const name of [STORED.cart, STORED.saved, STORED.orders]) this.#storage?.removeItem(name)
  }

  moneyOf(product: StorefrontProduct | undefined): { currency?: string } {
    return { currency: product?.currency ?? this.catalogue.currency }
  }

  /** Another tab changed the cart. */
  readAgain(): void {
    this.lines = this.#read<Line[]>(STORED.cart) ?? []
    this.saved = this.#read<string[]>(STORED.saved) ?? []
    this.orders = this.#read<Order[]>(STORED.orders) ?? []
  }

  #keepLines(lines: Line[]): void {
    this.lines = lines
    this.#write(STORED.cart, lines)
  }

  #read<T>(name: string): T | undefined {
    try {
      return JSON.parse(this.#storage?.getItem(name) ?? 'null') ?? undefined
    } catch {
      return undefined // written by something else: as if it were not there
    }
  }

  #write(name: string, value: unknown): void {
    try {
      this.#storage?.setItem(name, JSON.stringify(value))
    } catch {
      // Storage is full or forbidden: the cart lasts as long as the page.
    }
  }
}

const addressOf = ({ pathname, search }: Location) => pathname + search

const MINOR = { minimumFractionDigits: 2, maximumFractionDigits: 2 }

export function provideShop(shop: Shop): void {
  setContext(KEY, shop)
}

export function useShop(): Shop {
  return getContext<Shop>(KEY)
}
