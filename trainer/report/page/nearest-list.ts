/** The items nearest to the chosen one, each a step to its own. Titles enter the page as text alone. */
import type { ExplorerCatalogue } from '../explorer.ts'
import { type Neighbour, nearest } from './neighbours.ts'

export interface Vectors {
  vectors: Int8Array
  norms: Float32Array
  width: number
}

export interface NearestList {
  nearestTo(vectors: Vectors, item: number, count: number): Neighbour[]
  /** @param item undefined when this run's catalogue does not have it */
  show(item: number | undefined, near: readonly Neighbour[]): void
}

/** @param onPick told the id of an item, or its title where that is the id */
export function createNearest(root: Element, items: ExplorerCatalogue, onPick: (key: string) => void): NearestList {
  const heading = root.querySelector('h4') as HTMLElement
  const list = root.querySelector('ol') as HTMLElement
  return {
    nearestTo: ({ vectors, norms, width }, item, count) => nearest(vectors, norms, width, item, count),
    show(item, near) {
      heading.textContent = item === undefined ? 'Not in the catalogue of this run' : `Nearest to ${items.titles[item]}`
      list.replaceChildren(
        ...near.map(({ item: other, cosine }) => {
          const row = document.createElement('li')
          const button = document.createElement('button')
          button.type = 'button'
          button.textContent = items.titles[other]
          button.addEventListener('click', () => onPick(items.ids[other] || items.titles[other]))
          const about = document.createElement('small')
          about.textContent = aboutItem(items, other)
          const figure = document.createElement('span')
          figure.className = 'cosine'
          figure.textContent = cosine.toFixed(2).replace('-', '−')
          row.append(button, figure, about)
          return row
        }),
      )
    },
  }
}

/** "Home > Candles, wanted 203 times" */
export function aboutItem(items: ExplorerCatalogue, item: number): string {
  const wanted = items.wanted[item]
  const times = wanted === 1 ? 'wanted once' : `wanted ${wanted.toLocaleString('en-GB')} times`
  return [items.categories[items.category[item]], times].filter(Boolean).join(', ')
}
