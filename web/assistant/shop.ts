/** What a bundle gives the assistant, each part made when it is first asked for. */
import { decodeItems, decodeRules, titleIn } from '../../shared/model/chunks.ts'
import { decodeTextEncoder, encodeText } from '../../shared/model/text-encoder.ts'
import { type FactsOf, factsOfCard, type ItemFacts } from '../../shared/profile/facts.ts'
import type { Companions } from '../../shared/profile/interests.ts'
import { decodeNextCategory, type NextCategory } from '../../shared/profile/next-category.ts'
import { decodeProfileChunk } from '../../shared/profile/profile-chunk.ts'
import { decodeSegments, type Segments } from '../../shared/profile/segments.ts'
import { decodeSentiment, type SentimentModel } from '../../shared/profile/sentiment.ts'
import { type TasteQuestions, tasteQuestions } from '../../shared/profile/taste-start.ts'
import { type SuggestionIndex, suggestionIndex } from '../../shared/search/suggestions.ts'
import { type AnswerIndex, answerIndex } from '../../shared/service/answers.ts'
import { type Coupon, openCoupons } from '../../shared/service/coupons.ts'
import { decodeService, type ShopService } from '../../shared/service/shop-service.ts'
import type { AssistantChunk } from './protocol.ts'

export interface Shop {
  service(): Partial<ShopService>
  suggestions(): SuggestionIndex
  answers(): AnswerIndex
  /** Those that the shop's key has signed; none where the list is not what it should be. */
  coupons(): Promise<readonly Coupon[]>
  taste(): TasteQuestions
  factsOf: FactsOf
  companions(): Companions
  segments(): Segments | undefined
  nextCategory(): NextCategory | undefined
  /** What reads reviews. */
  sentiment(): SentimentModel | undefined
  titleOf(itemId: string, language: string): string | undefined
  /** What a category or a trait is called in a language, where the shop says. */
  nameOf(label: string, language: string): string | undefined
}

/** @param key the publisher's, of the policy that the tag pins */
export function openShop(chunks: ReadonlyMap<string, Uint8Array>, key: string): Shop {
  const bytes = (name: AssistantChunk) => chunks.get(name)
  const read = <T>(name: AssistantChunk, decode: (bytes: Uint8Array) => T) => {
    try {
      const found = bytes(name)
      return found && decode(found)
    } catch {
      return undefined // of another release than the page's: as if it were not there
    }
  }
  const views = once(() => read('items', decodeItems) ?? [])
  const service = once((): Partial<ShopService> => read('service', decodeService) ?? {})
  const profile = once(() => read('profile', (found) => decodeProfileChunk(found, views().length)))
  const facts = once((): ItemFacts[] => views().map((view, item) => factsOfCard(view, profile()?.items[item])))
  const numbers = once(() => new Map(views().map(({ id }, item) => [id, item])))
  const encoder = once(() => read('text', decodeTextEncoder))
  return {
    service,
    suggestions: once(() => suggestionIndex(views(), service())),
    answers: once(() => {
      const known = encoder()
      return answerIndex(service().faq ?? [], known && ((text) => encodeText(known, text)))
    }),
    coupons: once(async () => {
      const note = bytes('coupons')
      return note ? openCoupons(note, key).catch(() => []) : []
    }),
    taste: once(() => tasteQuestions(facts(), read('rules', decodeRules)?.popularity ?? [])),
    factsOf: (itemId) => {
      const item = numbers().get(itemId)
      return item === undefined ? undefined : facts()[item]
    },
    companions: () => profile()?.companions ?? new Map(),
    segments: once(() => read('segments', decodeSegments)),
    nextCategory: once(() => read('next', decodeNextCategory)),
    sentiment: once(() => read('sentiment', decodeSentiment)),
    titleOf(itemId, language) {
      const view = views()[numbers().get(itemId) ?? -1]
      return view && titleIn(view, language)
    },
    nameOf(label, language) {
      const names = service().labelNames ?? {}
      return Object.hasOwn(names, label) ? names[label][language.split('-')[0]] : undefined
    },
  }
}

function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}
