/**
 * The script tag. It installs `window.vitrine`, listens to the page's dialects, starts the worker and, where the page has
 * shelves, their code. It is a guest: whatever goes wrong in here, the shop must not notice, so every entry from the page
 * (start, a call, a handler) is an edge that catches.
 */

import type { AssistantQuestions } from '../assistant/protocol.ts'
import { watchAttributes } from '../capture/attributes.ts'
import { readCall } from '../capture/calls.ts'
import { createDataLayerReader, hookDataLayer } from '../capture/data-layer.ts'
import { createDuplicateFilter } from '../capture/duplicates.ts'
import type { Noticed } from '../capture/event.ts'
import type { ContributorQuestions } from '../federated/protocol.ts'
import { getAsset } from '../network.ts'
import type {
  Answering,
  Change,
  Consent,
  EventSource,
  FromWorker,
  Questions,
  Shelf,
  Status,
  ToWorker,
} from '../protocol.ts'
import type { Vitrine } from './api.ts'
import { type Ask, lazyAssistant } from './assistant.ts'
import { startWorker } from './blob-worker.ts'
import { type Asset, type Connection, connect } from './connection.ts'
import { loadElements, reserveRoom } from './elements.ts'
import { watchForLearning } from './learning.ts'
import { readSettings, type Settings } from './settings.ts'
import { createVouch } from './trusted.ts'

/** Written in by web/build.ts: the other files of this release and their hashes. */
declare const WORKER_ASSET: Asset
declare const SHELF_ASSET: Asset
declare const PANEL_ASSET: Asset
declare const ASSISTANT_ASSET: Asset
declare const LEARNER_ASSET: Asset
declare const CONTRIBUTOR_ASSET: Asset

const SHELF_LIMIT = 8
/** Half of what the shopper's order could do. */
const RERANK_IMPACT = 50

try {
  if (!window.vitrine?.running) start(readSettings(document))
} catch (error) {
  console.warn(`vitrine: ${error}`)
}

function start(settings: Settings): void {
  const vouch = createVouch(window)
  const listeners = new Set<(change: Change) => void>()
  reserveRoom(document)
  const load = (asset: Asset) => loadElements(document, settings.edge, asset, vouch, settings.nonce)
  const fetchCode = ({ file, integrity }: Asset) => getAsset(settings.edge, file, integrity)
  let settle = () => {}
  const settled = new Promise<void>((resolve) => {
    settle = resolve
  })
  let seekLearner = () => {}
  const worker = connect<ToWorker, Questions, Exclude<FromWorker, Answering>>(
    async () => {
      const code = await fetchCode(WORKER_ASSET)
      await load(SHELF_ASSET)
      return code
    },
    vouch,
    (message) => {
      if (message.type === 'settled') return settle()
      if (message.what === 'consent') seekLearner()
      for (const listener of listeners) quietly(() => listener(message.what))
    },
    settle,
  )
  // What no first shelf needs: fetched by every page, in the same order, when the worker has asked for all it needs.
  const assistantCode = settled.then(() => load(PANEL_ASSET)).then(() => fetchCode(ASSISTANT_ASSET))
  // Whoever asks the assistant is told if it cannot be had.
  void assistantCode
    .catch(() => {})
    .then(() => {
      seekLearner = watchForLearning(document, worker, settings, async () =>
        startWorker(await fetchCode(LEARNER_ASSET), vouch),
      )
    })
  const assistant = lazyAssistant(worker, () => assistantCode, settings, vouch)
  const decided: Partial<Consent> = navigator.globalPrivacyControl ? { contribute: false } : {}
  const stub = window.vitrine
  const calls = Array.isArray(stub?.q) ? [...stub.q] : []

  const isDuplicate = createDuplicateFilter()
  const onEvent = (event: Noticed, source: EventSource) => {
    if (!isDuplicate(event, source)) worker.tell({ type: 'event', event, source })
  }
  /** An outright call comes before what a consent banner's signal implies. */
  let rememberCalled = false
  const onConsent = (said: Partial<Consent>) => {
    worker.tell({ type: 'consent', consent: { ...said, ...decided } })
  }

  const { edge, policy, refreshSeconds, language, wasm, consent } = settings
  worker.tell({ type: 'start', edge, policy, refreshSeconds, language, wasm, consent, decided })

  let contributor: Connection<never, ContributorQuestions> | undefined
  const askContributor = () => (contributor ??= connect(() => fetchCode(CONTRIBUTOR_ASSET), vouch)).ask
  const vitrine = createCommands(worker, assistant, settings, listeners, onEvent, askContributor, (said) => {
    if (said.remember !== undefined) rememberCalled = true
    onConsent(said)
  })
  vitrine.running = true
  window.vitrine = vitrine
  for (const call of calls) Reflect.apply(vitrine, undefined, Array.from(call))

  watchAttributes(document, (event) => quietly(() => onEvent(event, 'attribute')))
  listenToDataLayer(
    createDataLayerReader({
      onEvent: (event) => onEvent(event, 'datalayer'),
      onRemember: (granted) => {
        if (settings.consentMode === 'auto' && !rememberCalled) onConsent({ remember: granted })
      },
    }),
  )
  addEventListener('pagehide', ({ persisted }) => persisted && worker.tell({ type: 'pause' }))
  addEventListener('pageshow', ({ persisted }) => persisted && worker.tell({ type: 'resume' }))
}

/** A page may define its dataLayer after us, or replace it: looked at again whenever that could have happened. */
function listenToDataLayer(read: (entry: unknown) => void): void {
  const hooked = new WeakSet<object>()
  const look = () => quietly(() => hookDataLayer(window.dataLayer, hooked, read))
  look()
  document.addEventListener('DOMContentLoaded', look)
  addEventListener('load', look)
  document.addEventListener('click', look, { capture: true, passive: true })
}

function createCommands(
  worker: Connection<ToWorker, Questions>,
  assistant: Ask,
  settings: Settings,
  listeners: Set<(change: Change) => void>,
  onEvent: (event: Noticed, source: EventSource) => void,
  askContributor: () => Connection<never, ContributorQuestions>['ask'],
  onConsent: (said: Partial<Consent>) => void,
): Vitrine {
  const asks =
    (name: 'offers' | 'character' | 'taste' | 'questions') =>
    (asked: unknown = {}) =>
      assistant(name, asked as object)
  const commands: Record<string, (first: unknown, second: unknown) => unknown> = {
    event(name, parameters) {
      const event = readCall(name, parameters)
      onEvent(event, event.name.startsWith('rec_') ? 'shelf' : 'call')
    },
    consent(said) {
      const { personalise, remember, contribute } = said as Partial<Consent>
      const states = Object.entries({ personalise, remember, contribute })
      onConsent(Object.fromEntries(states.filter(([, state]) => typeof state === 'boolean')))
    },
    async recommend(request) {
      const { kind = 'for-you', item, limit = SHELF_LIMIT, language } = (request ?? {}) as Record<string, never>
      const itemId = item === undefined ? undefined : String(item)
      const empty: Shelf = { kind, recId: '', items: [], models: [], version: 0 }
      return worker.ask('recommend', { kind, itemId, limit: Number(limit), language }).catch(() => empty)
    },
    async rerank(list) {
      const { items, query, impact = RERANK_IMPACT } = list as { items: string[]; query?: string; impact?: number }
      return worker.ask('rerank', { itemIds: items, query, impact }).catch(() => items)
    },
    history: (asked = {}) => worker.ask('history', asked as object),
    forget: (what) => worker.ask('forget', { what: what as Questions['forget']['with']['what'] }),
    profile: () => worker.ask('profile', {}),
    why(asked) {
      const { item, language } = asked as { item: string; language?: string }
      return worker.ask('why', { itemId: String(item), language })
    },
    prefer: (preferences) => worker.ask('prefer', { preferences }),
    async carry(passphrase) {
      const [entries, { preferences }] = await Promise.all([worker.ask('history', {}), worker.ask('profile', {})])
      const profile = { madeAt: Date.now(), events: entries.map(({ event }) => event), preferences }
      return assistant('seal', { profile, passphrase: String(passphrase) })
    },
    async restore(carried) {
      return worker.ask('take', await assistant('open', carried as AssistantQuestions['open']['with']))
    },
    contributions: () => askContributor()('ledger', {}),
    withdraw: (round) => askContributor()('withdraw', { round: String(round) }),
    status: () => worker.ask('status', {}).catch((error: Error) => failedStatus(settings, error.message)),
    suggest: (typed) => assistant('suggest', typed as never).catch(() => []),
    ask(question) {
      onEvent(readCall('ask', question), 'call')
      return assistant('ask', question as never)
    },
    offers: asks('offers'),
    reveal: (offer) => assistant('reveal', offer as never),
    character: asks('character'),
    taste: asks('taste'),
    questions: asks('questions'),
    on(_change, listener) {
      listeners.add(listener as (change: Change) => void)
      return () => listeners.delete(listener as (change: Change) => void)
    },
  }
  // The one place where a page's untyped call meets the typed commands.
  return ((command: string, first?: unknown, second?: unknown) =>
    quietly(() => {
      const result = commands[command]?.(first, second)
      // A promise nobody looks at must not become the shop's "unhandled rejection".
      if (result instanceof Promise) result.catch(() => {})
      return result
    })) as Vitrine
}

function failedStatus({ consent }: Settings, failed: string): Status {
  return {
    consent,
    storage: 'unavailable',
    bundle: { version: 0, items: 0, simulated: false, parts: [], network: false, kernel: false },
    offline: false,
    evidence: [],
    failed,
    events: { total: 0, bySource: {}, unknownItems: 0, rejected: 0 },
  }
}

/** The edge between the shop's code and ours. */
function quietly<T>(act: () => T): T | undefined {
  try {
    return act()
  } catch {
    return undefined
  }
}
