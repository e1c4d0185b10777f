/**
 * A shelf of recommendations:
 *
 *     <vitrine-shelf kind="related" item="85123A" limit="8">what the shop shows without Vitrine</vitrine-shelf>
 *
 * Attributes: kind, item, limit, heading (empty for none), language, pictures="shop". States, in `data-state`: "loading"
 * and "empty" show what the shop put inside, "ready" shows the shelf. It keeps room for itself from the start; a shelf
 * that stays empty gives its room back only while nobody can see it, so that nothing ever jumps.
 *
 * Without a framework: Svelte's runtime alone is several times this file, and the first shelf waits for it.
 */
import { SHELF_KINDS, type ShelfKind } from '../../shared/data/shelf-kinds.ts'
import type { Shelf, ShelfItem } from '../protocol.ts'
import type { Vitrine } from '../tag/api.ts'
import { createCard } from './card.ts'
import { type Impressions, watchImpressions } from './impressions.ts'
import { SHELF_CSS } from './style.ts'
import { wordsIn } from './words.ts'

const LIMIT = 8
const MAX_LIMIT = 50
/** Changes come in bursts: a page that loads tells several events at once. */
const SETTLE_MS = 60

const style = new CSSStyleSheet()
style.replaceSync(SHELF_CSS)

class VitrineShelf extends HTMLElement {
  static observedAttributes = ['kind', 'item', 'limit', 'heading', 'language', 'pictures']

  readonly #root = this.attachShadow({ mode: 'open' })
  readonly #heading = this.ownerDocument.createElement('h2')
  readonly #list = this.ownerDocument.createElement('ul')
  readonly #live = this.ownerDocument.createElement('div')
  readonly #fallback = this.ownerDocument.createElement('slot')
  readonly #section = this.ownerDocument.createElement('section')
  #shelf: Shelf | undefined
  /** Dismissed here, by item, with the event that says so, until undone. */
  readonly #dismissals = new Map<string, string>()
  #impressions: Impressions | undefined
  #sight: IntersectionObserver | undefined
  #unsubscribe: (() => void) | undefined
  #timer: ReturnType<typeof setTimeout> | undefined
  #asked = 0
  /** A newer shelf that waits until the shopper's keyboard has left this one. */
  #waiting: Shelf | undefined
  /** An item was chosen: what the keyboard stands on is done with. */
  #left = false

  constructor() {
    super()
    this.#root.adoptedStyleSheets = [style]
    this.#heading.id = 'heading'
    this.#heading.part.add('heading')
    this.#section.part.add('shelf')
    this.#list.part.add('list')
    this.#list.setAttribute('role', 'list') // Safari drops the role with the bullets
    this.#live.className = 'live'
    this.#live.setAttribute('role', 'status')
    this.#section.append(this.#heading, this.#list)
    this.#root.append(this.#fallback, this.#live)
    this.#list.addEventListener('keydown', (event) => this.#onKey(event))
    this.#root.addEventListener('focusout', () => {
      if (this.#waiting) setTimeout(() => this.#waiting && !this.#hasFocus() && this.#show(this.#waiting))
    })
  }

  connectedCallback(): void {
    this.dataset.state ??= 'loading'
    this.#impressions = watchImpressions((itemIds) => this.#onSeen(itemIds))
    for (const card of this.#list.children) if (card instanceof HTMLElement) this.#impressions.watch(card)
    this.#unsubscribe = vitrine()?.('on', 'change', (what) => !/^(learning|record)$/.test(what) && this.#ask(SETTLE_MS))
    this.#ask(0)
  }

  disconnectedCallback(): void {
    this.#unsubscribe?.()
    this.#impressions?.stop()
    this.#sight?.disconnect()
    clearTimeout(this.#timer)
  }

  attributeChangedCallback(_name: string, before: string | null, after: string | null): void {
    if (!this.isConnected || before === after) return
    this.#shelf = undefined // other words or another item: the cards are made anew
    this.#ask(0)
  }

  get #kind(): ShelfKind {
    const kind = this.getAttribute('kind')
    return SHELF_KINDS.find((known) => known === kind) ?? 'for-you'
  }

  get #language(): string {
    const wanted = this.getAttribute('language') || this.closest('[lang]')?.getAttribute('lang') || navigator.language
    return Intl.NumberFormat.supportedLocalesOf(isLanguage(wanted) ? wanted : 'en')[0] ?? 'en'
  }

  #ask(afterMs: number): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(async () => {
      const asked = ++this.#asked
      const limit = Math.min(Math.max(1, Number(this.getAttribute('limit')) || LIMIT), MAX_LIMIT)
      const item = this.getAttribute('item') ?? undefined
      const shelf = await vitrine()?.('recommend', { kind: this.#kind, item, limit, language: this.#language })
      if (!shelf || asked !== this.#asked || !this.isConnected) return
      if (this.#hasFocus() && this.#shelf && !this.#left) this.#waiting = shelf
      else this.#show(shelf)
    }, afterMs)
  }

  #show(shelf: Shelf): void {
    this.#waiting = undefined
    this.#left = false
    if (shelf.items.length === 0) {
      this.#shelf = undefined
      this.#list.replaceChildren()
      this.#section.replaceWith(this.#fallback)
      this.#setState('empty')
      return
    }
    const kept = this.#shelf ? cardsById(this.#list) : new Map<string, HTMLElement>()
    const before = new Map(this.#shelf?.items.map((item) => [item.itemId, JSON.stringify(item)]))
    const isFirst = this.#shelf === undefined
    this.#shelf = shelf
    this.#dismissals.clear()
    const cards = shelf.items.map((item) => {
      const card = before.get(item.itemId) === JSON.stringify(item) ? kept.get(item.itemId) : undefined
      if (card && !card.querySelector('.gone')) return card
      const made = this.#createCard(item)
      if (!isFirst && !kept.has(item.itemId)) made.classList.add('new')
      return made
    })
    // In place where possible: a card that stays keeps its picture and is not drawn again.
    const isSame =
      cards.length === this.#list.children.length && cards.every((card, i) => card === this.#list.children[i])
    if (!isSame) this.#list.replaceChildren(...cards)
    this.#setHeading()
    this.#fallback.replaceWith(this.#section)
    this.#setState('ready')
  }

  #setHeading(): void {
    const given = this.getAttribute('heading')
    const text = given ?? this.#shelf?.heading ?? wordsIn(this.#language).headings[this.#kind]
    this.#heading.textContent = text
    this.#heading.hidden = text === ''
    if (text === '') this.#section.removeAttribute('aria-labelledby')
    else this.#section.setAttribute('aria-labelledby', 'heading')
  }

  #createCard(item: ShelfItem): HTMLLIElement {
    const look = { language: this.#language, shopPictures: this.getAttribute('pictures') === 'shop' }
    const card = createCard(this.ownerDocument, item, look, {
      select: (selected, event) => {
        this.#left = true
        this.#record('rec_click', [selected])
        if (!this.#emit('vitrine-select', selected)) event.preventDefault()
      },
      dismiss: (dismissed) => {
        this.#dismissals.set(dismissed.itemId, this.#record('rec_dismiss', [dismissed]))
        this.#live.textContent = wordsIn(this.#language).dismissed(dismissed.title)
        this.#emit('vitrine-dismiss', dismissed)
      },
      undo: (restored) => {
        const eventId = this.#dismissals.get(restored.itemId)
        this.#dismissals.delete(restored.itemId)
        this.#live.textContent = ''
        if (eventId) vitrine()?.('forget', { eventIds: [eventId] })
      },
    })
    this.#impressions?.watch(card)
    return card
  }

  #onSeen(itemIds: string[]): void {
    const seen = this.#shelf?.items.filter(({ itemId }) => itemIds.includes(itemId)) ?? []
    if (seen.length > 0) this.#record('rec_impression', seen)
  }

  /** Local events: they stay on the device like all others. */
  #record(name: 'rec_click' | 'rec_dismiss' | 'rec_impression', items: ShelfItem[]): string {
    const id = crypto.randomUUID()
    const places = this.#shelf?.items.map(({ itemId }) => itemId) ?? []
    vitrine()?.('event', {
      id,
      name,
      items: items.map(({ itemId, price }) => ({
        item_id: itemId,
        price,
        index: places.indexOf(itemId) + 1,
        rec_id: this.#shelf?.recId,
        placement: this.#kind,
      })),
    })
    return id
  }

  /** @returns false when the shop prevented what follows. */
  #emit(type: string, item: ShelfItem): boolean {
    const detail = { item, kind: this.#kind, recId: this.#shelf?.recId }
    return this.dispatchEvent(new CustomEvent(type, { bubbles: true, composed: true, cancelable: true, detail }))
  }

  #setState(state: 'ready' | 'empty'): void {
    if (this.dataset.state === state) return
    this.dataset.state = state
    this.#sight?.disconnect()
    this.removeAttribute('data-collapsed')
    if (state === 'ready' || this.childElementCount > 0) return
    this.#sight = new IntersectionObserver(([{ isIntersecting }]) => {
      if (isIntersecting) return
      this.#sight?.disconnect()
      this.dataset.collapsed = ''
    })
    this.#sight.observe(this)
  }

  #hasFocus(): boolean {
    return this.#root.activeElement !== null
  }

  /** Arrow keys go from card to card, as Tab goes through everything. */
  #onKey(event: KeyboardEvent): void {
    const direction = { ArrowRight: 1, ArrowLeft: -1 }[event.key]
    const card = this.#root.activeElement?.closest('li')
    if (!direction || !card) return
    const forwards = (direction === 1) === (getComputedStyle(this).direction === 'ltr')
    const next = forwards ? card.nextElementSibling : card.previousElementSibling
    const target = next?.querySelector<HTMLElement>('.open, .undo')
    if (!target) return
    event.preventDefault()
    target.focus()
    next?.scrollIntoView({ block: 'nearest', inline: 'nearest' })
  }
}

function vitrine(): Vitrine | undefined {
  return window.vitrine
}

function cardsById(list: HTMLElement): Map<string, HTMLElement> {
  const cards = new Map<string, HTMLElement>()
  for (const card of list.children) if (card instanceof HTMLElement) cards.set(card.dataset.itemId ?? '', card)
  return cards
}

function isLanguage(tag: string): boolean {
  try {
    return Intl.getCanonicalLocales(tag).length > 0
  } catch {
    return false
  }
}

if (!customElements.get('vitrine-shelf')) customElements.define('vitrine-shelf', VitrineShelf)
