/**
 * The worker: owns the shopper's log, the installed bundle and the ranking. The page tells it what happened and asks it
 * for shelves; it answers with values, errors included. Nothing here sends: `install.ts` fetches public files, the same
 * for everyone, and that is all.
 */
import { decodeEvent, itemsOf, type ShopEvent } from '../../shared/data/events.ts'
import { decodePreferences, isEmpty, type Preferences } from '../../shared/profile/preferences.ts'
import { NETWORK_CHUNKS, type Standing, type StandingQuery } from '../assistant/protocol.ts'
import { Unreachable } from '../network.ts'
import {
  type Asking,
  type Consent,
  DEFAULT_CONSENT,
  type EventSource,
  type FromWorker,
  type HistoryEntry,
  type Questions,
  type Shelf,
  type Status,
  type ToWorker,
} from '../protocol.ts'
import { loadBundle, versionOf } from '../store/chunks.ts'
import { EventLog } from '../store/event-log.ts'
import { loadSecret } from '../store/secret.ts'
import { openTabs, type TabMessage, type Tabs } from '../store/tabs.ts'
import { loadRefusals, loadSeen, type Seen, saveRefusal, saveSeen, withRefusal } from '../store/witnessed.ts'
import { compiledKernel } from './compiled-kernel.ts'
import { createEngine } from './engine.ts'
import { type Installed, installLatest, installStored, partsOf, Refused, store } from './install.ts'
import { createLearning } from './learning.ts'

declare const self: DedicatedWorkerGlobalScope

/** What is fetched for later waits for the first shelf, but not for ever: a page may have none. */
const IDLE_AFTER_MS = 2_000
/** A question for a shelf waits this long for the first bundle; then the answer is an empty one. */
const FIRST_BUNDLE_MS = 10_000

type Start = Extract<ToWorker, { type: 'start' }>

const engine = createEngine(() => (settings?.wasm ? compiledKernel() : undefined))
const log = new EventLog(() => onForgottenElsewhere())
const learning = createLearning(
  engine,
  log,
  () => consent.personalise && consent.remember,
  () => (consent.contribute && settings?.policy.contribution ? { stage: installed?.stage } : undefined),
  () => questions === 0,
  (what) => post({ type: 'changed', what }),
  () => tabs.tell({ type: 'changed' }),
)
let settings: Start | undefined
let consent: Consent = DEFAULT_CONSENT
let tabs: Tabs = { tell() {}, close() {} }
let installed: Installed | undefined
/** The newest checkpoint of the log. */
let seen: Seen | undefined
/** The version that was found on the device. */
let floor = 0
let refused: Status['refused']
let evidence: Status['evidence'] = []
let offline = false
let rejected = 0
let lastRejection: string | undefined
let refreshing = false
/** Of what is known of the shopper and the shop: grows with each change. */
let revision = 1
/** Open ones. */
let questions = 0
let assistant: MessagePort | undefined
/** Another tab wrote, and its log is about to be read. */
let hearing: number | undefined

/** Measured in Chromium: the first dozen rankings take two to five times as long as those after. */
const REHEARSALS = 16
/** Between them the worker answers what it is asked. */
const REHEARSAL_EVERY_MS = 25
const firstShelf = once()
/** The first bundle is there, or will not be. */
const firstBundle = once()

self.onmessage = ({ data }: MessageEvent<ToWorker>) => {
  questions++
  receive(data)
    .catch((error: unknown) => {
      // Only what kind of error it was: its text might quote the shopper's own words.
      const message = `${data.type} failed: ${error instanceof Error ? error.name : 'unknown'}`
      post({ type: 'error', message, ...('request' in data ? { request: data.request } : {}) })
    })
    .finally(() => questions--)
}

async function receive(message: ToWorker): Promise<void> {
  switch (message.type) {
    case 'start':
      return start(message)
    case 'event':
      return append(message.event, message.source)
    case 'consent':
      return decide(message.consent)
    case 'assistant':
      assistant = message.port
      message.port.onmessage = ({ data }: MessageEvent<StandingQuery>) => tellStanding(message.port, data)
      return
    case 'pause':
      tabs.close()
      return log.pause()
    case 'resume':
      tabs = openTabs(onTab)
      await log.resume()
      return onLogChanged('events')
    case 'learner':
      return learning.meet(message)
    default:
      return post({ type: 'answer', request: message.request, value: await answerOf(message) })
  }
}

async function answerOf(question: Asking<Questions>): Promise<Questions[keyof Questions]['answer']> {
  switch (question.type) {
    case 'recommend':
      return recommend(question)
    case 'rerank':
      return engine.rerank(question.itemIds, { ...question, now: Date.now() })
    case 'history':
      await log.settled()
      return history(question.language)
    case 'forget':
      return forget(question.what)
    case 'profile':
      await log.settled()
      return { known: engine.profile(Date.now()), preferences: log.preferences }
    case 'why':
      return engine.why(question.itemId, question.language ?? language())
    case 'prefer':
      return prefer(decodePreferences(question.preferences))
    case 'take':
      return take(question)
    case 'status':
      await log.settled()
      return status()
  }
}

/** What the assistant does not know yet. */
function tellStanding(port: MessagePort, known: StandingQuery): void {
  const standing: Standing = {}
  const name = `${installed?.manifest.version} ${engine.parts()}`
  if (installed && name !== known.bundle)
    standing.bundle = { name, chunks: partsOf(installed.manifest, installed.chunks, NETWORK_CHUNKS) }
  if (revision !== known.shopper) {
    standing.shopper = {
      revision,
      events: consent.personalise ? log.events : [],
      preferences: log.preferences,
      ...engine.standing(Date.now()),
    }
  }
  port.postMessage(standing)
}

async function start(message: Start): Promise<void> {
  if (settings) return
  settings = message
  consent = message.consent
  tabs = openTabs(onTab)
  setTimeout(firstBundle.happen, FIRST_BUNDLE_MS)
  const remembered = await log.restore()
  if (remembered) consent = remembered
  await decide(message.decided ?? {}, consent.remember)
  onLogChanged('events')
  if (log.database) {
    evidence = await loadRefusals(log.database).catch(() => [])
    floor = versionOf((await loadBundle(log.database).catch(() => undefined))?.proof, originOf(message))
    await installStored(log.database, destination(message)).catch((error) => onInstallFailed(error, true))
  }
  await refresh()
  post({ type: 'settled' })
  if (message.refreshSeconds > 0) setInterval(refresh, message.refreshSeconds * 1000)
}

// What happened.

function append(value: unknown, source: EventSource): void {
  let event: ShopEvent
  try {
    event = decodeEvent(value)
  } catch (error) {
    rejected++
    lastRejection = withoutValue((error as Error).message)
    return
  }
  if (!log.append(event, source, consent.remember && consent.personalise)) return
  if (consent.personalise) engine.append(event, Date.now())
  // An impression changes no shelf; asking again for it would draw, show and count in a circle.
  if (event.name === 'rec_impression') return
  post({ type: 'changed', what: 'events' })
  tellTabs()
}

/** The check's messages end in the value they received, which is the shopper's. */
function withoutValue(message: string): string {
  return message.split(' but received')[0].slice(0, 200)
}

async function forget(what: Questions['forget']['with']['what']): Promise<undefined> {
  if (what === 'learned') return learning.forget()
  const everything = what === 'everything'
  if (everything) {
    // The permission to remember is part of everything: whatever happens next starts from nothing.
    consent = { ...consent, remember: false }
    onLogChanged('consent')
  }
  const times = everything ? [] : log.events.flatMap(({ id, time }) => (what.eventIds.includes(id) ? time : []))
  try {
    await (everything ? log.forgetEverything() : log.forget(what.eventIds))
  } finally {
    // Whatever the disk did: nothing ranks by what is gone from memory, in any tab.
    tabs.tell({ type: everything ? 'forgotten' : 'changed' })
    onLogChanged('events')
    if (!everything) await learning.forgetEvents(Math.min(...times))
  }
}

async function prefer(preferences: Preferences): Promise<undefined> {
  const kept = log.prefer(preferences)
  engine.setPreferences(preferences)
  post({ type: 'changed', what: 'preferences' })
  await kept
  tellTabs()
}

/** @returns how many events were not here before */
async function take({ events, preferences }: Questions['take']['with']): Promise<number> {
  const mayStore = consent.remember && consent.personalise
  const added = events.filter((event) => log.append(event, 'file', mayStore)).length
  if (!isEmpty(preferences)) await prefer(preferences)
  onLogChanged('events')
  tellTabs()
  return added
}

// Permission.

/** @param persist also when nothing changes, as at the start, where what was asked for may not be stored yet */
async function decide(said: Partial<Consent>, persist = false): Promise<void> {
  const before = consent
  consent = { ...before, ...said }
  if (sameConsent(before, consent) && !persist) return
  await applyConsent(before)
  if (!sameConsent(before, consent)) tabs.tell({ type: 'consent', consent })
}

async function applyConsent(before: Consent): Promise<void> {
  engine.setHistory(consent.personalise ? log.events : [], Date.now())
  void learning.reload() // what is not allowed ends before it is deleted
  const kept = consent.remember ? log.remember(consent) : before.remember && log.withdraw()
  // Right behind it: the permission may be given again while this is written, and what waited until now goes all the same.
  if (!consent.contribute) await log.reach((database) => database.clear('outbox')).catch(() => {})
  await kept
  await keepBundle()
  await keepRecord()
  onLogChanged('consent')
}

function sameConsent(a: Consent, b: Consent): boolean {
  return a.personalise === b.personalise && a.remember === b.remember && a.contribute === b.contribute
}

// Other tabs.

function tellTabs(): void {
  if (consent.remember) void log.settled().then(() => tabs.tell({ type: 'changed' }))
}

function onTab(message: TabMessage): void {
  if (message.type === 'forgotten') {
    log.clearMemory()
    onForgottenElsewhere()
  } else if (message.type === 'consent') {
    const before = consent
    consent = message.consent
    if (!sameConsent(before, consent)) void applyConsent(before)
  } else {
    // A burst elsewhere is read once, when it is over.
    clearTimeout(hearing)
    hearing = setTimeout(() => consent.remember && log.reload().then(() => onLogChanged('events')), 100)
  }
}

function onForgottenElsewhere(): void {
  consent = { ...consent, remember: false }
  onLogChanged('consent')
  onLogChanged('events')
}

function onLogChanged(what: 'events' | 'consent'): void {
  engine.setHistory(consent.personalise ? log.events : [], Date.now())
  engine.setPreferences(log.preferences)
  void learning.reload()
  // What is not to be known is gone from there at once, and not with its next question.
  if (!consent.personalise || !log.events[0]) assistant?.postMessage({ gone: true } satisfies Standing)
  post({ type: 'changed', what })
}

// The bundle.

async function refresh(): Promise<void> {
  if (!settings || refreshing) return
  refreshing = true
  try {
    await recall(settings)
    offline = await installLatest(destination(settings), 'edge').then(
      () => false,
      async (error: unknown) => {
        // A first page that finds the edge away may still have all of it in the HTTP cache.
        if (!(error instanceof Unreachable) || installed || !settings) throw error
        offline = true
        await installLatest(destination(settings), 'cache')
        return true
      },
    )
    if (refused) {
      refused = undefined
      post({ type: 'changed', what: 'record' })
    }
  } catch (error) {
    onInstallFailed(error)
  } finally {
    refreshing = false
    firstBundle.happen()
  }
}

/** @param wasStored then nobody has offered it */
function onInstallFailed(error: unknown, wasStored = false): void {
  if (error instanceof Refused) {
    const { code, version, message: reason, offered, held } = error
    refused = { code, version, reason, time: Date.now(), ...(offered ? { offered } : {}), ...(held ? { held } : {}) }
    if (!wasStored) evidence = withRefusal(evidence, refused)
    if (!wasStored && consent.remember && log.database) void saveRefusal(log.database, refused).catch(() => {})
    post({ type: 'changed', what: 'record' })
  }
  offline = error instanceof Unreachable
}

/** Of the log that the tag pins. */
const originOf = ({ policy }: Start) => policy.log.split('+')[0]

function destination({ edge, policy }: Start) {
  return {
    edge,
    policy,
    engine,
    floor,
    seen,
    onSeen(now: Seen) {
      seen = now
      void keepRecord()
    },
    installed,
    keeps: consent.remember && log.database !== undefined,
    async secret() {
      return consent.remember && log.database ? loadSecret(log.database).catch(() => undefined) : undefined
    },
    onInstalled(now: Installed) {
      installed = now
      post({ type: 'changed', what: 'bundle' })
      firstBundle.happen()
      void keepBundle()
      if (now.complete) for (let n = 0; n < REHEARSALS; n++) setTimeout(engine.rehearse, n * REHEARSAL_EVERY_MS)
    },
    async idle() {
      await Promise.race([firstShelf.happened, delay(IDLE_AFTER_MS)])
      await delay(100) // the page draws that shelf first
    },
  }
}

/** Another tab may have seen more since. */
async function recall(start: Start): Promise<void> {
  const kept =
    consent.remember && log.database && (await loadSeen(log.database, originOf(start)).catch(() => undefined))
  if (kept && kept.checkpoint.size > (seen?.checkpoint.size ?? 0)) seen = kept
}

/** What was seen of the log: where it cannot be kept, the next page knows less. */
async function keepRecord(): Promise<void> {
  const { database } = log
  if (!consent.remember || !database) return
  if (seen) await saveSeen(database, seen).catch(() => {})
}

/** Not being able to keep the bundle costs the next page a download, nothing else. */
async function keepBundle(): Promise<void> {
  if (consent.remember && log.database && installed?.complete) await store(log.database, installed).catch(() => {})
}

// Answers.

async function recommend(question: Questions['recommend']['with']): Promise<Shelf> {
  const { kind, itemId, limit, language: wanted } = question
  await firstBundle.happened
  if (!installed) return { kind, recId: '', items: [], models: [], version: 0 }
  firstShelf.happen()
  const options = { itemId, limit, now: Date.now(), language: wanted ?? language() }
  return inCurrency(engine.recommend(kind, options))
}

/** A shop that sells in one currency says it once, in the manifest. */
function inCurrency(shelf: Shelf): Shelf {
  const currency = installed?.manifest.currency
  if (!currency) return shelf
  return { ...shelf, items: shelf.items.map((item) => (item.price === undefined ? item : { currency, ...item })) }
}

function history(wanted = language()): HistoryEntry[] {
  return log.entries.map(({ event, source }) => {
    const first = itemsOf(event)[0]
    return { event, source, title: first && (engine.titleOf(first.item_id, wanted) ?? first.item_name) }
  })
}

function language(): string {
  return settings?.language ?? 'en'
}

function status(): Status {
  const bySource: Status['events']['bySource'] = {}
  let unknownItems = 0
  for (const { event, source } of log.entries) {
    bySource[source] = (bySource[source] ?? 0) + 1
    if (installed) unknownItems += itemsOf(event).filter(({ item_id }) => !engine.knows(item_id)).length
  }
  const parts = engine.parts()
  const { version = 0, items = 0, simulated = false } = installed?.manifest ?? {}
  return {
    consent,
    storage: log.storage,
    bundle: { version, items, simulated, parts, network: parts.includes('encoder'), kernel: engine.accelerated() },
    refused,
    evidence,
    record: seen && {
      origin: seen.checkpoint.origin,
      size: seen.checkpoint.size,
      cosignatures: settings?.policy.cosignatures ?? 0,
    },
    offline,
    fetched: performance.getEntriesByType('resource').map(({ name }) => name),
    events: {
      total: log.entries.length,
      bySource,
      unknownItems,
      rejected,
      lastRejection,
      corrupt: log.corrupt,
    },
    learning: learning.status(),
    contribution: settings?.policy.contribution,
  }
}

function post(message: FromWorker): void {
  if (message.type === 'changed') revision++
  self.postMessage(message)
}

function once(): { happened: Promise<void>; happen: () => void } {
  let happen = () => {}
  const happened = new Promise<void>((resolve) => {
    happen = resolve
  })
  return { happened, happen }
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
