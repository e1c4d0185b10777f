/**
 * Loads the elements, on every page and always in the same order: shelves after the worker's code, before the worker asks
 * for anything; the privacy panel when the worker has asked for all that it needs. Which requests a browser makes, and in which
 * order, must not depend on what is on the page.
 */
import { aimScript, assetUrl } from '../network.ts'
import type { Asset } from './connection.ts'

/** Room for a shelf before its code is there: what lies below must not jump when it arrives. */
const RESERVED = 'vitrine-shelf:not(:defined){display:block;min-block-size:var(--vitrine-shelf-height,22.5em)}'
/** Suggestions do not wait longer for the code that shows them. */
const PATIENCE_MS = 5000

export function reserveRoom(page: Document): void {
  const sheet = new CSSStyleSheet()
  sheet.replaceSync(RESERVED)
  page.adoptedStyleSheets = [sheet, ...page.adoptedStyleSheets]
}

/**
 * A script element rather than a Blob: a policy that allows the tag by host then allows this too.
 * @returns when it has run, or cannot
 */
export function loadElements(
  page: Document,
  edge: string,
  asset: Asset,
  vouch: (url: string) => string,
  nonce: string,
): Promise<void> {
  return new Promise((settled) => {
    const script = page.createElement('script')
    script.nonce = nonce
    script.onload = script.onerror = () => settled()
    setTimeout(settled, PATIENCE_MS)
    aimScript(script, vouch(assetUrl(edge, asset.file)), asset.integrity)
    page.head.append(script)
  })
}
