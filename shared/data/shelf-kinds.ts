/** What a shelf shows, as a page asks for it and as events name the place: the order is that of published counts. */
export const SHELF_KINDS = [
  'for-you',
  'related',
  'bought-together',
  'buy-again',
  'trending',
  'discover',
  'win-back',
] as const
export type ShelfKind = (typeof SHELF_KINDS)[number]
