/** Loads the shelf elements once a page has one, so that pages without shelves pay nothing for them. */
import { aimScript, assetUrl } from '../network.ts'
import type { Asset } from './connection.ts'

export const SHELF_TAG = 'vitrine-shelf'

/** Room for a shelf before its code is there: what lies below must not jump when it arrives. */
const RESERVED = `${SHELF_TAG}:not(:defined){display:block;min-block-size:var(--vitrine-shelf-height,22.5em)}`

export function watchShelves(page: Document, load: () => void): void {
  const sheet = new CSSStyleSheet()
  sheet.replaceSync(RESERVED)
  page.adoptedStyleSheets = [sheet, ...page.adoptedStyleSheets]
  const shelves = page.getElementsByTagName(SHELF_TAG) // a live list: looking again costs nothing
  if (shelves.length > 0) {
    load()
    return
  }
  const observer = new MutationObserver(() => {
    if (shelves.length === 0) return
    observer.disconnect()
    load()
  })
  observer.observe(page, { subtree: true, childList: true })
}

/** A script element rather than a Blob: a policy that allows the tag by host then allows this too. */
export function loadShelves(page: Document, edge: string, asset: Asset, vouch: (url: string) => string, nonce: string) {
  const script = page.createElement('script')
  script.nonce = nonce
  aimScript(script, vouch(assetUrl(edge, asset.file)), asset.integrity)
  page.head.append(script)
}
