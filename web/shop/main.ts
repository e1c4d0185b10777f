/** Loads the catalogue, then shows the page that the address names. */
import { mount } from 'svelte'
import type { StorefrontCatalog } from '../../shared/data/storefront.ts'
import App from './App.svelte'
import { createCatalogue } from './catalogue.ts'
import { createDataLayer } from './data-layer.ts'
import { Shop } from './shop.svelte.ts'
import { languageOf, stringsIn } from './strings.ts'

createDataLayer()
const target = document.getElementById('shop')!

try {
  const answer = await fetch('/shop/catalog.json')
  if (!answer.ok) throw new Error(`catalogue: HTTP ${answer.status}`)
  const catalogue = createCatalogue((await answer.json()) as StorefrontCatalog)
  mount(App, { target, props: { shop: new Shop(catalogue, localStorageOf(window), navigator.languages) } })
} catch (error) {
  const t = stringsIn(languageOf(navigator.language))
  const message = document.createElement('p')
  message.className = 'fatal'
  message.setAttribute('role', 'alert')
  message.textContent = t.catalogueFailed
  target.append(message)
  throw error
}

/** Reading the property itself throws where storage is forbidden. */
function localStorageOf(page: Window): Storage | undefined {
  try {
    return page.localStorage
  } catch {
    return undefined
  }
}
