/** Which cards a shopper has really had before their eyes: half of the card, once for each item of a shelf. */

/** Cards that come into view together are one event. */
const TOGETHER_MS = 400

export interface Impressions {
  watch(card: HTMLElement): void
  stop(): void
}

export function watchImpressions(onSeen: (itemIds: string[]) => void): Impressions {
  const seen = new Set<string>()
  let waiting: string[] = []
  const observer = new IntersectionObserver(
    (entries) => {
      for (const { isIntersecting, target } of entries) {
        const id = target instanceof HTMLElement ? target.dataset.itemId : undefined
        if (!isIntersecting || id === undefined) continue
        observer.unobserve(target)
        if (seen.has(id)) continue
        seen.add(id)
        if (waiting.length === 0) setTimeout(flush, TOGETHER_MS)
        waiting.push(id)
      }
    },
    { threshold: 0.5 },
  )
  const flush = () => {
    if (waiting.length > 0) onSeen(waiting)
    waiting = []
  }
  return { watch: (card) => observer.observe(card), stop: () => observer.disconnect() }
}
