/**
 * What the page and the worker say to each other. The page side captures events and draws shelves; the worker owns the
 * event log, the bundle and the ranking. Every message is one of these, errors included: nothing is thrown across.
 */
import type { ContentKind } from '../shared/data/catalog.ts'
import type { ShopEvent } from '../shared/data/events.ts'
import type { ShelfKind } from '../shared/data/shelf-kinds.ts'
import type { ContributionPolicy } from '../shared/federated/policy.ts'
import type { Preferences } from '../shared/profile/preferences.ts'
import type { KnownLabel, Profile } from '../shared/profile/profile.ts'
import type { Policy, Untrusted } from '../shared/tlog/policy.ts'
import type { Condition } from './learning/conditions.ts'
import type { KeptAdapter, LastAttempt } from './store/adapter.ts'

/** How an event was noticed, shown to whoever checks an installation. */
export type EventSource = 'call' | 'attribute' | 'datalayer' | 'shelf' | 'file'

/** Three separate permissions. Without `remember`, what is known lives in memory and ends with the page. */
export interface Consent {
  personalise: boolean
  remember: boolean
  contribute: boolean
}
export const DEFAULT_CONSENT: Consent = { personalise: true, remember: false, contribute: false }

/** Why an item is on a shelf, from what the ranking really used. `title` is the shopper's own earlier item. */
export type Reason =
  | { code: 'viewed' | 'carted' | 'bought' | 'wished'; itemId: string; title: string }
  | { code: 'searched'; query: string }
  | { code: 'bought-together' | 'chosen-after' | 'similar'; itemId: string; title: string }
  | { code: 'buy-again'; times: number; lastTime: number }
  | { code: 'trending' }
  /** What the shopper said in the taste start. */
  | { code: 'chosen' }
  /** Categories from the root: what this shopper looks into, and where others go on to from there. */
  | { code: 'others-go-on'; from: string; category: string }
  | { code: 'new-to-you'; category: string }

/** Strongest first, each with its share (0 … 1) of what network and rules give the item. Empty where it is merely wanted now. */
export type Explanation = { reason: Reason; share: number }[]

export interface ShelfItem {
  itemId: string
  title: string
  /** Where it is no product: a guide, a video. */
  kind?: ContentKind
  price?: number
  listPrice?: number
  currency?: string
  url?: string
  /** How to draw it (`shared/data/picture.ts`) when the shop's own picture is not used. */
  picture?: string
  imageLink?: string
  reason: Reason
}

export interface Shelf {
  kind: ShelfKind
  recId: string
  items: ShelfItem[]
  /** Where this shelf has more to say than its kind. */
  heading?: string
  /** Which models took part: "trending" alone on a first visit, more as the bundle arrives. */
  models: string[]
  version: number
}

/** What is known of the shopper, each entry with the events that say so, and what they said themselves. */
export interface ShownProfile {
  known?: { profile: Profile; labels: KnownLabel[] }
  preferences: Preferences
}

/** Why a bundle is not installed. */
export type RefusalCode = Untrusted['why'] | 'rollback' | 'twice' | 'content'

export interface Refusal {
  /** 0 where not even that can be read. */
  version: number
  code: RefusalCode
  /** In English, for whoever looks into it. */
  reason: string
  /** Milliseconds since 1970 */
  time: number
  /** What the edge offered, as it came, and the checkpoint that was seen before. Absent where it is the content alone. */
  offered?: string
  held?: string
}

/** What an installation check and the page of what is remembered show. */
export interface Status {
  consent: Consent
  storage: 'memory' | 'indexeddb' | 'unavailable'
  /** Installed bundle; 0 before the first. `parts` grows from "shelf" to everything. */
  bundle: { version: number; items: number; simulated: boolean; parts: string[]; network: boolean; kernel: boolean }
  /** The last bundle that was refused, and why; the installed one stays. */
  refused?: Refusal
  /** What was refused, the newest last, to be shown to others: it outlives what was put right since. */
  evidence: Refusal[]
  /** The log, at the newest checkpoint that was seen of it. */
  record?: { origin: string; size: number; cosignatures: number }
  /** The edge could not be reached; the shop goes on with what it has. */
  offline: boolean
  /** Addresses that the worker has fetched from, in order: the browser's own record of it, which ends after some 250. */
  fetched?: string[]
  /** The worker never started, and why: nothing is recommended and nothing recorded on this page. */
  failed?: string
  events: {
    total: number
    bySource: Partial<Record<EventSource, number>>
    unknownItems: number
    rejected: number
    lastRejection?: string
    /** Stored records that could not be read and were passed over. */
    corrupt?: number
  }
  /** Absent where the worker never started. */
  learning?: {
    /** Empty while a lesson is under way. */
    waiting: Condition[]
    /** What came of the last attempt, and when it began. */
    last?: LastAttempt
    /** What was learned and ranks now. */
    inUse?: KeptAdapter['accepted']
  }
  /** What the tag lets this browser contribute to; absent where it is nothing. */
  contribution?: ContributionPolicy
}

export interface HistoryEntry {
  event: ShopEvent
  source: EventSource
  /** Of its first item, in the language that was asked for. */
  title?: string
}

/** What can be asked of a worker: by name, what is asked with it and what is answered. */
export type QuestionList<Q> = { [Name in keyof Q]: { with: object; answer: unknown } }

/** Of the shopper's worker. What the assistant can be asked is in `assistant/protocol.ts`. */
export interface Questions {
  recommend: { with: { kind: ShelfKind; itemId?: string; limit: number; language?: string }; answer: Shelf }
  /** Item ids in the shop's order, to be brought into the shopper's (`shared/search/rerank.ts`). */
  rerank: { with: { itemIds: readonly string[]; query?: string; impact: number }; answer: string[] }
  history: { with: { language?: string }; answer: HistoryEntry[] }
  /** Some events by id, what was learned, or everything: the log, the database itself, and all other tabs are told. */
  forget: { with: { what: { eventIds: readonly string[] } | 'learned' | 'everything' }; answer: undefined }
  profile: { with: object; answer: ShownProfile }
  why: { with: { itemId: string; language?: string }; answer: Explanation }
  prefer: { with: { preferences: unknown }; answer: undefined }
  /** What a profile file brought. Answered with how many events were not here before. */
  take: { with: { events: ShopEvent[]; preferences: Preferences }; answer: number }
  status: { with: object; answer: Status }
}

/** A question of the list as it travels. */
export type Asking<Q extends QuestionList<Q>> = {
  [Name in keyof Q & string]: { type: Name; request: number } & Q[Name]['with']
}[keyof Q & string]

/** How a worker answers any question. */
export type Answering =
  | { type: 'answer'; request: number; value: unknown }
  | { type: 'error'; request?: number; message: string }

export type ToWorker =
  | {
      type: 'start'
      edge: string
      policy: Policy
      refreshSeconds: number
      language: string
      /** The tag's `data-wasm`: the page's policy, if it has one, allows 'wasm-unsafe-eval'. */
      wasm: boolean
      /** What holds until somebody decides: the tag's `data-consent`. A remembered decision comes before it. */
      consent: Consent
      /** What the page has decided before the worker was there. It comes before a remembered decision. */
      decided?: Partial<Consent>
    }
  /** Whatever a page's dialect gave; the worker decodes it. */
  | { type: 'event'; event: unknown; source: EventSource }
  | { type: 'consent'; consent: Partial<Consent> }
  /** Where the assistant (`assistant/worker.ts`) asks for what it answers from. */
  | { type: 'assistant'; port: MessagePort }
  /** The page goes into the back/forward cache, where an open database would stand in other tabs' way, or comes back. */
  | { type: 'pause' }
  | { type: 'resume' }
  /** The port of a learner, or that there is none; and what is waited for until a learner says it. */
  | { type: 'learner'; port?: MessagePort; waiting: Condition[] }
  | Asking<Questions>

export type FromWorker =
  /** Everything has been asked of the edge that this page needs: what is left to load comes now. Told once. */
  | { type: 'settled' }
  /** The log, or what ranks, changed: shelves ask again. Not so for `learning` and `record`, which are of interest to the panel. */
  | { type: 'changed'; what: Change }
  | Answering

export type Change = 'events' | 'bundle' | 'consent' | 'preferences' | 'learning' | 'record'
