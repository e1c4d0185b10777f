/**
 * The privacy panel: what is known of this shopper and why, and every way to change it.
 *
 *     <vitrine-privacy language="en"></vitrine-privacy>
 *
 * Made with Svelte, because it is loaded in idle time and nothing waits for it. Fragments are built node by node and the
 * style sheet is constructed: a page with Trusted Types and a strict policy for styles stays as it is.
 */
import { mount, unmount } from 'svelte'
import Panel from './Panel.svelte'
import { PANEL_CSS } from './style.ts'
import { wordsIn } from './words.ts'

const style = new CSSStyleSheet()
style.replaceSync(PANEL_CSS)

class VitrinePrivacy extends HTMLElement {
  static observedAttributes = ['language']
  readonly #root = this.attachShadow({ mode: 'open' })
  #panel: object | undefined

  constructor() {
    super()
    this.#root.adoptedStyleSheets = [style]
  }

  connectedCallback(): void {
    this.#draw()
  }

  disconnectedCallback(): void {
    this.#clear()
  }

  attributeChangedCallback(_name: string, before: string | null, after: string | null): void {
    if (this.isConnected && before !== after) this.#draw()
  }

  #draw(): void {
    this.#clear()
    const { vitrine } = window
    if (!vitrine) return
    const language = this.getAttribute('language') || this.closest('[lang]')?.getAttribute('lang') || navigator.language
    this.#panel = mount(Panel, { target: this.#root, props: { vitrine, words: wordsIn(language) } })
  }

  #clear(): void {
    if (this.#panel) void unmount(this.#panel)
    this.#panel = undefined
  }
}

if (!customElements.get('vitrine-privacy')) customElements.define('vitrine-privacy', VitrinePrivacy)
