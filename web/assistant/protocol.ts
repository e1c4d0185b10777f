/**
 * What the page asks the assistant, and what the assistant asks the shopper's worker. The assistant is a worker of its own,
 * loaded when the page has its first shelf: what it knows (suggestions, answers, offers, tags) nobody needs before.
 *
 *     page ── questions ──▶ assistant ── standing? ──▶ shopper's worker
 */
import type { ShopEvent } from '../../shared/data/events.ts'
import type { ChunkName } from '../../shared/model/bundle.ts'
import type { Fact } from '../../shared/profile/fact-evidence.ts'
import type { Expected } from '../../shared/profile/next-category.ts'
import type { Preferences } from '../../shared/profile/preferences.ts'
import type { Evidence, Profile } from '../../shared/profile/profile.ts'
import type { CarriedProfile } from '../../shared/profile/profile-file.ts'
import type { KeptItem, Opinions, Spending } from '../../shared/profile/said.ts'
import type { Tag } from '../../shared/profile/tags.ts'
import type { TasteQuestions } from '../../shared/profile/taste-start.ts'
import type { Suggestion } from '../../shared/search/suggestions.ts'
import type { Answer } from '../../shared/service/answers.ts'
import type { CouponReason } from '../../shared/service/coupons.ts'
import type { Asking } from '../protocol.ts'

/** A coupon that this shopper may have, without its code. */
export interface Offer {
  id: string
  title: string
  /** Milliseconds since 1970. */
  until: number
  /** Which of its conditions hold, so that a shopper sees why; a category by its name in their language, where it has one. */
  because: CouponReason[]
}

/** An item by its title in the language that was asked for. */
export type TitledItem = Pick<KeptItem, 'itemId' | 'evidence'> & { title: string }

/** What the events say of how the shopper shops, and what the shopper said outright. */
export interface Character {
  tags: (Tag & { text: string })[]
  /** The shop's kind of shopper that this one is most like, in its words. */
  segment?: { name: string; sureness: number }
  /** What the next visit most likely begins with, the likeliest first; none where no bundle says it. */
  expected: Expected[]
  wishes: TitledItem[]
  shares: TitledItem[]
  /** Of the shopper's own reviews, where the bundle can read them. */
  opinions?: Opinions
  /** Only where it was asked for, and something was bought. */
  spending?: Spending
  /** What the shop's categories and traits are called in the page's language, where that is another name. */
  names: Record<string, string>
  /** What the profile's sentences rest on. */
  evidence: Partial<Record<Fact, Evidence>>
}

export interface NamedTasteQuestions extends TasteQuestions {
  names: Character['names']
}

/** As the page asks them: what is left out is the tag's language, an empty cart and eight suggestions. */
export interface AssistantQuestions {
  suggest: { with: { text: string; limit?: number; language?: string }; answer: Suggestion[] }
  ask: { with: { text: string }; answer: Answer }
  offers: { with: { cartValue?: number; language?: string }; answer: Offer[] }
  /** A code, for a click. */
  reveal: { with: { id: string }; answer: string }
  character: { with: { language?: string; spending?: boolean }; answer: Character }
  taste: { with: { language?: string }; answer: NamedTasteQuestions }
  /** Some that the shop has answers to. */
  questions: { with: { language?: string }; answer: string[] }
  /** The history and the preferences as a file that only the passphrase opens, and back. */
  seal: { with: { profile: CarriedProfile; passphrase: string }; answer: Uint8Array<ArrayBuffer> }
  open: { with: { file: Uint8Array<ArrayBuffer>; passphrase: string }; answer: CarriedProfile }
}

/** What the assistant is not sent of a bundle: the network stays where it ranks. */
export const NETWORK_CHUNKS = ['vectors', 'encoder'] as const satisfies readonly ChunkName[]

export type AssistantChunk = Exclude<ChunkName, (typeof NETWORK_CHUNKS)[number]>

export type ToAssistant =
  /** @param port to the shopper's worker */
  { type: 'start'; key: string; language: string; port: MessagePort } | Asking<AssistantQuestions>

/** What the assistant knows of. Equal stands are the same. */
export interface StandingQuery {
  bundle?: string
  shopper?: number
}

/** What the shopper's worker tells: what has changed since, nothing else. */
export interface Standing {
  /** Unasked: nothing is to be known of the shopper any more. */
  gone?: true
  bundle?: { name: string; chunks: ReadonlyMap<ChunkName, Uint8Array> }
  shopper?: {
    revision: number
    events: ShopEvent[]
    preferences: Preferences
    profile?: Profile
    /** (items) larger is better; empty where there is no catalogue yet */
    scores: Float32Array
  }
}
