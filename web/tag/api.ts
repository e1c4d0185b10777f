/**
 * What a page can say to the tag, as `window.vitrine(command, …)`. A page that calls before the tag has loaded puts this
 * in front of it, and nothing is lost:
 *
 *     window.vitrine ||= function () { (vitrine.q ||= []).push(arguments) }
 */
import type { ShelfKind } from '../../shared/data/shelf-kinds.ts'
import type { Preferences } from '../../shared/profile/preferences.ts'
import type { Suggestion } from '../../shared/search/suggestions.ts'
import type { Answer } from '../../shared/service/answers.ts'
import type { Character, NamedTasteQuestions, Offer } from '../assistant/protocol.ts'
import type { Change, Consent, Explanation, HistoryEntry, Shelf, ShownProfile, Status } from '../protocol.ts'
import type { LedgerEntry } from '../store/ledger.ts'

export interface Vitrine {
  (command: 'event', name: string, parameters?: object): void
  (command: 'event', event: object): void
  (command: 'consent', decided: Partial<Consent>): void
  /** Resolves with an empty shelf when nothing can be recommended; never rejects. */
  (
    command: 'recommend',
    request?: { kind?: ShelfKind; item?: string; limit?: number; language?: string },
  ): Promise<Shelf>
  /** A list of the shop's, search results say, in the shopper's order; as it was when nothing is known. Never rejects. */
  (
    command: 'rerank',
    list: { items: readonly string[]; query?: string /** 0 … 100 */; impact?: number },
  ): Promise<string[]>
  /** What a search box offers while someone types. Resolves with nothing when there is nothing; never rejects. */
  (command: 'suggest', typed: { text: string; limit?: number; language?: string }): Promise<Suggestion[]>
  /** From the shop's answers, or where to ask a person. What was asked is kept with the other events, and never sent. */
  (command: 'ask', question: { text: string; language?: string }): Promise<Answer>
  /** Coupons that this shopper may have. @param cartValue in the shop's currency */
  (command: 'offers', asked?: { cartValue?: number; language?: string }): Promise<Offer[]>
  /** The code of an offer, for a click: it takes a moment. Rejects for an offer that there is not. */
  (command: 'reveal', offer: { id: string }): Promise<string>
  /** How the shopper shops, in words, and what they said outright; what they spend only where it is asked for. */
  (command: 'character', asked?: { language?: string; spending?: boolean }): Promise<Character>
  /** What a new shopper can be asked; the answers are `preferences.taste`. */
  (command: 'taste', asked?: { language?: string }): Promise<NamedTasteQuestions>
  /** Some questions that the shop has answers to; none where it has no answers. */
  (command: 'questions', asked?: { language?: string }): Promise<string[]>
  (command: 'history', asked?: { language?: string }): Promise<HistoryEntry[]>
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
  /** The privacy ledger: each round that this browser has seen, and what it did. */
  (command: 'contributions'): Promise<LedgerEntry[]>
  /** Takes back what was contributed to a round that is open. Resolves with the ledger when that has been tried. */
  (command: 'withdraw', round: string): Promise<LedgerEntry[]>
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
