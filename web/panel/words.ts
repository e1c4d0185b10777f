/** What the panel says, in the languages it speaks. Categories, brands and titles come from the catalogue. */
import type { EventName } from '../../shared/data/events.ts'
import type { CountName } from '../../shared/federated/counts.ts'
import type { Claim } from '../../shared/federated/policy.ts'
import type { Trial } from '../../shared/model/personal-gate.ts'
import type { Aspect } from '../../shared/profile/aspects.ts'
import type { LabelKind } from '../../shared/profile/interests.ts'
import type { Lifecycle, Stage } from '../../shared/profile/lifecycle.ts'
import type { AGE_BANDS, Leaning } from '../../shared/profile/preferences.ts'
import type { Doing, Evidence, Profile } from '../../shared/profile/profile.ts'
import type { Opinion, Opinions } from '../../shared/profile/said.ts'
import { type Condition, LEAST_NEW_EVENTS } from '../learning/conditions.ts'
import type { EventSource, RefusalCode, Status } from '../protocol.ts'
import type { LastAttempt } from '../store/adapter.ts'
import type { Joined } from '../store/ledger.ts'

export interface Words {
  /** BCP 47, of catalogue titles and of what a card says. */
  language: string
  waiting: string
  failed(reason: string): string
  made: string
  known: string
  switchedOff: string
  nothingKnown: string
  doing: Record<Doing, string>
  purchase(chance: number): string
  stage(lifecycle: Lifecycle): string
  returning(chance: number): string
  nextOrder(days: number, worth: string | undefined, categories: readonly string[]): string
  expected(categories: readonly { name: string; probability: number }[]): string
  prices(prices: NonNullable<Profile['prices']>): string
  reductions(profile: Pick<Profile, 'reduced' | 'coupons'>): string
  kinds: Record<LabelKind, string>
  /** Of one, two and three dots. */
  strength: readonly [string, string, string]
  leanings: Record<Leaning, string>
  lean: Record<Leaning, string>
  said: Record<Leaning, string>
  takeBack: string
  because(counts: Evidence['counts']): string
  forgetLabel(events: number): string
  moreEntries(entries: number): string
  /** Asked again before many go. */
  forgetSurely(events: number): string
  /** What was forgotten, where it was many things. */
  factEvidence: string
  habits: string
  segment(segment: { name: string; sureness: number }): string
  becauseOf(events: number): string
  saidTaste: string
  outright: string
  saidLists: Record<'wishes' | 'shares', string>
  opinions: string
  opinionsRead(opinions: Omit<Opinions, 'aspects'>): string
  aspects: Record<Aspect, string>
  /** How often a thing is praised and found fault with. */
  opinion(praised: number, faulted: number): string
  opinionSides: Record<Exclude<keyof Opinion, 'aspect'>, string>
  reviewsAbout(aspect: string): string
  spending: string
  spendingHint: string
  estimate: string
  /** Amounts with their currency. */
  spendingFacts(spending: { orders: number; monthly: string; order: string; most: string }): string
  why: string
  whyHint: string
  share(share: number): string
  learning: string
  learningHint: string
  learnedInUse(since: number): string
  /** In nats: what a good guess would have been worth. */
  trial(trial: Trial): string
  nothingLearned: string
  attempts: Record<LastAttempt['outcome'], (at: number) => string>
  learningNow: string
  learningWaits: string
  conditions: Record<Condition, string>
  forgetLearned: string
  declared: string
  declaredHint: string
  ageBand: string
  ageBands: Record<(typeof AGE_BANDS)[number], string>
  region: string
  sizes: string
  examples: { region: string; sizes: string }
  notSaid: string
  allowed: string
  personalise: string
  personaliseHint: string
  /** Where nothing is remembered, this choice is not either. */
  personaliseHintOnce: string
  remember: string
  rememberHint: string
  notices: string
  noticesHint: string
  noticesDenied: string
  contribution: string
  contribute: string
  contributeHint: string
  contributeRemember: string
  contributeNothing: string
  claims: Record<Claim['kind'], (leader: string, helper: string) => string>
  /** Bytes in all. */
  contributed(rounds: number, bytes: number): string
  /** Infinity where there is no noise. */
  spent(epsilon: number, budget: number | undefined): string
  ledger(rounds: number): string
  round(number: number): string
  /** What a round asks for: of an update, and of each count. */
  asked: Record<'update' | CountName, string>
  reportStates: Record<Joined['state'], (bytes: number) => string>
  withdraw(until: string): string
  notJoined: string
  sentReports: string
  contributeGpc: string
  sent: string
  sentNothing: string
  requests(count: number): string
  requestsHint: string
  record: string
  /** What the suggestions come from is in a public log. */
  onRecord(record: NonNullable<Status['record']>, version: number): string
  notOnRecord: string
  /** Why it was not taken, in a clause. */
  refusals: Record<RefusalCode, string>
  refused(why: string, kept: number): string
  refusedBefore(count: number): string
  version(version: number): string
  evidenceHint: string
  saveEvidence: string
  timeline: string
  keptIn: Record<Status['storage'], string>
  nothingRemembered: string
  eventCount(events: number): string
  showAll(events: number): string
  events: Record<EventName, string>
  sources: Record<EventSource, string>
  andMore(items: number): string
  time(time: number): string
  forget: string
  forgetNamed(what: string): string
  forgotten(what: string): string
  lastHour: string
  forgetLastHour: string
  erase: string
  eraseConfirm(events: number): string
  eraseYes: string
  cancel: string
  receiptTitle: string
  receipt(erased: { before: number; left: number; wasStored: boolean; time: number }): string
  eraseFailed(reason: string): string
  carry: string
  carryHint: string
  passphrase: string
  passphraseShort: string
  file: string
  noFile: string
  fileTooLarge: string
  notOpened: string
  download: string
  downloaded(bytes: number): string
  restore: string
  restored(events: number): string
}

const percent = (share: number) => `${Math.round(100 * share)}\u00a0%`
/** A category by the shop's name for it, else by its last part; a trait by its value. */
export const nameOf = (label: string, names: Readonly<Record<string, string>>) =>
  Object.hasOwn(names, label) ? names[label] : lastPart(label)
export const lastPart = (label: string) =>
  label
    .split(' > ')
    .at(-1)
    ?.replace(/^[^:]+: /, '') ?? label
const count = (n: number, one: string, many: string) => `${n.toLocaleString('en')} ${n === 1 ? one : many}`
const nats = (loss: number) => Number(loss).toFixed(2)
const days = (n: number) => Math.max(1, Math.round(n))

const STAGES: Record<Stage, string> = {
  new: 'You are new here.',
  active: 'You come here regularly.',
  'high-value': 'You come here regularly, and are among those who buy most.',
  cooling: 'You have been away for longer than usual.',
  lost: 'You have been away for long.',
}

const ENGLISH: Words = {
  language: 'en',
  waiting: 'Asking this device what it knows…',
  failed: (reason) => `Suggestions are not running: ${reason}`,
  made: 'Your suggestions are made on this device. What you look at, search for and buy is not sent to anyone to make them.',
  known: 'What is known, and why',
  switchedOff: 'Suggestions are switched off: nothing is read from what you did.',
  nothingKnown: 'Nothing yet. Look at a few products, and what they say of you stands here.',
  doing: {
    browsing: 'You are looking around.',
    comparing: 'You are comparing: you went back to things you had looked at.',
    deciding: 'You seem about to buy.',
    bought: 'You have just bought something.',
  },
  purchase: (chance) => `Chance that this visit ends in a purchase: ${percent(chance)}.`,
  stage: ({ stage, visits, orders }) =>
    `${STAGES[stage]} ${count(visits, 'visit', 'visits')}, ${count(orders, 'order', 'orders')}.`,
  returning: (chance) => `Chance that you come back within 30 days: ${percent(chance)}.`,
  nextOrder: (wait, worth, categories) =>
    `Your next order is likely within ${count(days(wait), 'day', 'days')}${worth ? `, for about ${worth}` : ''}${categories.length > 0 ? `, probably of ${categories.join(', ')}` : ''}.`,
  expected: (categories) =>
    `Your next visit may begin with ${categories.map(({ name, probability }) => `${name} (${percent(probability)})`).join(', or ')}.`,
  prices: ({ band, looks }) =>
    `${{ low: 'You mostly look at the less expensive of their kind', middle: 'You look at prices from all over', high: 'You mostly look at the more expensive of their kind' }[band]} (from ${count(looks, 'look', 'looks')}).`,
  reductions: ({ reduced, coupons }) =>
    `${percent(reduced)} of what you looked at was reduced${coupons > 0 ? `; ${percent(coupons)} of your orders had a coupon` : ''}.`,
  kinds: { category: 'Categories', brand: 'Brands', trait: 'Kinds and styles' },
  strength: ['a little', 'some', 'much'],
  leanings: { muted: 'muted', boosted: 'boosted' },
  lean: { muted: 'Nothing of this', boosted: 'More of this' },
  said: { muted: 'You want none of', boosted: 'You want more of' },
  takeBack: 'take back',
  because: (counts) => `Because of what you did: ${evidence(counts, ENGLISH_ACTS)}.`,
  forgetLabel: (events) => `Forget ${events === 1 ? 'this entry' : `these ${events} entries`}`,
  moreEntries: (entries) => `and ${entries} more`,
  forgetSurely: (events) => `Really forget ${events} entries`,
  factEvidence: 'what this rested on',
  habits: 'How you shop',
  segment: ({ name, sureness }) =>
    `Of this shop’s kinds of shopper, you are ${sureness < 0.2 ? 'just about ' : sureness < 0.5 ? '' : 'clearly '}most like this one: ${name}.`,
  becauseOf: (events) => `Because of ${count(events, 'thing', 'things')} you did.`,
  saidTaste: 'You chose at the start',
  outright: 'What you saved, shared, wrote and spent',
  saidLists: { wishes: 'On your wish list', shares: 'Shared with others' },
  opinions: 'In your reviews',
  opinionsRead: ({ reviews, read, favourable }) => {
    if (read === 0) return `Of ${count(reviews, 'review', 'reviews')} too little was understood to say what you think.`
    const one = read === 1
    const some = `${favourable} ${favourable === 1 ? 'is' : 'are'} in favour`
    const verdict = favourable === read ? (one ? 'is in favour' : 'all are in favour') : one ? 'is not in favour' : some
    const which = read < reviews ? `of the ${read} that could be read, ` : one ? 'it ' : ''
    const said = read < reviews && one ? `the one that could be read ${verdict}` : `${which}${verdict}`
    return `You wrote ${count(reviews, 'review', 'reviews')}; ${said}. This is read on your device, and goes nowhere.`
  },
  aspects: {
    quality: 'Quality',
    fit: 'Size and fit',
    price: 'Price',
    delivery: 'Delivery',
    service: 'Service',
    looks: 'Looks',
    performance: 'In use',
  },
  opinion: (praised, faulted) =>
    [praised > 0 ? `praised ${times(praised)}` : '', faulted > 0 ? `criticised ${times(faulted)}` : '']
      .filter(Boolean)
      .join(', '),
  opinionSides: { praised: 'You praised', faulted: 'You criticised' },
  reviewsAbout: (aspect) => `your reviews about: ${aspect}`,
  spending: 'What you spend here',
  spendingHint: 'These figures are worked out on this device, only if you ask, and kept nowhere.',
  estimate: 'Work it out',
  spendingFacts: ({ orders, monthly, order, most }) =>
    `${count(orders, 'order', 'orders')}: about ${monthly} a month and ${order} an order; at most ${most} within a month.`,
  why: 'Why these suggestions',
  whyHint:
    'How much weaker a suggestion would be without what you did. The rest comes from what else you did and from everyone.',
  share: percent,
  learning: 'Learning on this device',
  learningHint:
    'Your browser tries, by itself, to foresee your choices better than the suggestions that everyone starts with. What it learns is used only if it proves better on your own later choices, and never leaves this device.',
  learnedInUse: (since) => `In use since ${ENGLISH.time(since)}: it foresees your later choices better.`,
  trial: ({ wishes, before, after }) =>
    `How much ${count(wishes, 'thing', 'things')} that you wanted later surprised it: ${nats(before)} → ${nats(after)}, where less is better.`,
  nothingLearned: 'Nothing has been learned yet.',
  attempts: {
    accepted: (at) => `Tried on ${ENGLISH.time(at)}: it was for another version of the suggestions, and is not in use.`,
    rejected: (at) => `Tried on ${ENGLISH.time(at)}: it did not clearly help, so it was not kept.`,
    'too-few': (at) => `Tried on ${ENGLISH.time(at)}: there was too little to learn from.`,
    'no-backend': (at) => `Tried on ${ENGLISH.time(at)}: this page lets nothing run that could learn.`,
    'device-lost': (at) => `Tried on ${ENGLISH.time(at)}: the graphics chip stopped, so nothing was kept.`,
    failed: (at) => `Tried on ${ENGLISH.time(at)}: it broke off, so nothing was kept.`,
    'timed-out': (at) => `Tried on ${ENGLISH.time(at)}: it took too long, so nothing was kept.`,
    forgotten: (at) => `Forgotten on ${ENGLISH.time(at)}.`,
  },
  learningNow: 'Learning now, beside everything else.',
  learningWaits: 'Waiting to learn:',
  conditions: {
    permission: 'suggestions and remembering are not both allowed',
    network: 'this shop’s suggestions have nothing in them that learns',
    'data-saver': 'data saver is on',
    memory: 'this device has little memory',
    visible: 'this page has not been in view for 10 seconds',
    code: 'the learning program has not loaded, or may not start',
    worker: 'this browser cannot learn in the background',
    battery: 'the battery is low',
    pressure: 'this device is busy',
    'new-events': `fewer than ${LEAST_NEW_EVENTS} new entries to learn from`,
    'other-tab': 'another tab of this shop is learning',
    'no-locks': 'this browser cannot keep two tabs from learning at once',
  },
  forgetLearned: 'Forget what was learned',
  declared: 'About you, if you like',
  declaredHint: 'Only what you enter. It stays on this device, and an empty field says nothing.',
  ageBand: 'Age',
  ageBands: {
    'under 18': 'under 18',
    '18–24': '18–24',
    '25–34': '25–34',
    '35–44': '35–44',
    '45–54': '45–54',
    '55–64': '55–64',
    '65 and over': '65 and over',
  },
  region: 'Region',
  sizes: 'Sizes',
  examples: { region: 'Kent', sizes: 'shoes 39, tops M' },
  notSaid: 'not said',
  allowed: 'What you allow',
  personalise: 'Suggestions on this device',
  personaliseHint: 'They follow what you look at, search for and buy here. Off: everyone sees the same.',
  personaliseHintOnce: 'Without remembering, this choice ends when you close or reload the page.',
  remember: 'Remember on this device',
  rememberHint: 'Keep it in this browser until you delete it. Off: it ends when you close or reload the page.',
  notices: 'Notify me when I have been away',
  noticesHint:
    'When you have not been here for longer than usual and this shop is still open in a tab: at most once in 30 days, by day. Decided on this device.',
  noticesDenied: 'This browser does not let this shop notify you. Its settings for this page can change that.',
  contribution: 'Contributing',
  contribute: 'Help improve the suggestions',
  contributeHint:
    'In some weeks this browser works out what your visits would change in the suggestions of everyone, or answers a question about them, such as how far you went. That is cut short, split into two halves that say nothing alone, and sealed to two aggregators; they add up many people’s and publish the sum with noise.',
  contributeRemember: 'Needs remembering: without it nothing says how much you have contributed already.',
  contributeNothing: 'This shop asks for no contributions.',
  claims: {
    demonstration: () => 'A demonstration: so few people, or so little noise, hide nobody. No privacy claim.',
    'one-operator': (leader) => `One operator (${leader}): no privacy claim. It could put both halves together.`,
    claimed: (leader, helper) => `Claimed by ${leader} and ${helper}: neither alone can see what you sent.`,
  },
  contributed: (rounds, bytes) =>
    rounds === 0
      ? 'Nothing was contributed.'
      : `Contributed to ${count(rounds, 'round', 'rounds')}, ${Math.ceil(bytes / 1000)} kB in all.`,
  spent: (epsilon, budget) =>
    epsilon === Number.POSITIVE_INFINITY
      ? 'Without noise, there is no limit on what the sums may say of you.'
      : `Spent in a year: ε = ${epsilon.toFixed(2)}${budget !== undefined && budget < Number.POSITIVE_INFINITY ? ` of ${budget.toFixed(2)}` : ''} at δ = 10⁻⁷, if one of the two is honest. What is spent is never given back.`,
  ledger: (rounds) => `Every round that this browser has seen: ${rounds}`,
  round: (number) => `Round ${number}`,
  asked: {
    update: 'What your visits would change',
    'hit-rate-10': 'Was your newest wish among ten guesses?',
    'hit-rate-10-by-arm': 'Was your newest wish among ten guesses of your version?',
    'click-through': 'Which shelves did you see, and follow?',
    'furthest-step': 'How far did you go?',
    demand: 'What did you want most?',
    'opted-in': 'Do you allow contributions?',
  },
  reportStates: {
    'to-send': () => 'waits to be sent',
    sent: (bytes) => `sent, ${Math.ceil(bytes / 1000)} kB`,
    'to-withdraw': () => 'is being taken back',
    withdrawn: () => 'taken back',
    'not-taken': () => 'was not taken',
  },
  withdraw: (until) => `Take it back (until ${until})`,
  notJoined: 'not joined',
  sentReports:
    'What the ledger above says, and nothing else about you. All other requests are the same as those of everyone who allows the same.',
  contributeGpc: 'Your browser asks that nothing be shared (Global Privacy Control). This stays off.',
  sent: 'What was sent',
  sentNothing:
    'Nothing. This browser fetches the same files as every other with the same permissions, and sends nothing about you.',
  requests: (n) =>
    `What this page has fetched for them, or taken from this browser’s cache: ${count(n, 'file', 'files')}`,
  requestsHint: 'As your browser recorded it, up to its limit, and without what learns.',
  record: 'On public record',
  onRecord: ({ origin, size, cosignatures }, version) =>
    `What suggests here is version ${version}. This browser has checked that it is in the public log “${origin}”, of ${count(size, 'entry', 'entries')}, where anyone can find it, and out of which nothing has been taken since this browser saw it first. ${
      cosignatures > 0
        ? `${count(cosignatures, 'witness has', 'witnesses have')} to confirm that everyone is shown the same log.`
        : 'No witness is asked whether everyone is shown the same log; anyone can compare.'
    }`,
  notOnRecord: 'Nothing has been checked yet.',
  refusals: {
    malformed: 'what was offered could not be read',
    signature: 'it was not signed by this shop',
    stale: 'its record is too old, or this device’s clock is wrong',
    witnesses: 'too few witnesses have confirmed its record',
    unlogged: 'it is not on public record',
    unproven: 'the shop’s server does not show that the public record has only grown',
    fork: 'the public record was changed after the fact',
    rollback: 'it is older than what is here',
    twice: 'two different ones carry the same version',
    content: 'it is damaged',
  },
  refused: (why, kept) =>
    kept > 0
      ? `A new version was refused: ${why}. Suggestions go on from version ${kept}.`
      : `What this shop offers was refused: ${why}. There are no suggestions until that is put right.`,
  refusedBefore: (n) => count(n, 'refusal', 'refusals'),
  version: (version) => `version ${version}`,
  evidenceHint:
    'The file has what the shop’s server offered and what it had said before, both signed by it. It has nothing about you.',
  saveEvidence: 'Save the evidence',
  timeline: 'Remembered on this device',
  keptIn: {
    memory: 'Kept in memory, until you close or reload this page.',
    indexeddb: 'Kept in this browser’s database.',
    unavailable:
      'Nothing more can be saved: this browser’s storage does not work, so memory is used. What was saved before may still be there.',
  },
  nothingRemembered: 'Nothing is remembered.',
  eventCount: (events) => count(events, 'entry', 'entries'),
  showAll: (events) => `Show all ${events}`,
  events: {
    view_item_list: 'Saw a list',
    select_item: 'Chose',
    view_item: 'Looked at',
    search: 'Searched for',
    view_search_results: 'Saw results for',
    add_to_cart: 'Put in the cart',
    remove_from_cart: 'Took out of the cart',
    add_to_wishlist: 'Saved',
    remove_from_wishlist: 'Took off the wish list',
    share: 'Shared',
    view_cart: 'Looked at the cart',
    begin_checkout: 'Began checkout',
    purchase: 'Bought',
    refund: 'Returned',
    rec_impression: 'Was shown suggestions',
    rec_click: 'Chose a suggestion',
    rec_dismiss: 'Dismissed a suggestion',
    review: 'Reviewed',
    ask: 'Asked',
    consent: 'Changed what is allowed',
  },
  sources: {
    call: 'told by the shop',
    attribute: 'marked on the page',
    datalayer: 'from the page’s data',
    shelf: 'from suggestions',
    file: 'from your file',
  },
  andMore: (items) => `and ${items} more`,
  time: (time) => new Date(time).toLocaleString('en-GB'),
  forget: 'Forget',
  forgetNamed: (what) => `Forget: ${what}`,
  forgotten: (what) => `Forgotten: ${what}`,
  lastHour: 'the last hour',
  forgetLastHour: 'Forget the last hour',
  erase: 'Forget everything',
  eraseConfirm: (events) =>
    `Delete all ${count(events, 'entry', 'entries')}, everything you said here and all that was learned, in your other tabs of this shop too? This cannot be undone.`,
  eraseYes: 'Yes, forget everything',
  cancel: 'Cancel',
  receiptTitle: 'Receipt',
  receipt: ({ before, left, wasStored, time }) =>
    `${new Date(time).toLocaleString('en-GB')}: ${count(before, 'entry', 'entries')} deleted ${wasStored ? 'with their database in this browser' : 'from memory; nothing was stored'}. Your other tabs of this shop were told to forget too. Looked again: ${count(left, 'entry', 'entries')} left.`,
  eraseFailed: (reason) => `It could not be deleted: ${reason}`,
  carry: 'Take it with you',
  carryHint:
    'As a file for another device or shop that understands it. It is encrypted: only your passphrase opens it, and nobody can recover that.',
  passphrase: 'Passphrase',
  passphraseShort: 'The passphrase needs at least 8 characters.',
  file: 'File',
  noFile: 'Choose a file first.',
  fileTooLarge: 'The file is larger than any of ours.',
  notOpened:
    'The file was not opened: the passphrase is wrong, or it is not such a file, or it was changed. Nothing here has changed.',
  download: 'Download',
  downloaded: (bytes) => `Downloaded, ${Math.ceil(bytes / 1000)} kB.`,
  restore: 'Bring back from the file',
  restored: (events) => `${count(events, 'entry', 'entries')} added; what was here stays.`,
}

const times = (n: number) => (n === 1 ? 'once' : `${n} times`)

const ENGLISH_ACTS: Partial<Record<EventName, (n: number) => string>> = {
  view_item: (n) => `looked ${times(n)}`,
  search: (n) => `searched ${times(n)}`,
  view_search_results: (n) => `saw results ${times(n)}`,
  view_cart: (n) => `opened the cart ${times(n)}`,
  begin_checkout: (n) => `went to the checkout ${times(n)}`,
  ask: (n) => `asked ${times(n)}`,
  add_to_cart: (n) => `put in the cart ${times(n)}`,
  add_to_wishlist: (n) => `saved ${times(n)}`,
  purchase: (n) => `bought ${times(n)}`,
  refund: (n) => `returned ${times(n)}`,
  share: (n) => `shared ${times(n)}`,
  remove_from_wishlist: (n) => `taken off the wish list ${times(n)}`,
  remove_from_cart: (n) => `taken out ${times(n)}`,
  rec_dismiss: (n) => `dismissed ${times(n)}`,
  rec_click: (n) => `chosen from suggestions ${times(n)}`,
  select_item: (n) => `chosen from a list ${times(n)}`,
  review: (n) => count(n, 'review', 'reviews'),
}

const CHINESE_ACTS: typeof ENGLISH_ACTS = {
  view_item: (n) => `看过 ${n} 次`,
  search: (n) => `搜索 ${n} 次`,
  view_search_results: (n) => `看搜索结果 ${n} 次`,
  view_cart: (n) => `打开购物车 ${n} 次`,
  begin_checkout: (n) => `去结账 ${n} 次`,
  ask: (n) => `提问 ${n} 次`,
  add_to_cart: (n) => `加入购物车 ${n} 次`,
  add_to_wishlist: (n) => `收藏 ${n} 次`,
  purchase: (n) => `购买 ${n} 次`,
  refund: (n) => `退货 ${n} 次`,
  share: (n) => `分享 ${n} 次`,
  remove_from_wishlist: (n) => `取消收藏 ${n} 次`,
  remove_from_cart: (n) => `移出购物车 ${n} 次`,
  rec_dismiss: (n) => `忽略 ${n} 次`,
  rec_click: (n) => `从推荐中选择 ${n} 次`,
  select_item: (n) => `从列表中选择 ${n} 次`,
  review: (n) => `评价 ${n} 次`,
}

function evidence(counts: Evidence['counts'], acts: typeof ENGLISH_ACTS, comma = ', '): string {
  return (Object.entries(counts) as [EventName, number][]).map(([name, n]) => acts[name]?.(n) ?? `${n}`).join(comma)
}

const CHINESE_STAGES: Record<Stage, string> = {
  new: '您是新来的。',
  active: '您常来。',
  'high-value': '您常来，且属于购买最多的顾客。',
  cooling: '您有一阵子没来了，比平时久。',
  lost: '您很久没来了。',
}

const CHINESE: Words = {
  language: 'zh',
  waiting: '正在询问本设备知道些什么……',
  failed: (reason) => `推荐没有运行：${reason}`,
  made: '您的推荐在本设备上完成。您看过、搜过、买过什么，不会为了推荐而发送给任何人。',
  known: '知道什么，为什么',
  switchedOff: '推荐已关闭：不会从您的操作中读取任何内容。',
  nothingKnown: '暂时没有。看几件商品，它们说明了什么就会显示在这里。',
  doing: {
    browsing: '您正在随便看看。',
    comparing: '您正在比较：您回头看了看过的商品。',
    deciding: '您似乎准备购买。',
    bought: '您刚刚购买了商品。',
  },
  purchase: (chance) => `本次访问以购买结束的可能性：${percent(chance)}。`,
  stage: ({ stage, visits, orders }) => `${CHINESE_STAGES[stage]}来访 ${visits} 次，订单 ${orders} 个。`,
  returning: (chance) => `30 天内再来的可能性：${percent(chance)}。`,
  nextOrder: (wait, worth, categories) =>
    `下一个订单可能在 ${days(wait)} 天内${worth ? `，约 ${worth}` : ''}${categories.length > 0 ? `，多半是${categories.join('、')}` : ''}。`,
  expected: (categories) =>
    `下次来时，您可能先看${categories.map(({ name, probability }) => `${name}（${percent(probability)}）`).join('或')}。`,
  prices: ({ band, looks }) =>
    `${{ low: '您大多看同类中较便宜的', middle: '您看各种价位', high: '您大多看同类中较贵的' }[band]}（依据 ${looks} 次浏览）。`,
  reductions: ({ reduced, coupons }) =>
    `您看过的商品中 ${percent(reduced)} 是降价的${coupons > 0 ? `；您的订单中 ${percent(coupons)} 用了优惠券` : ''}。`,
  kinds: { category: '类别', brand: '品牌', trait: '种类与风格' },
  strength: ['一点', '一些', '很多'],
  leanings: { muted: '已屏蔽', boosted: '已加强' },
  lean: { muted: '不要这类', boosted: '多推荐这类' },
  said: { muted: '您不要的', boosted: '您想多看的' },
  takeBack: '撤回',
  because: (counts) => `依据您的操作：${evidence(counts, CHINESE_ACTS, '、')}。`,
  forgetLabel: (events) => `忘记这 ${events} 条记录`,
  moreEntries: (entries) => `另外 ${entries} 条`,
  forgetSurely: (events) => `确定忘记 ${events} 条记录`,
  factEvidence: '这句话的依据',
  habits: '您怎样购物',
  segment: ({ name, sureness }) =>
    `在本店的各类顾客中，您${sureness < 0.2 ? '勉强' : sureness < 0.5 ? '较' : '明显'}接近这一类：${name}。`,
  becauseOf: (events) => `依据您的 ${events} 条记录。`,
  saidTaste: '您一开始的选择',
  outright: '您的收藏、分享、评价与花费',
  saidLists: { wishes: '您的收藏', shares: '您分享过的' },
  opinions: '您的评价',
  opinionsRead: ({ reviews, read, favourable }) =>
    read === 0
      ? `${reviews} 条评价中能读懂的太少，看不出您的看法。`
      : `您写了 ${reviews} 条评价；读懂的 ${read} 条中有 ${favourable} 条是好评。评价只在您的设备上阅读，不会发往别处。`,
  aspects: {
    quality: '质量',
    fit: '尺码与合身',
    price: '价格',
    delivery: '物流',
    service: '服务',
    looks: '外观',
    performance: '使用感受',
  },
  opinion: (praised, faulted) =>
    [praised > 0 ? `称赞 ${praised} 次` : '', faulted > 0 ? `批评 ${faulted} 次` : ''].filter(Boolean).join('，'),
  opinionSides: { praised: '您称赞过', faulted: '您批评过' },
  reviewsAbout: (aspect) => `关于${aspect}的评价`,
  spending: '您在这里的花费',
  spendingHint: '这些数字只有在您要求时才会在本设备上算出，不会保存。',
  estimate: '算一算',
  spendingFacts: ({ orders, monthly, order, most }) =>
    `订单 ${orders} 个：每月约 ${monthly}，每单约 ${order}；一个月内最多 ${most}。`,
  why: '为什么推荐这些',
  whyHint: '如果没有您的这一操作，推荐会减弱多少。其余部分来自您的其他操作和所有顾客。',
  share: percent,
  learning: '在本设备上学习',
  learningHint:
    '您的浏览器自己尝试比大家共用的推荐更好地预见您的选择。只有在您后来的选择上证明更好，学到的内容才会使用，而且从不离开本设备。',
  learnedInUse: (since) => `自 ${CHINESE.time(since)} 起使用：它能更好地预见您后来的选择。`,
  trial: ({ wishes, before, after }) =>
    `它对您后来想要的 ${wishes} 件商品的意外程度：${nats(before)} → ${nats(after)}，越小越好。`,
  nothingLearned: '还没有学到任何内容。',
  attempts: {
    accepted: (at) => `${CHINESE.time(at)} 试过：属于另一版本的推荐，没有使用。`,
    rejected: (at) => `${CHINESE.time(at)} 试过：没有明显帮助，因此没有保留。`,
    'too-few': (at) => `${CHINESE.time(at)} 试过：可学的内容太少。`,
    'no-backend': (at) => `${CHINESE.time(at)} 试过：此页面不允许运行学习所需的程序。`,
    'device-lost': (at) => `${CHINESE.time(at)} 试过：图形芯片停止工作，没有保留任何内容。`,
    failed: (at) => `${CHINESE.time(at)} 试过：中途中断，没有保留任何内容。`,
    'timed-out': (at) => `${CHINESE.time(at)} 试过：用时太长，没有保留任何内容。`,
    forgotten: (at) => `已于 ${CHINESE.time(at)} 忘记。`,
  },
  learningNow: '正在后台学习。',
  learningWaits: '等待学习：',
  conditions: {
    permission: '推荐和记住没有同时允许',
    network: '本店的推荐中没有可以学习的部分',
    'data-saver': '流量节省已开启',
    memory: '本设备内存较小',
    visible: '此页面显示还不到 10 秒',
    code: '学习程序尚未取得，或不被允许启动',
    worker: '此浏览器不能在后台学习',
    battery: '电量低',
    pressure: '本设备正忙',
    'new-events': `新的可学记录不到 ${LEAST_NEW_EVENTS} 条`,
    'other-tab': '本店的另一个标签页正在学习',
    'no-locks': '此浏览器无法避免两个标签页同时学习',
  },
  forgetLearned: '忘记学到的内容',
  declared: '关于您（自愿填写）',
  declaredHint: '只有您填写的内容。它留在本设备上，空着就表示没有说明。',
  ageBand: '年龄',
  ageBands: {
    'under 18': '18 岁以下',
    '18–24': '18–24',
    '25–34': '25–34',
    '35–44': '35–44',
    '45–54': '45–54',
    '55–64': '55–64',
    '65 and over': '65 岁及以上',
  },
  region: '地区',
  sizes: '尺码',
  examples: { region: '上海', sizes: '鞋 39，上衣 M' },
  notSaid: '未说明',
  allowed: '您允许什么',
  personalise: '在本设备上推荐',
  personaliseHint: '推荐会跟随您在这里看过、搜过、买过的商品。关闭后，所有人看到的都一样。',
  personaliseHintOnce: '没有允许记住时，这一选择在关闭或重新加载页面后失效。',
  remember: '记在本设备上',
  rememberHint: '保存在本浏览器中，直到您删除。关闭后，关闭或重新加载页面即清除。',
  notices: '久未来访时通知我',
  noticesHint: '当您比平常更久未来访、而本店仍在某个标签页中打开时：最多每30天一次，仅在白天。由本设备决定。',
  noticesDenied: '此浏览器不允许本店通知您。可在此页面的浏览器设置中更改。',
  contribution: '参与改进',
  contribute: '帮助改进推荐',
  contributeHint:
    '有些星期，本浏览器会计算您的访问会给大家的推荐带来什么变化，或者回答一个与访问有关的问题（例如您走到了哪一步）。结果会被截短，拆成两份（单独一份什么也看不出），分别加密给两个汇总方；他们把许多人的结果加起来，加入噪声后才公布总和。',
  contributeRemember: '需要先允许记住：否则无法知道您已经参与过多少。',
  contributeNothing: '本店没有请求参与。',
  claims: {
    demonstration: () => '演示：人数太少或噪声太小，隐藏不了任何人。不作隐私承诺。',
    'one-operator': (leader) => `同一运营方（${leader}）：不作隐私承诺，它可以把两份拼在一起。`,
    claimed: (leader, helper) => `由 ${leader} 和 ${helper} 承诺：任何一方单独都看不到您发送的内容。`,
  },
  contributed: (rounds, bytes) =>
    rounds === 0 ? '没有参与过。' : `参与过 ${rounds} 轮，共 ${Math.ceil(bytes / 1000)} kB。`,
  spent: (epsilon, budget) =>
    epsilon === Number.POSITIVE_INFINITY
      ? '没有噪声，总和可能透露的内容没有上限。'
      : `一年内已用：ε = ${epsilon.toFixed(2)}${budget !== undefined && budget < Number.POSITIVE_INFINITY ? `，上限 ${budget.toFixed(2)}` : ''}（δ = 10⁻⁷，前提是两方之一诚实）。用掉的不会退回。`,
  ledger: (rounds) => `本浏览器见过的所有轮次：${rounds}`,
  round: (number) => `第 ${number} 轮`,
  asked: {
    update: '您的访问会带来什么变化',
    'hit-rate-10': '您最近想要的，是否在十个猜测之中？',
    'hit-rate-10-by-arm': '您最近想要的，是否在您所用版本的十个猜测之中？',
    'click-through': '您看到了哪些推荐栏，点开了哪些？',
    'furthest-step': '您走到了哪一步？',
    demand: '您最想要哪一类？',
    'opted-in': '您是否允许参与？',
  },
  reportStates: {
    'to-send': () => '等待发送',
    sent: (bytes) => `已发送，${Math.ceil(bytes / 1000)} kB`,
    'to-withdraw': () => '正在撤回',
    withdrawn: () => '已撤回',
    'not-taken': () => '未被接收',
  },
  withdraw: (until) => `撤回（${until} 之前）`,
  notJoined: '未参与',
  sentReports: '只有上面账本所列的内容，除此之外不发送任何关于您的内容。其他请求与许可相同的浏览器完全相同。',
  contributeGpc: '您的浏览器要求不共享任何内容（全球隐私控制）。此项保持关闭。',
  sent: '发送过什么',
  sentNothing: '没有。本浏览器获取的文件与许可相同的其他浏览器完全相同，不发送任何关于您的内容。',
  requests: (n) => `此页面为推荐获取（或从浏览器缓存中取出）的文件：${n} 个`,
  requestsHint: '依据浏览器自己的记录（有数量上限），不含学习程序。',
  record: '公开记录',
  onRecord: ({ origin, size, cosignatures }, version) =>
    `此处的推荐来自版本 ${version}。本浏览器已核实：它在公开日志“${origin}”（共 ${size} 条）中，任何人都能查到；自本浏览器首次看到以来，日志没有少过任何内容。${
      cosignatures > 0
        ? `须有 ${cosignatures} 个见证方确认人人看到的是同一份日志。`
        : '没有见证方确认人人看到的是同一份日志；任何人都可以比对。'
    }`,
  notOnRecord: '尚未核实任何内容。',
  refusals: {
    malformed: '所提供的内容无法读取',
    signature: '没有本店的签名',
    stale: '其记录过旧，或本设备的时钟有误',
    witnesses: '确认其记录的见证方太少',
    unlogged: '不在公开记录中',
    unproven: '本店服务器没有证明公开记录只增不减',
    fork: '公开记录事后被改动',
    rollback: '比已有的版本更旧',
    twice: '同一版本号有两个不同的内容',
    content: '内容已损坏',
  },
  refused: (why, kept) =>
    kept > 0
      ? `新版本已被拒绝：${why}。推荐仍使用版本 ${kept}。`
      : `本店提供的内容已被拒绝：${why}。在更正之前没有推荐。`,
  refusedBefore: (n) => `被拒绝的版本：${n} 个`,
  version: (version) => `版本 ${version}`,
  evidenceHint: '文件包含本店服务器所提供的内容和它先前的说法，均有其签名；其中没有关于您的内容。',
  saveEvidence: '保存证据',
  timeline: '本设备记住的内容',
  keptIn: {
    memory: '保存在内存中，直到您关闭或重新加载此页面。',
    indexeddb: '保存在本浏览器的数据库中。',
    unavailable: '无法再保存：此浏览器的存储不可用，只使用内存。此前保存的内容可能仍在。',
  },
  nothingRemembered: '没有记住任何内容。',
  eventCount: (events) => `${events} 条记录`,
  showAll: (events) => `显示全部 ${events} 条`,
  events: {
    view_item_list: '看到列表',
    select_item: '选择了',
    view_item: '看了',
    search: '搜索',
    view_search_results: '查看搜索结果',
    add_to_cart: '加入购物车',
    remove_from_cart: '移出购物车',
    add_to_wishlist: '收藏了',
    remove_from_wishlist: '取消收藏',
    share: '分享了',
    view_cart: '查看购物车',
    begin_checkout: '开始结算',
    purchase: '购买了',
    refund: '退货',
    rec_impression: '看到推荐',
    rec_click: '选择了推荐',
    rec_dismiss: '忽略了推荐',
    review: '评价了',
    ask: '提问',
    consent: '更改了许可',
  },
  sources: {
    call: '由商店告知',
    attribute: '来自页面标记',
    datalayer: '来自页面数据',
    shelf: '来自推荐',
    file: '来自您的文件',
  },
  andMore: (items) => `等另外 ${items} 件`,
  time: (time) => new Date(time).toLocaleString('zh-CN'),
  forget: '忘记',
  forgetNamed: (what) => `忘记：${what}`,
  forgotten: (what) => `已忘记：${what}`,
  lastHour: '最近一小时',
  forgetLastHour: '忘记最近一小时',
  erase: '全部忘记',
  eraseConfirm: (events) =>
    `要删除全部 ${events} 条记录、您在这里说明的一切和学到的全部内容吗？本店在其他标签页中的也会删除。此操作无法撤销。`,
  eraseYes: '是的，全部忘记',
  cancel: '取消',
  receiptTitle: '回执',
  receipt: ({ before, left, wasStored, time }) =>
    `${new Date(time).toLocaleString('zh-CN')}：${before} 条记录已${wasStored ? '连同本浏览器中的数据库一起删除' : '从内存中删除；没有存储过'}。本店的其他标签页也已被告知忘记。再次查看：剩余 ${left} 条。`,
  eraseFailed: (reason) => `未能删除：${reason}`,
  carry: '随身携带',
  carryHint: '存成文件，用于您的另一台设备或另一家支持它的商店。文件经过加密：只有您的口令能打开，谁也无法找回口令。',
  passphrase: '口令',
  passphraseShort: '口令至少需要 8 个字符。',
  file: '文件',
  noFile: '请先选择文件。',
  fileTooLarge: '文件太大，不是我们的文件。',
  notOpened: '文件没有打开：口令不对，或不是这种文件，或被改动过。这里没有任何变化。',
  download: '下载',
  downloaded: (bytes) => `已下载，${Math.ceil(bytes / 1000)} kB。`,
  restore: '从文件恢复',
  restored: (events) => `增加了 ${events} 条记录；原有内容保留。`,
}

export function wordsIn(language: string): Words {
  return language.toLowerCase().startsWith('zh') ? CHINESE : ENGLISH
}
