/** Looks items up by what is typed: an editable combobox with a listbox (ARIA Authoring Practices, "Combobox"). */
import type { ExplorerCatalogue } from '../explorer.ts'

const MAX_OPTIONS = 12

export interface Finder {
  /** Writes an item's title into the field. */
  show(item: number): void
}

/** As it is compared: without accents and case. */
const plain = (text: string) => text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase()

/** Items whose title or id has every word; those that begin with the text first, then the most wanted. */
function matching(keys: readonly string[], typed: string): number[] {
  const text = plain(typed).trim()
  const words = text.split(/\s+/)
  const found = keys.flatMap((key, item) => (words.every((word) => key.includes(word)) ? [item] : []))
  const begins = (item: number) => keys[item].startsWith(text) || keys[item].includes(`\n${text}`)
  return [...found.filter(begins), ...found.filter((item) => !begins(item))]
}

export function createFinder(items: ExplorerCatalogue, onPick: (item: number) => void): Finder {
  const field = document.querySelector('#find') as HTMLInputElement
  const list = document.querySelector('#found') as HTMLElement
  const status = document.querySelector('#matches') as HTMLElement
  const keys = items.titles.map((title, item) => plain(`${title}\n${items.ids[item]}`))
  let options: number[] = []
  let active = -1

  const activate = (next: number) => {
    active = next
    ;[...list.children].forEach((option, at) => {
      option.setAttribute('aria-selected', String(at === active))
      if (at === active) option.scrollIntoView({ block: 'nearest' })
    })
    if (active >= 0) field.setAttribute('aria-activedescendant', `option${active}`)
    else field.removeAttribute('aria-activedescendant')
  }
  const close = () => {
    list.hidden = true
    field.setAttribute('aria-expanded', 'false')
    activate(-1)
  }
  const open = (typed: string) => {
    const found = matching(keys, typed)
    options = found.slice(0, MAX_OPTIONS)
    list.replaceChildren(
      ...options.map((item, at) => {
        const option = document.createElement('li')
        option.id = `option${at}`
        option.setAttribute('role', 'option')
        option.textContent = items.titles[item]
        const about = document.createElement('small')
        about.textContent = [items.ids[item], items.categories[items.category[item]]].filter(Boolean).join(', ')
        option.append(' ', about)
        option.addEventListener('click', () => choose(at))
        return option
      }),
    )
    status.textContent =
      found.length > MAX_OPTIONS
        ? `${found.length.toLocaleString('en-GB')} items; the ${MAX_OPTIONS} most wanted are listed`
        : `${found.length} ${found.length === 1 ? 'item' : 'items'}`
    list.hidden = options.length === 0
    field.setAttribute('aria-expanded', String(options.length > 0))
    activate(-1)
  }
  const choose = (at: number) => {
    const item = options[at]
    if (item === undefined) return
    field.value = items.titles[item]
    status.textContent = ''
    close()
    onPick(item)
  }

  field.addEventListener('input', () => open(field.value))
  field.addEventListener('focus', () => field.select())
  field.addEventListener('blur', close)
  // A press on an option would take the focus away, and the list with it, before the click.
  list.addEventListener('pointerdown', (event) => event.preventDefault())
  field.addEventListener('keydown', (event) => {
    const last = options.length - 1
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault()
      const down = event.key === 'ArrowDown'
      if (list.hidden) {
        open('')
        activate(down ? 0 : options.length - 1)
      } else activate(down ? (active >= last ? 0 : active + 1) : active <= 0 ? last : active - 1)
    } else if (event.key === 'Enter' && !list.hidden) {
      event.preventDefault()
      choose(Math.max(0, active))
    } else if (event.key === 'Escape') {
      if (list.hidden) field.value = ''
      close()
    }
  })
  return {
    show(item) {
      field.value = items.titles[item]
    },
  }
}
