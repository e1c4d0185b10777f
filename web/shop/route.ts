/** The shop's addresses: every page is a URL that can be shared, opened in a tab and gone back to. */

export type Route =
  | { page: 'home' | (typeof PLAIN_PAGES)[number] | 'unknown' }
  /** No category is the whole catalogue. */
  | { page: 'category'; category: string[]; filters: URLSearchParams }
  | { page: 'search'; query: string; filters: URLSearchParams }
  | { page: 'product'; itemId: string }
  | { page: 'thanks'; orderId: string }

const PLAIN_PAGES = ['cart', 'checkout', 'saved', 'remembered', 'help'] as const

/** What the address bar says, as a route. Whatever is not an address of the shop is `unknown`. */
export function readRoute(url: URL): Route {
  const parts = segments(url.pathname)
  if (!parts) return { page: 'unknown' }
  const [first, ...rest] = parts
  if (first === undefined) return { page: 'home' }
  if (first === 'c') return { page: 'category', category: rest, filters: url.searchParams }
  if (first === 'p' && rest.length === 1) return { page: 'product', itemId: rest[0] }
  if (rest.length > 0) return { page: 'unknown' }
  if (first === 'search') {
    return { page: 'search', query: url.searchParams.get('q')?.trim() ?? '', filters: url.searchParams }
  }
  if (first === 'thanks') return { page: 'thanks', orderId: url.searchParams.get('order') ?? '' }
  const plain = PLAIN_PAGES.find((page) => page === first)
  return { page: plain ?? 'unknown' }
}

export function categoryUrl(category: string[]): string {
  return ['/c', ...category.map(encodeURIComponent)].join('/')
}

export function searchUrl(query: string): string {
  return `/search?${new URLSearchParams({ q: query })}`
}

function segments(pathname: string): string[] | undefined {
  try {
    return pathname.split('/').filter(Boolean).map(decodeURIComponent)
  } catch {
    return undefined // a percent sign that encodes nothing
  }
}
