/**
 * Elements of Svelte components. Fragments are built node by node and the style sheets are constructed: a page with Trusted
 * Types and a strict policy for styles stays as it is.
 */
import { type Component, mount, unmount } from 'svelte'
import type { Vitrine } from '../tag/api.ts'

/** What a component is given of its element. */
export interface ElementProps {
  vitrine: Vitrine
  host: HTMLElement
  language: string
  /** By attribute; absent where the page does not say. */
  given: Readonly<Record<string, string | undefined>>
}

/** @param attributes beside `language`; a change of one changes the component's props, and it stays */
export function defineElement(
  name: string,
  component: Component<ElementProps>,
  css: string,
  attributes: readonly string[] = [],
): void {
  if (customElements.get(name)) return
  const style = new CSSStyleSheet()
  style.replaceSync(css)
  class VitrineElement extends HTMLElement {
    static observedAttributes = ['language', ...attributes]
    readonly #root = this.attachShadow({ mode: 'open' })
    readonly #given = $state<Record<string, string | undefined>>({})
    #language = $state('')
    #mounted: object | undefined

    constructor() {
      super()
      this.#root.adoptedStyleSheets = [style]
    }

    connectedCallback(): void {
      const { vitrine } = window
      if (!vitrine) return
      this.attributeChangedCallback()
      const element = this
      const props: ElementProps = {
        vitrine,
        host: this,
        given: this.#given,
        get language() {
          return element.#language
        },
      }
      this.#mounted = mount(component, { target: this.#root, props })
    }

    disconnectedCallback(): void {
      if (this.#mounted) void unmount(this.#mounted)
      this.#mounted = undefined
    }

    attributeChangedCallback(): void {
      const around = this.closest('[lang]')?.getAttribute('lang')
      this.#language = this.getAttribute('language') || around || navigator.language
      for (const attribute of attributes) this.#given[attribute] = this.getAttribute(attribute) ?? undefined
    }
  }
  customElements.define(name, VitrineElement)
}
