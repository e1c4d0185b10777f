/** The map: what is under the pointer, what is chosen, one category alone. */
import type { ExplorerCatalogue, ExplorerRun } from '../explorer.ts'
import { aboutItem } from './nearest-list.ts'
import type { Neighbour } from './neighbours.ts'

/** In the map's units: a fingertip on a phone is wider than a dot. */
const REACH = 16
const SVG = 'http://www.w3.org/2000/svg'

export interface ItemMap {
  mark(item: number | undefined, near: readonly Neighbour[]): void
}

export function createMap(
  root: Element,
  { x, y }: ExplorerRun,
  items: ExplorerCatalogue,
  onPick: (item: number) => void,
): ItemMap {
  const drawing = root.querySelector('svg') as SVGSVGElement
  const picked = root.querySelector('.picked') as SVGGElement
  const pointed = root.querySelector('.pointed') as HTMLElement
  let only: number | undefined

  const under = (event: MouseEvent): number | undefined => {
    const matrix = drawing.getScreenCTM()
    if (!matrix) return undefined
    const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(matrix.inverse())
    let best: number | undefined
    let distance = REACH
    for (let item = 0; item < x.length; item++) {
      if (only !== undefined && items.group[item] !== only) continue
      const far = Math.hypot(x[item] - at.x, y[item] - at.y)
      if (far < distance) {
        distance = far
        best = item
      }
    }
    return best
  }
  const say = (item: number | undefined) => {
    pointed.textContent = item === undefined ? ' ' : `${items.titles[item]} (${aboutItem(items, item)})`
  }
  drawing.addEventListener('pointermove', (event) => say(under(event)))
  drawing.addEventListener('pointerleave', () => say(undefined))
  drawing.addEventListener('click', (event) => {
    const item = under(event)
    say(item)
    if (item !== undefined) onPick(item)
  })

  const buttons = [...root.querySelectorAll<HTMLButtonElement>('.legend button')]
  for (const button of buttons) {
    button.addEventListener('click', () => {
      const group = Number(button.dataset.group)
      only = only === group ? undefined : group
      for (const other of buttons) other.setAttribute('aria-pressed', String(Number(other.dataset.group) === only))
      for (const dots of drawing.querySelectorAll<SVGPathElement>('.dots')) {
        dots.classList.toggle('dim', only !== undefined && Number(dots.dataset.group) !== only)
      }
    })
  }

  const ring = (item: number, radius: number, kind: string) => {
    const circle = document.createElementNS(SVG, 'circle')
    circle.setAttribute('cx', String(x[item]))
    circle.setAttribute('cy', String(y[item]))
    circle.setAttribute('r', String(radius))
    circle.setAttribute('class', kind)
    return circle
  }
  return {
    mark(item, near) {
      const shown = near.filter(({ item: other }) => other < x.length)
      picked.replaceChildren(
        ...shown.map(({ item: other }) => ring(other, 8, 'near')),
        ...(item !== undefined && item < x.length ? [ring(item, 11, 'chosen')] : []),
      )
    },
  }
}
