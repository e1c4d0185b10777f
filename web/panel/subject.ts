/** What a remembered event is about, in words. */
import { itemsOf } from '../../shared/data/events.ts'
import type { HistoryEntry } from '../protocol.ts'
import type { Words } from './words.ts'

/** The product, the query; empty where it is about neither. */
export function subjectOf({ event, title }: HistoryEntry, words: Words): string {
  if (event.name === 'search' || event.name === 'view_search_results') return `“${event.search_term}”`
  if (event.name === 'ask') return `“${event.text}”`
  const items = itemsOf(event)
  if (items.length === 0) return ''
  const first = title ?? items[0].item_name ?? items[0].item_id
  return items.length === 1 ? first : `${first} ${words.andMore(items.length - 1)}`
}
