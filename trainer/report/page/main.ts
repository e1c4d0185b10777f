/** The script of a report: reads what the page carries, and answers which items are near one. */
import { decodeInt8, type ExplorerData } from '../explorer.ts'
import { createFinder } from './finder.ts'
import { createMap } from './map.ts'
import { createNearest } from './nearest-list.ts'
import { normsOf } from './neighbours.ts'

const NEIGHBOURS = 10

function start(data: ExplorerData): void {
  const [catalogue] = data.catalogues
  const views = data.runs.map((run, n) => {
    const items = data.catalogues[run.catalogue]
    const vectors = decodeInt8(run.vectors)
    const norms = normsOf(vectors, run.width)
    const keys = new Map(items.titles.map((title, item) => [items.ids[item] || title, item]))
    const map = createMap(find(`.map[data-run="${n}"]`), run, items, (item) =>
      pick(items.ids[item] || items.titles[item]),
    )
    const list = createNearest(find(`.nearest[data-run="${n}"]`), items, pick)
    return (key: string) => {
      const item = keys.get(key)
      const near = item === undefined ? [] : list.nearestTo({ vectors, norms, width: run.width }, item, NEIGHBOURS)
      list.show(item, near)
      map.mark(item, near)
    }
  })
  function pick(key: string): void {
    for (const show of views) show(key)
  }
  const finder = createFinder(catalogue, (item) => pick(catalogue.ids[item] || catalogue.titles[item]))
  asList(catalogue, data.runs[0]?.x.length ?? 0, (item) => {
    pick(catalogue.ids[item] || catalogue.titles[item])
    finder.show(item)
    find('.nearest').scrollIntoView({ block: 'nearest' })
  })
  if (catalogue.titles.length > 0) {
    finder.show(0)
    pick(catalogue.ids[0] || catalogue.titles[0])
  }
}

/** The same items as the map has, by category, for those who do not point. */
function asList(catalogue: ExplorerData['catalogues'][number], dots: number, onPick: (item: number) => void): void {
  const [choice, list] = [find<HTMLSelectElement>('#list-group'), find('#list-items')]
  const fill = () => {
    const rows = catalogue.group.slice(0, dots).flatMap((group, item) => {
      if (group !== Number(choice.value)) return []
      const row = document.createElement('li')
      const button = document.createElement('button')
      button.type = 'button'
      button.textContent = catalogue.titles[item]
      button.addEventListener('click', () => onPick(item))
      row.append(button)
      return [row]
    })
    list.replaceChildren(...rows)
  }
  choice.addEventListener('change', fill)
  find<HTMLDetailsElement>('#as-list').addEventListener('toggle', fill, { once: true })
}

/** @throws Error when the page is not the one this script was written for */
function find<E extends Element = HTMLElement>(selector: string): E {
  const element = document.querySelector<E>(selector)
  if (!element) throw new Error(`no ${selector} in this page`)
  return element
}

start(JSON.parse(find('#explorer').textContent ?? '') as ExplorerData)
