/** How much a page moved by itself under the shopper's eyes (https://web.dev/articles/cls), its own moves after a tap left out. */
import type { BrowserContext, Page } from 'playwright-core'

type Watched = Window & { shifted?: number }

/** To be called before the context's first page. */
export async function watchLayoutShifts(context: BrowserContext): Promise<void> {
  await context.addInitScript(() => {
    const watched = window as Watched
    watched.shifted = 0
    new PerformanceObserver((list) => {
      // Layout shift entries are not in TypeScript's DOM library.
      for (const entry of list.getEntries() as (PerformanceEntry & { value: number; hadRecentInput: boolean })[]) {
        if (!entry.hadRecentInput) watched.shifted = (watched.shifted ?? 0) + entry.value
      }
    }).observe({ type: 'layout-shift', buffered: true })
  })
}

export const layoutShiftOf = (page: Page): Promise<number | undefined> =>
  page.evaluate(() => (window as Watched).shifted)
