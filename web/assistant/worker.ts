/**
 * The assistant: suggestions while typing, answers, offers and tags, in a worker of its own, so that the one that ranks stays
 * small and quick. It keeps nothing and sends nothing: it asks the shopper's worker for what has changed and forgets it
 * with the page.
 */
import { liesIn } from '../../shared/data/catalog.ts'
import type { ShopEvent } from '../../shared/data/events.ts'
import { entriesOf } from '../../shared/profile/entries.ts'
import { evidenceOfFacts } from '../../shared/profile/fact-evidence.ts'
import { dated, type Memory, memoryOf } from '../../shared/profile/memory.ts'
import { expectedCategories } from '../../shared/profile/next-category.ts'
import { joinedPreferences, noPreferences } from '../../shared/profile/preferences.ts'
import { type CarriedProfile, openProfile, sealProfile } from '../../shared/profile/profile-file.ts'
import { type KeptItem, opinionsOf, sharesOf, spendingOf, wishesOf } from '../../shared/profile/said.ts'
import { nearestSegment, segmentVector } from '../../shared/profile/segments.ts'
import { tagWords } from '../../shared/profile/tag-words.ts'
import { tagsOf } from '../../shared/profile/tags.ts'
import { recentQueries, suggest } from '../../shared/search/suggestions.ts'
import { answerTo } from '../../shared/service/answers.ts'
import { type Coupon, type CouponFacts, eligibilityOf, revealCode } from '../../shared/service/coupons.ts'
import type { Answering } from '../protocol.ts'
import type {
  AssistantQuestions,
  Character,
  NamedTasteQuestions,
  Offer,
  Standing,
  StandingQuery,
  TitledItem,
  ToAssistant,
} from './protocol.ts'
import { openShop, type Shop } from './shop.ts'

declare const self: DedicatedWorkerGlobalScope

const DAY_MS = 86_400_000
const SUGGESTIONS = 8
const MOST_EXPECTED = 3
/** What is less likely is not expected. */
const LEAST_PROBABILITY = 0.05

type Shopper = NonNullable<Standing['shopper']>

let key = ''
let spoken = 'en'
let port: MessagePort | undefined
let bundle: { name: string; shop: Shop } = { name: '', shop: openShop(new Map(), '') }
const NOBODY: Shopper = { revision: 0, events: [], preferences: noPreferences(), scores: new Float32Array(0) }
let shopper = NOBODY
/** Whoever waits for the shopper's worker: one at a time. */
let told = () => {}

self.onmessage = async ({ data }: MessageEvent<ToAssistant>) => {
  if (data.type === 'start') {
    key = data.key
    spoken = data.language
    port = data.port
    port.onmessage = ({ data }: MessageEvent<Standing>) => learn(data)
    return
  }
  const { request } = data
  try {
    await catchUp()
    post({ type: 'answer', request, value: await answerOf(data) })
  } catch (error) {
    // Only what kind of error it was: its text might quote the shopper's own words.
    post({ type: 'error', request, message: `${data.type} failed: ${error instanceof Error ? error.name : 'unknown'}` })
  }
}

async function answerOf(
  question: Exclude<ToAssistant, { type: 'start' }>,
): Promise<AssistantQuestions[keyof AssistantQuestions]['answer']> {
  const { shop } = bundle
  switch (question.type) {
    case 'suggest': {
      const { text, limit = SUGGESTIONS, language = spoken } = question
      const { events, scores } = shopper
      return suggest(shop.suggestions(), String(text), { recent: recentQueries(events), scores, language, limit })
    }
    case 'ask':
      return answerTo(shop.answers(), String(question.text), shop.service().contact)
    case 'offers':
      return offersFor(shop, await shop.coupons(), question)
    case 'reveal': {
      const coupon = (await shop.coupons()).find(({ id }) => id === question.id)
      if (!coupon) throw new RangeError('no such coupon')
      return revealCode(coupon)
    }
    case 'character':
      return characterIn(shop, question)
    case 'taste':
      return tasteIn(shop, question.language ?? spoken)
    case 'questions':
      return questionsIn(shop, question.language ?? spoken)
    case 'seal':
      return sealProfile(question.profile, question.passphrase)
    case 'open':
      return opened(question)
  }
}

async function opened({ file, passphrase }: AssistantQuestions['open']['with']): Promise<CarriedProfile> {
  const carried = await openProfile(file, passphrase)
  await catchUp() // opening takes a second, in which much may have been said or erased
  return { ...carried, preferences: joinedPreferences(shopper.preferences, carried.preferences) }
}

let catchingUp = Promise.resolve()

/** Questions come seldom and changes often: what has changed is asked for with a question, not told with each change. */
function catchUp(): Promise<void> {
  catchingUp = catchingUp.then(
    () =>
      new Promise((resolve) => {
        told = resolve
        if (!port) return resolve()
        port.postMessage({ bundle: bundle.name, shopper: shopper.revision } satisfies StandingQuery)
      }),
  )
  return catchingUp
}

function learn(standing: Standing): void {
  if (standing.gone) {
    shopper = NOBODY
    return
  }
  if (standing.bundle) bundle = { name: standing.bundle.name, shop: openShop(standing.bundle.chunks, key) }
  // A file that was brought back adds to the end what happened long ago.
  const inOrder = (events: readonly ShopEvent[]) => dated(events, Date.now()).sort((a, b) => a.time - b.time)
  if (standing.shopper) shopper = { ...standing.shopper, events: inOrder(standing.shopper.events) }
  told()
}

function offersFor(
  shop: Shop,
  coupons: readonly Coupon[],
  { cartValue = 0, language = spoken }: AssistantQuestions['offers']['with'],
): Offer[] {
  const { profile, events } = shopper
  const ordered = events.findLast(({ name }) => name === 'purchase')
  const now = Date.now()
  const facts: CouponFacts = {
    stage: profile?.lifecycle.stage ?? 'new',
    orders: profile?.lifecycle.orders ?? 0,
    spent: profile?.lifecycle.spent ?? 0,
    ...(ordered ? { daysSinceOrder: (now - ordered.time) / DAY_MS } : {}),
    cartValue,
    interestIn: (category) =>
      (profile?.interests.category ?? [])
        .filter(({ label }) => liesIn(label, category))
        .reduce((sum, { share }) => sum + share, 0),
  }
  return coupons.flatMap((coupon) => {
    const { eligible, met } = eligibilityOf(coupon, facts, now)
    if (!eligible) return []
    const because = met.map((reason) =>
      reason.code === 'interest'
        ? { ...reason, category: shop.nameOf(reason.category, language) ?? reason.category }
        : reason,
    )
    return { id: coupon.id, title: inLanguage(coupon.title, language), until: Date.parse(coupon.until), because }
  })
}

function characterIn(shop: Shop, asked: AssistantQuestions['character']['with']): Character {
  const { language = spoken, spending: wanted = false } = asked
  const { events } = shopper
  const words = language.startsWith('zh') ? 'zh' : 'en'
  const tags = tagsOf(events, shop.factsOf, -new Date().getTimezoneOffset() * 60_000).map((tag) => ({
    ...tag,
    text: tagWords(tag, words, (label) => shop.nameOf(label, language)),
  }))
  const titled = (items: readonly KeptItem[]): TitledItem[] =>
    items.map(({ itemId, name, evidence }) => ({
      itemId,
      title: shop.titleOf(itemId, language) ?? name ?? itemId,
      evidence,
    }))
  const memory = memoryOf(events, shop.factsOf)
  const segment = segmentIn(shop, memory, language)
  const model = shop.sentiment()
  const opinions = model && opinionsOf(events, model)
  const spending = wanted && memory.visits ? spendingOf(memory.visits, Date.now()) : undefined
  return {
    tags,
    ...(segment ? { segment } : {}),
    expected: expectedIn(shop, memory),
    wishes: titled(wishesOf(events)),
    shares: titled(sharesOf(events)),
    ...(opinions ? { opinions } : {}),
    ...(spending ? { spending } : {}),
    names: namesIn(shop, language),
    evidence: evidenceOfFacts(events, shop.factsOf),
  }
}

function segmentIn(shop: Shop, { interests }: Memory, language: string): Character['segment'] {
  const segments = shop.segments()
  if (!segments) return undefined
  const vector = segmentVector(interests, shop.companions(), Date.now(), segments)
  if (!vector) return undefined
  const { segment, sureness } = nearestSegment(vector, segments)
  return { name: inLanguage(segments.names[segment], language), sureness }
}

function expectedIn(shop: Shop, memory: Memory): Character['expected'] {
  const next = shop.nextCategory()
  const entries = entriesOf(shopper.events, shop.factsOf).map(({ category }) => category)
  if (!next || entries.length === 0) return []
  return expectedCategories(next, memory, shop.companions(), entries, Date.now())
    .slice(0, MOST_EXPECTED)
    .filter(({ probability }) => probability >= LEAST_PROBABILITY)
}

function namesIn(shop: Shop, language: string): Character['names'] {
  const names = Object.keys(shop.service().labelNames ?? {}).flatMap((label) => {
    const name = shop.nameOf(label, language)
    return name === undefined ? [] : [[label, name]]
  })
  return Object.fromEntries(names)
}

function tasteIn(shop: Shop, language: string): NamedTasteQuestions {
  return { ...shop.taste(), names: namesIn(shop, language) }
}

const MOST_QUESTIONS = 4

/** The first of the shop's list in that language, else of all. */
function questionsIn(shop: Shop, language: string): string[] {
  const { faq = [] } = shop.service()
  const own = faq.filter((entry) => entry.language.split('-')[0] === language.split('-')[0])
  return (own.length > 0 ? own : faq).slice(0, MOST_QUESTIONS).map(({ question }) => question)
}

/** Of texts by BCP 47, the one of a language; the first is for all others. */
function inLanguage(texts: Readonly<Record<string, string>>, language: string): string {
  return texts[language] ?? texts[language.split('-')[0]] ?? Object.values(texts)[0] ?? ''
}

function post(message: Answering): void {
  self.postMessage(message)
}
