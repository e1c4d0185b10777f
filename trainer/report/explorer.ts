/**
 * What the page knows of items and their vectors, so that neighbours are found without asking anybody. Written by the
 * report, read by its page: JSON, with vectors as base64.
 */

export interface ExplorerCatalogue {
  /** Most wanted first; every other column, and the rows of every vector table, are in this order. */
  titles: string[]
  /** Empty where the title is the id. */
  ids: string[]
  /** How often each was wanted in training. */
  wanted: number[]
  /** "Home > Candles", by number. */
  categories: string[]
  category: number[]
  /** What the map is coloured by, and each item's. */
  groups: string[]
  group: number[]
}

export interface ExplorerRun {
  name: string
  catalogue: number
  width: number
  /** (items, width) int8; scales are left out because an angle does not need them */
  vectors: string
  /** Places of the first items on the map, in its own units. */
  x: number[]
  y: number[]
}

export interface ExplorerData {
  catalogues: ExplorerCatalogue[]
  runs: ExplorerRun[]
}

export function encodeInt8(values: Int8Array): string {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.length)
  const parts: string[] = []
  // As arguments of a call: more than this, and the stack is full.
  for (let at = 0; at < bytes.length; at += 0x8000) parts.push(String.fromCharCode(...bytes.subarray(at, at + 0x8000)))
  return btoa(parts.join(''))
}

export function decodeInt8(base64: string): Int8Array {
  const text = atob(base64)
  const values = new Int8Array(text.length)
  for (let at = 0; at < text.length; at++) values[at] = text.charCodeAt(at)
  return values
}
