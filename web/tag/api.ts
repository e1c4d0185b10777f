/**
 * What a page can say to the tag, as `window.vitrine(command, …)`. A page that calls before the tag has loaded puts this
 * in front of it, and nothing is lost:
 *
 *     window.vitrine ||= function () { (vitrine.q ||= []).push(arguments) }
 */
import type { ShopEvent } from '../../shared/data/events.ts'
import type { Consent, EventSource, Shelf, ShelfKind, Status } from '../protocol.ts'

export type Change = 'events' | 'bundle' | 'consent'
export interface HistoryEntry {
  event: ShopEvent
  source: EventSource
  title?: string
}

export interface Vitrine {
  (command: 'event', name: string, parameters?: object): void
  (command: 'event', event: object): void
  (command: 'consent', decided: Partial<Consent>): void
  /** Resolves with an empty shelf when nothing can be recommended; never rejects. */
  (
    command: 'recommend',
    request?: { kind?: ShelfKind; item?: string; limit?: number; language?: string },
  ): Promise<Shelf>
  (command: 'history'): Promise<HistoryEntry[]>
  /** Rejects when something could not be deleted. */
  (command: 'forget', what: 'everything' | { eventId: string }): Promise<void>
  (command: 'status'): Promise<Status>
  /** Returns what unsubscribes. */
  (command: 'on', what: 'change', listener: (change: Change) => void): () => void
  /** Calls made before the tag was there. */
  q?: ArrayLike<unknown>[]
  /** Set by the tag, so that a second copy of it does nothing. */
  running?: true
}

declare global {
  interface Window {
    vitrine?: Vitrine
    dataLayer?: unknown
  }
  interface Navigator {
    /** https://w3c.github.io/gpc/ */
    readonly globalPrivacyControl?: boolean
  }
}
