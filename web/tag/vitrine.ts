/**
 * The script tag. It installs `window.vitrine`, listens to the page's dialects, starts the worker and, where the page has
 * shelves, their code. It is a guest: whatever goes wrong in here, the shop must not notice, so every entry from the page
 * (start, a call, a handler) is an edge that catches.
 */
import { watchAttributes } from '../capture/attributes.ts'
import { readCall } from '../capture/calls.ts'
import { createDataLayerReader, hookDataLayer } from '../capture/data-layer.ts'
import { createDuplicateFilter } from '../capture/duplicates.ts'
import type { Noticed } from '../capture/event.ts'
import { getAsset } from '../network.ts'
import type { Consent, EventSource, ShelfKind, Status } from '../protocol.ts'
import type { Change, Vitrine } from './api.ts'
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
declare const LEARNER_ASSET: Asset

const SHELF_LIMIT = 8

try {
  if (!window.vitrine?.running) start(readSettings(document))
} catch (error) {
  console.warn(`vitrine: ${error instanceof Error ? error.message : 'could not start'}`)
}

function start(settings: Settings): void {
  const vouch = createVouch(window)
  const listeners = new Set<(change: Change) => void>()
  reserveRoom(document)
  const load = (asset: Asset) => loadElements(document, settings.edge, asset, vouch, settings.nonce)
  let seekLearner = () => {}
  const connection = connect(
    settings.edge,
    WORKER_ASSET,
    vouch,
    () => load(SHELF_ASSET),
    (change) => {
      if (change === 'consent') seekLearner()
      for (const listener of listeners) quietly(() => listener(change))
    },
    () => {
      void load(PANEL_ASSET)
      seekLearner = watchForLearning(document, connection, settings, async () => {
        const { file, integrity } = LEARNER_ASSET
        return startWorker(await getAsset(settings.edge, file, integrity), vouch)
      })
    },
  )
  const decided: Partial<Consent> = navigator.globalPrivacyControl ? { contribute: false } : {}
  const stub = window.vitrine
  const calls = Array.isArray(stub?.q) ? [...stub.q] : []

  const isDuplicate = createDuplicateFilter()
  const onEvent = (event: Noticed, source: EventSource) => {
    if (!isDuplicate(event, source)) connection.tell({ type: 'event', event, source })
  }
  /** An outright call comes before what a consent banner's signal implies. */
  let rememberCalled = false
  const onConsent = (said: Partial<Consent>) => {
    connection.tell({ type: 'consent', consent: { ...said, ...decided } })
  }

  const { edge, key, refreshSeconds, language, wasm, consent } = settings
  connection.tell({ type: 'start', edge, key, refreshSeconds, language, wasm, consent, decided })

  const vitrine = createCommands(connection, settings, listeners, onEvent, (said) => {
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
  addEventListener('pagehide', ({ persisted }) => persisted && connection.tell({ type: 'pause' }))
  addEventListener('pageshow', ({ persisted }) => persisted && connection.tell({ type: 'resume' }))
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
  connection: Connection,
  settings: Settings,
  listeners: Set<(change: Change) => void>,
  onEvent: (event: Noticed, source: EventSource) => void,
  onConsent: (said: Partial<Consent>) => void,
): Vitrine {
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
      const empty = { kind: kind as ShelfKind, recId: '', items: [], models: [], version: 0 }
      const itemId = item === undefined ? undefined : String(item)
      const question = { type: 'recommend', kind: empty.kind, itemId, limit: Number(limit), language } as const
      const answer = await connection.ask(question).catch(() => undefined)
      return answer?.type === 'shelf' ? answer.shelf : empty
    },
    async history() {
      const answer = await connection.ask({ type: 'history' })
      return answer.type === 'history' ? answer.events : []
    },
    async forget(what) {
      await connection.ask({ type: 'forget', what: what as 'everything' | 'learned' | { eventIds: string[] } })
    },
    async profile() {
      const answer = await connection.ask({ type: 'profile' })
      return answer.type === 'profile' ? answer.profile : undefined
    },
    async why(asked) {
      const { item, language } = asked as { item: string; language?: string }
      const answer = await connection.ask({ type: 'why', itemId: String(item), language })
      return answer.type === 'why' ? answer.explanation : []
    },
    async prefer(preferences) {
      await connection.ask({ type: 'prefer', preferences })
    },
    async carry(passphrase) {
      const answer = await connection.ask({ type: 'carry', passphrase: String(passphrase) })
      return answer.type === 'carried' ? answer.file : undefined
    },
    async restore(carried) {
      const { file, passphrase } = carried as { file: Uint8Array<ArrayBuffer>; passphrase: string }
      const answer = await connection.ask({ type: 'restore', file, passphrase })
      return answer.type === 'restored' ? answer.added : undefined
    },
    async status() {
      const answer = await connection.ask({ type: 'status' }).catch((error: Error) => error)
      if (answer instanceof Error) return failedStatus(settings, answer.message)
      return answer.type === 'status' ? answer.status : undefined
    },
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
