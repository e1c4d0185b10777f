/**
 * The attributes dialect: what a page's markup declares.
 *
 *     <main data-vitrine-event="view_item" data-vitrine-item="85123A" data-vitrine-price="2.55">
 *     <button data-vitrine-event="add_to_cart" data-vitrine-item="85123A">Add</button>
 *     <form data-vitrine-event="search" data-vitrine-on="submit"><input type="search"></form>
 *     <table data-vitrine-event="view_cart"> … <tr data-vitrine-item="85123A" data-vitrine-quantity="6"> … </table>
 *
 * Events of looking happen when their element appears in the document, once an appearance; events of acting happen on a
 * click on their element. A click on anything that declares nothing is nothing: it is never an add to cart.
 */
import { type Noticed, noticed } from './event.ts'

const DECLARED = '[data-vitrine-event]'
const ON_CLICK = /^(select_item|(add_to|remove_from)_(cart|wishlist)|share)$/
/** What may change on an element that a page re-uses for the next product. */
const WATCHED = ['data-vitrine-event', 'data-vitrine-item', 'data-vitrine-term']

/** Reads the document as it is now and as it changes. Returns what stops it. */
export function watchAttributes(page: Document, onEvent: (event: Noticed) => void): () => void {
  /** Elements whose appearance was reported, and as what. */
  const reported = new WeakMap<Element, string>()

  const appear = (element: HTMLElement) => {
    if (trigger(element) !== 'view') return
    const { vitrineEvent, vitrineItem, vitrineTerm } = element.dataset
    const what = JSON.stringify([vitrineEvent, vitrineItem, vitrineTerm])
    if (reported.get(element) === what) return
    reported.set(element, what)
    onEvent(readElement(element))
  }
  const each = (node: Node, visit: (element: HTMLElement) => void) => {
    if (!(node instanceof HTMLElement)) return
    if (node.matches(DECLARED)) visit(node)
    for (const element of node.querySelectorAll<HTMLElement>(DECLARED)) visit(element)
  }

  const observer = new MutationObserver((records) => {
    for (const { removedNodes } of records) {
      for (const node of removedNodes) if (!node.isConnected) each(node, (element) => reported.delete(element))
    }
    for (const { type, target, addedNodes } of records) {
      if (type === 'attributes' && target instanceof HTMLElement && target.matches(DECLARED)) appear(target)
      for (const node of addedNodes) if (node.isConnected) each(node, appear)
    }
  })
  observer.observe(page, { subtree: true, childList: true, attributes: true, attributeFilter: WATCHED })
  each(page.documentElement, appear)

  const act = ({ type, target }: Event) => {
    let element = target instanceof Element ? target.closest<HTMLElement>(DECLARED) : null
    // The innermost one that acts: a button in a card is the button's event, not the card's.
    while (element && trigger(element) !== type) {
      element = element.parentElement?.closest<HTMLElement>(DECLARED) ?? null
    }
    if (element) onEvent(readElement(element))
  }
  // Capturing, so that a shop's own handler that stops the event does not hide it, and before a link is followed.
  const listening = { capture: true, passive: true }
  page.addEventListener('click', act, listening)
  page.addEventListener('submit', act, listening)
  return () => {
    observer.disconnect()
    page.removeEventListener('click', act, listening)
    page.removeEventListener('submit', act, listening)
  }
}

function trigger({ dataset }: HTMLElement): string {
  return dataset.vitrineOn ?? (ON_CLICK.test(dataset.vitrineEvent ?? '') ? 'click' : 'view')
}

function readElement(element: HTMLElement): Noticed {
  const { vitrineEvent, vitrineTerm, vitrineValue, vitrineTransaction, vitrineCoupon, vitrineCurrency } =
    element.dataset
  const { vitrineRating, vitrineText, vitrineList } = element.dataset
  return noticed(
    vitrineEvent ?? '',
    present({
      items: present(readItems(element)),
      search_term: vitrineTerm ?? searchField(element)?.value.trim(),
      value: vitrineValue,
      transaction_id: vitrineTransaction,
      coupon: vitrineCoupon,
      currency: vitrineCurrency,
      rating: vitrineRating,
      text: vitrineText,
      item_list_id: vitrineList,
    }),
  )
}

/** The item on the element itself, else those declared inside it, each once. */
function readItems(element: HTMLElement): object[] | undefined {
  if (element.dataset.vitrineItem) return [readItem(element)]
  const inside = new Map<string, object>()
  for (const part of element.querySelectorAll<HTMLElement>('[data-vitrine-item]')) {
    const id = part.dataset.vitrineItem
    if (id && !inside.has(id)) inside.set(id, readItem(part))
  }
  return inside.size > 0 ? [...inside.values()] : undefined
}

function readItem({ dataset }: HTMLElement): object {
  return {
    item_id: dataset.vitrineItem,
    item_name: dataset.vitrineName,
    item_brand: dataset.vitrineBrand,
    item_category: dataset.vitrineCategory,
    item_variant: dataset.vitrineVariant,
    price: dataset.vitrinePrice,
    quantity: dataset.vitrineQuantity,
    index: dataset.vitrineIndex,
  }
}

function searchField(element: HTMLElement): HTMLInputElement | null | undefined {
  if (!(element instanceof HTMLFormElement)) return undefined
  return element.querySelector<HTMLInputElement>('input[type=search], input[name=q], input[type=text]')
}

function present<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as T
}
