/** One item on a shelf: picture, title, price, why it is here, and a way to send it away. */
import { drawPicture } from '../../shared/data/picture.ts'
import { aimPicture } from '../network.ts'
import type { ShelfItem } from '../protocol.ts'
import { drawSvg } from './drawing.ts'
import { wordsIn } from './words.ts'

export interface CardActions {
  select(item: ShelfItem, event: Event): void
  dismiss(item: ShelfItem): void
  undo(item: ShelfItem): void
}

export interface CardLook {
  language: string
  /** Whether to load the shop's own picture, whose host then sees that this item was shown. */
  shopPictures: boolean
}

export function createCard(page: Document, item: ShelfItem, look: CardLook, actions: CardActions): HTMLLIElement {
  const words = wordsIn(look.language)
  const card = page.createElement('li')
  card.dataset.itemId = item.itemId
  card.part.add('card')

  const url = safeUrl(item.url, page.baseURI)
  const open = url ? part(page, 'a', 'open') : part(page, 'button', 'open')
  if (open instanceof HTMLAnchorElement && url) open.href = url
  open.addEventListener('click', (event) => actions.select(item, event))
  const picture = part(page, 'div', 'picture')
  picture.append(drawItem(page, item, look))
  const title = part(page, 'div', 'title')
  title.textContent = item.title
  const price = part(page, 'div', 'price')
  price.append(...priceOf(page, item, look.language))
  const reason = part(page, 'div', 'reason')
  reason.textContent = words.reason(item.reason)
  open.append(picture, title, price, reason)

  const dismiss = part(page, 'button', 'dismiss')
  dismiss.textContent = '✕'
  dismiss.setAttribute('aria-label', words.dismiss(item.title))
  const shown = [open, dismiss]
  dismiss.addEventListener('click', () => {
    const { gone, undo } = createGone(page, item, look.language)
    undo.addEventListener('click', () => {
      card.replaceChildren(...shown)
      dismiss.focus()
      actions.undo(item)
    })
    card.replaceChildren(gone)
    undo.focus({ preventScroll: true }) // the button that had the focus is gone
    actions.dismiss(item)
  })
  card.append(...shown)
  return card
}

/** What stands in a dismissed item's place, of the same size, so that nothing jumps. */
function createGone(page: Document, item: ShelfItem, language: string) {
  const words = wordsIn(language)
  const gone = part(page, 'div', 'gone')
  const undo = part(page, 'button', 'undo')
  undo.textContent = words.undo
  gone.append(words.dismissed(item.title), undo)
  return { gone, undo }
}

function drawItem(page: Document, item: ShelfItem, look: CardLook): Element {
  const link = look.shopPictures ? safeUrl(item.imageLink, page.baseURI) : undefined
  if (!link) return drawSvg(page, drawPicture(item.picture ?? item.title))
  const image = page.createElement('img')
  image.alt = '' // the title beside it says what it shows
  image.loading = 'lazy'
  image.decoding = 'async'
  aimPicture(image, link)
  return image
}

function priceOf(page: Document, { kind, price, listPrice, currency }: ShelfItem, language: string): (Node | string)[] {
  const words = wordsIn(language)
  if (kind) return [words.kinds[kind]]
  if (price === undefined) return []
  const now = formatPrice(price, currency, language)
  if (listPrice === undefined || listPrice <= price) return [now]
  const before = page.createElement('s')
  before.textContent = formatPrice(listPrice, currency, language)
  before.setAttribute('aria-label', words.was(before.textContent))
  return [now, before]
}

/** A currency that Intl does not know must not cost the shelf: then it is the number alone. */
export function formatPrice(price: number, currency: string | undefined, language: string): string {
  const isCurrency = currency !== undefined && /^[A-Za-z]{3}$/.test(currency)
  const how: Intl.NumberFormatOptions = isCurrency ? { style: 'currency', currency } : { minimumFractionDigits: 2 }
  return new Intl.NumberFormat(language, how).format(price)
}

/** A product page or a picture, never a script. */
function safeUrl(url: string | undefined, base: string): string | undefined {
  if (!url || !URL.canParse(url, base)) return undefined
  const { protocol, href } = new URL(url, base)
  return protocol === 'https:' || protocol === 'http:' ? href : undefined
}

function part<K extends 'a' | 'button' | 'div'>(page: Document, tag: K, name: string): HTMLElementTagNameMap[K] {
  const element = page.createElement(tag)
  element.className = name
  element.part.add(name)
  if (element instanceof HTMLButtonElement) element.type = 'button'
  return element
}
