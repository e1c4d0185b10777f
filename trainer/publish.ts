/**
 * From histories and a trained network to a bundle, and from a bundle to an edge and into its log.
 */
import { seeded } from '../shared/data/random.ts'
import { BUY, SEARCH, type Token } from '../shared/data/sequence.ts'
import type { ContributionPolicy } from '../shared/federated/policy.ts'
import {
  BUNDLE_FORMAT,
  type ChunkName,
  decodeManifest,
  encodeManifest,
  type Manifest,
  type Phase,
  sha256Hex,
} from '../shared/model/bundle.ts'
import {
  decodeModel,
  decodeRules,
  encodeEncoder,
  encodeItems,
  encodeProbes,
  encodeRules,
  encodeShelf,
  encodeVectors,
  type ItemView,
  type Probe,
  type TableFormat,
  viewOf,
} from '../shared/model/chunks.ts'
import type { CompiledModel } from '../shared/model/compile.ts'
import { topK } from '../shared/model/metrics.ts'
import { type BlendWeights, type Models, popularityShare, runProbe } from '../shared/model/rank.ts'
import { countRules, topRules, withinBasket } from '../shared/model/rules.ts'
import { encodeService } from '../shared/service/shop-service.ts'
import { type Entry, type ModelEntry, signEntry } from '../shared/tlog/entry.ts'
import type { Signer } from '../shared/tlog/note.ts'
import { DEFAULT_MAX_AGE_SECONDS, type Policy } from '../shared/tlog/policy.ts'
import type { Standing } from '../shared/tlog/succession.ts'
import { popularityCounts } from './baselines.ts'
import type { TrainingEnds } from './batches.ts'
import type { Histories } from './datasets/histories.ts'
import { makeDeltas, type Previous } from './deltas.ts'
import { wantedEvents } from './evaluate.ts'
import { DEMO_NAME, type PublisherKey } from './keys.ts'
import { nextRules } from './next-rules.ts'
import { USUAL_NEW_ITEMS } from './ranking.ts'
import { makeRelease, type Release } from './release.ts'
import type { RunParts } from './run-folder.ts'
import { shopServiceOf } from './shop-service.ts'
import { UserError } from './user-error.ts'

/** A row in a bundle. */
const TOGETHER_RULES = 4
/** Enough for a first shelf of any kind of shop, with some to spare for what is dismissed. */
const SHELF_ITEMS = 48
const PROBES = 3

export interface Bundle {
  manifest: Manifest
  /** What goes on record. */
  entry: ModelEntry
  /** By SHA-256, the manifest among them. */
  chunks: Map<string, Uint8Array>
}

export interface BundleInput {
  histories: Histories
  /** Absent while there are only counts. */
  network?: CompiledModel
  /** How the network's item vectors travel; int8 when left out. */
  table?: TableFormat
  blend: BlendWeights
  /** Strength with which new items are placed; the usual one when left out. */
  newItems?: number
  /** What the run has beside its network. */
  parts?: RunParts
  /** A text encoder's file. */
  text?: Uint8Array
  /** Where shoppers ask a person. */
  contact?: string
  /** A signed list, of "vitrine coupons". */
  coupons?: Uint8Array
  version: number
  /** Milliseconds since 1970 */
  now: number
  /** What browsers have now: deltas from it are made where they are worth it. */
  previous?: Previous
}

export async function makeBundle(input: BundleInput): Promise<Bundle> {
  const {
    histories: h,
    network,
    table,
    blend,
    newItems = USUAL_NEW_ITEMS,
    parts: learned = {},
    text,
    contact,
    coupons,
    version,
    now,
    previous,
  } = input
  const views = h.items.map(viewOf)
  const whole = h.start.slice(1)
  const popularity = recentPopularity(h, whole)
  const rules = {
    next: nextRules(h, whole, newItems),
    together: topRules(countRules(baskets(h), h.items.length, withinBasket), TOGETHER_RULES),
    popularity,
  }
  const parts: BundlePart[] = [
    { name: 'shelf', phase: 'first', bytes: encodeShelf(firstShelf(views, popularity)) },
    { name: 'items', phase: 'rank', bytes: encodeItems(views) },
    { name: 'rules', phase: 'rank', bytes: encodeRules(rules) },
  ]
  if (network) {
    parts.push(
      { name: 'vectors', phase: 'rank', bytes: encodeVectors(network, table) },
      { name: 'encoder', phase: 'rank', bytes: encodeEncoder(network) },
    )
  }
  const probes = makeProbes(
    h,
    {
      // The numbers a browser will have: rounded to bytes and back.
      rules: decodeRules(encodeRules(rules)),
      popularity: popularityShare(popularity),
      weights: blend,
      ...(network ? { network: decodeModel(encodeVectors(network, table), encodeEncoder(network)) } : {}),
    },
    PROBE_TIME,
  )
  parts.push({ name: 'probes', phase: 'rank', bytes: encodeProbes(probes) })
  for (const name of ['profile', 'segments', 'next', 'sentiment'] as const) {
    const bytes = learned[name]
    if (bytes) parts.push({ name, phase: 'idle', bytes })
  }
  if (text) parts.push({ name: 'text', phase: 'idle', bytes: text })
  const service = shopServiceOf(h, contact)
  if (service) parts.push({ name: 'service', phase: 'idle', bytes: encodeService(service) })
  if (coupons) parts.push({ name: 'coupons', phase: 'idle', bytes: coupons })

  const currency = h.items.find((item) => item.currency)?.currency
  const about = {
    version,
    shop: h.name,
    created: new Date(now).toISOString(),
    simulated: h.simulated,
    items: h.items.length,
    languages: h.info?.languages ?? [],
    ...(currency ? { currency } : {}),
    blend,
  }
  return packBundle(parts, about, previous)
}

export interface BundlePart {
  name: ChunkName
  phase: Phase
  bytes: Uint8Array
}

/** @param previous what browsers have now: deltas from it are made where they are worth it */
export async function packBundle(
  parts: readonly BundlePart[],
  about: Omit<Manifest, 'format' | 'chunks' | 'deltas'>,
  previous?: Previous,
): Promise<Bundle> {
  const chunks = new Map<string, Uint8Array>()
  const named = await Promise.all(parts.map(async (part) => ({ ...part, sha256: await sha256Hex(part.bytes) })))
  for (const { sha256, bytes } of named) chunks.set(sha256, bytes)
  const refs = named.map(({ name, sha256, bytes, phase }) => ({ name, sha256, bytes: bytes.length, phase }))
  const deltas = previous && (await makeDeltas(named, previous))
  for (const [sha256, bytes] of deltas?.chunks ?? []) chunks.set(sha256, bytes)
  const manifest: Manifest = {
    format: BUNDLE_FORMAT,
    ...about,
    chunks: refs,
    ...(deltas && deltas.refs.length > 0 ? { deltas: deltas.refs } : {}),
  }
  const bytes = new TextEncoder().encode(encodeManifest(manifest))
  const sha256 = await sha256Hex(bytes)
  chunks.set(sha256, bytes)
  return { manifest, entry: { type: 'bundle', version: manifest.version, manifest: sha256 }, chunks }
}

/** Counts of the last week, or of longer where a week says too little. */
export function recentPopularity(h: Histories, ends: TrainingEnds): Float32Array {
  const events = wantedEvents(h, ends)
  const last = events.reduce((latest, { time }) => Math.max(latest, time), 0)
  const tomorrow = last + 86_400_000
  for (const days of [7, 30]) {
    const counts = popularityCounts(events, h.items.length, h.timed ? days + 1 : undefined)(tomorrow)
    if (counts.reduce((sum, count) => sum + count, 0) >= MIN_POPULARITY_EVENTS) return counts
  }
  return popularityCounts(events, h.items.length, undefined)(last)
}
const MIN_POPULARITY_EVENTS = 500

/** What is wanted now, with no category more than a quarter of it, sold-out items left out. */
function firstShelf(views: ItemView[], popularity: Float32Array): ItemView[] {
  const counts = new Map<string, number>()
  return topK(popularity, views.length)
    .map((item) => views[item])
    .filter((view) => {
      const count = (counts.get(view.category) ?? 0) + 1
      counts.set(view.category, count)
      return view.available && (view.category === '' || count <= SHELF_ITEMS / 4)
    })
    .slice(0, SHELF_ITEMS)
}

/** Items bought at one moment by one shopper. */
function* baskets(h: Histories): Generator<number[]> {
  for (let s = 0; s < h.shoppers.length; s++) {
    let basket: number[] = []
    let time = Number.NaN
    for (let at = h.start[s]; at < h.start[s + 1]; at++) {
      if (h.action[at] !== BUY) continue
      if (h.time[at] !== time) {
        if (basket.length > 1) yield basket
        basket = []
        time = h.time[at]
      }
      basket.push(h.item[at])
    }
    if (basket.length > 1) yield basket
  }
}

/** Always the same: what has not changed since the last bundle is then the same chunk, and not fetched again. */
const PROBE_TIME = Date.UTC(2026, 0, 1)

/** Made-up histories, never a shopper's: a bundle is public. */
function makeProbes(h: Histories, models: Models, now: number): Probe[] {
  const random = seeded(`probes ${h.items.length}`)
  return Array.from({ length: PROBES }, (_, n) => {
    const tokens: Token[] = Array.from({ length: 3 + 4 * n }, (_, step) => ({
      item: random.int(h.items.length),
      action: random.int(3),
      time: now - (60 - step) * 60_000,
    }))
    // A search goes another way into the network than an item does. Plain words: platforms cut Chinese differently.
    tokens[1] = { item: -1, action: SEARCH, time: tokens[1].time, query: 'a small red gift' }
    return { tokens, now, ...runProbe(models, tokens, now) }
  })
}

/** Where a bundle is put: a folder that an edge serves, or an edge over HTTP. */
export interface Destination {
  /** What is in force there, and the verifier key of its log. */
  standing(): Promise<Standing & { logKey: string }>
  readChunk(sha256: string): Promise<Uint8Array | undefined>
  putChunk(sha256: string, bytes: Uint8Array): Promise<unknown>
  /** Puts a record into the log. @throws AwaitsWitnesses where it is committed and not served yet */
  append(record: Uint8Array): Promise<unknown>
}

export class AwaitsWitnesses extends Error {}

/** Chunks first, the record last: what is published half is not published. */
export async function publish(
  { chunks, entry }: { chunks: ReadonlyMap<string, Uint8Array>; entry: Entry },
  key: Signer,
  destination: Destination,
): Promise<void> {
  for (const [sha256, bytes] of chunks) await destination.putChunk(sha256, bytes)
  await append(destination, entry, key)
}

/** @throws UserError that says what is on record, where witnesses are awaited */
async function append(destination: Destination, entry: Entry, ...signers: Signer[]): Promise<void> {
  const record = await signEntry(entry, ...signers)
  await destination.append(record).catch((error: Error) => {
    if (!(error instanceof AwaitsWitnesses)) throw error
    const isModel = 'version' in entry
    throw new UserError(
      `${isModel ? `bundle ${entry.version}` : `the ${entry.type}`} is committed, and not served yet: ${error.message}`,
      isModel
        ? 'the edge serves it by itself as soon as they have; publishing again would add another version'
        : 'when they answer, publish again: what is committed stays',
    )
  })
}

/** What the policy says beyond the keys that publish. What is left out stays as it is on record. */
export type PolicyTerms = Partial<Pick<Policy, 'witnesses' | 'cosignatures' | 'maxAgeSeconds'>> & {
  contribution?: ContributionPolicy | 'none'
}

/**
 * Puts on record what models are published under: the policy, where it is another than the one in force, and then the tag that pins it.
 * @param previous the publisher's key so far, where `key` is a new one: it signs for it
 * @returns what was put on record, in words
 * @throws UserError when another key publishes there, and this one does not follow it
 */
export async function prepare(
  destination: Destination,
  key: PublisherKey,
  terms: PolicyTerms = {},
  previous?: PublisherKey,
): Promise<{ policy: Policy; release: Release; said: string[] }> {
  const { logKey, policy: before, release: released } = await destination.standing()
  requirePublisher(before, previous ?? key, key)
  requireLogName(before, logKey, key)
  const said: string[] = []
  const contribution = terms.contribution ?? before?.contribution
  const policy: Policy = {
    publisher: key.verifierKey,
    log: logKey,
    witnesses: terms.witnesses ?? before?.witnesses ?? [],
    cosignatures: terms.cosignatures ?? before?.cosignatures ?? 0,
    maxAgeSeconds: terms.maxAgeSeconds ?? before?.maxAgeSeconds ?? DEFAULT_MAX_AGE_SECONDS,
    ...(contribution && contribution !== 'none' ? { contribution } : {}),
  }
  if (policy.cosignatures > policy.witnesses.length) {
    throw new UserError(
      `${policy.cosignatures} cosignatures are asked for, of ${policy.witnesses.length} witnesses`,
      'name the witnesses with --witness KEY,…, as "vitrine witness" prints them',
    )
  }
  if (JSON.stringify(before) !== JSON.stringify(policy)) {
    const signers = previous && before && before.publisher !== key.verifierKey ? [previous, key] : [key]
    await append(destination, { type: 'policy', ...policy }, ...signers)
    said.push(before ? 'a changed policy' : 'the policy')
  }
  const release = await makeRelease(policy)
  if (JSON.stringify(released?.files) !== JSON.stringify(release.files)) {
    const number = (released?.release ?? 0) + 1
    await publish(
      { chunks: release.chunks, entry: { type: 'release', release: number, files: release.files } },
      key,
      destination,
    )
    said.push(`release ${number} of the tag`)
  }
  return { policy, release, said }
}

/** @throws UserError where a shop's first policy would name a log that nobody has given a name */
function requireLogName(before: Policy | undefined, logKey: string, { name }: PublisherKey): void {
  if (before || name === DEMO_NAME || !logKey.startsWith(`${DEMO_NAME}/log+`)) return
  throw new UserError(
    `the log there is called ${DEMO_NAME}/log, and browsers would know ${name}'s by that name for ever`,
    `start the edge with "vitrine serve --name ${name}", in a folder of its own`,
  )
}

/** @throws UserError unless it is one of these keys that publishes under the policy in force, if there is one */
export function requirePublisher(policy: Policy | undefined, ...keys: PublisherKey[]): void {
  if (!policy || keys.some(({ verifierKey }) => verifierKey === policy.publisher)) return
  throw new UserError(
    `${policy.publisher} publishes there, which is another key`,
    'restore that key’s file, or name it with --key; to change it, "vitrine publish" with the new one there and its file as --previous-key',
  )
}

/** The bundle that a destination has now; undefined before the first, and where it is not whole or of another format. */
export async function readPrevious(destination: Destination): Promise<Previous | undefined> {
  const { model } = await destination.standing()
  const read = (sha256: string) => destination.readChunk(sha256).catch(() => undefined)
  const bytes = model && (await read(model.manifest))
  if (!bytes || (await sha256Hex(bytes)) !== model.manifest) return undefined
  try {
    return { manifest: decodeManifest(new TextDecoder().decode(bytes)), read }
  } catch {
    return undefined // deltas are all that is lost, and the next bundle is of our format
  }
}
