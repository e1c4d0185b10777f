/**
 * What a page can say to the tag, as `window.vitrine(command, …)`. A page that calls before the tag has loaded puts this
 * in front of it, and nothing is lost:
 *
 *     window.vitrine ||= function () { (vitrine.q ||= []).push(arguments) }
 */
import type { ShopEvent } from '../../shared/data/events.ts'
import type { Preferences } from '../../shared/profile/preferences.ts'
import type { Consent, EventSource, Explanation, Shelf, ShelfKind, ShownProfile, Status } from '../protocol.ts'

export type Change = 'events' | 'bundle' | 'consent' | 'preferences' | 'learning'
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
  (command: 'forget', what: 'everything' | 'learned' | { eventIds: readonly string[] }): Promise<void>
  /** What is known of the shopper, and what they said themselves. */
  (command: 'profile'): Promise<ShownProfile>
  /** What each past act gives a suggestion. */
  (command: 'why', item: { item: string; language?: string }): Promise<Explanation>
  /** What is no preferences counts as none. */
  (command: 'prefer', preferences: Preferences): Promise<void>
  /** Rejects for a passphrase of fewer than 8 characters. */
  (command: 'carry', passphrase: string): Promise<Uint8Array<ArrayBuffer>>
  /** Resolves with how many events are new here. Rejects for a wrong passphrase or a file that was changed. */
  (command: 'restore', file: { file: Uint8Array<ArrayBuffer>; passphrase: string }): Promise<number>
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
