/** Waits for the tag. The shop works the same without it: then there is nothing to show of it. */
import type { Vitrine } from '../tag/api.ts'

/** A host that never answers must not leave empty room on the page for as long as the browser is patient. */
const TAG_TIMEOUT_MS = 8_000
const LOOK_EVERY_MS = 50

/** The tag's interface when its script has run; undefined when the page has no tag or it did not load. */
export async function findVitrine(page: Document): Promise<Vitrine | undefined> {
  // An async script holds up the page's load event: after that it has run or failed.
  if (page.querySelector('script[src$="/vitrine.js"]') && page.readyState !== 'complete') {
    await new Promise<void>((done) => {
      const interval = setInterval(() => window.vitrine?.running && finish(), LOOK_EVERY_MS)
      const timeout = setTimeout(() => finish(), TAG_TIMEOUT_MS)
      const finish = () => {
        clearInterval(interval)
        clearTimeout(timeout)
        removeEventListener('load', finish)
        done()
      }
      addEventListener('load', finish)
    })
  }
  return window.vitrine?.running ? window.vitrine : undefined
}
