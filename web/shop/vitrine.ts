/** Waits for the tag. The shop works the same without it: then there is nothing to show of it. */
import type { Vitrine } from '../tag/api.ts'

/** How long a page waits for an async script before it says that there is none. */
const TAG_TIMEOUT_MS = 8_000
const LOOK_EVERY_MS = 50

/** The tag's interface when its script has run; undefined when the page has no tag or it did not load. */
export async function findVitrine(): Promise<Vitrine | undefined> {
  const script = document.querySelector<HTMLScriptElement>('script[src$="/vitrine.js"]')
  if (script && !window.vitrine?.running) {
    await new Promise<void>((done) => {
      const interval = setInterval(() => window.vitrine?.running && finish(), LOOK_EVERY_MS)
      const timeout = setTimeout(() => finish(), TAG_TIMEOUT_MS)
      const finish = () => {
        clearInterval(interval)
        clearTimeout(timeout)
        done()
      }
      script.addEventListener('error', finish)
    })
  }
  return window.vitrine?.running ? window.vitrine : undefined
}
