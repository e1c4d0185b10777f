/** What a visit brings home: plain values, from which `checks.ts` makes the checklist. */
import * as v from 'valibot'
import type { Manifest } from '../../shared/model/bundle.ts'
import type { ItemView } from '../../shared/model/chunks.ts'
import type { Policy as TrustPolicy } from '../../shared/tlog/policy.ts'

const count = v.number()
const text = v.string()

/**
 * What is read of the tag's answer to `vitrine('status')`. The page may run another release of the tag, or have a
 * `vitrine` of its own, so this asks for no more than the checklist needs.
 */
const statusSchema = v.object({
  consent: v.object({ personalise: v.boolean(), remember: v.boolean(), contribute: v.boolean() }),
  storage: text,
  bundle: v.object({ version: count, items: count, simulated: v.boolean(), parts: v.array(text) }),
  refused: v.optional(v.object({ version: count, reason: text })),
  offline: v.boolean(),
  failed: v.optional(text),
  events: v.object({
    total: count,
    bySource: v.record(text, v.optional(count)),
    unknownItems: count,
    rejected: count,
    lastRejection: v.optional(text),
  }),
})
export type TagStatus = v.InferOutput<typeof statusSchema>

const historySchema = v.array(
  v.object({
    event: v.object({ name: text, items: v.optional(v.array(v.object({ item_id: text }))) }),
    source: text,
  }),
)
export type TagHistory = v.InferOutput<typeof historySchema>

/** Undefined when the answer is no status. */
export function readStatus(answer: unknown): TagStatus | undefined {
  const result = v.safeParse(statusSchema, answer)
  return result.success ? result.output : undefined
}

export function readHistory(answer: unknown): TagHistory {
  const result = v.safeParse(historySchema, answer)
  return result.success ? result.output : []
}

/** What `witness.js` reads in the page. */
export interface PageReading {
  address: string
  secure: boolean
  gpc: boolean
  running: boolean
  scripts: TagScript[]
  metaPolicies: string[]
  dataLayer: {
    present: boolean
    events: { name?: string; ids: string[] }[]
    consents: { kind?: string; personalisation?: string; functionality?: string }[]
  }
  attributes: { event?: string; item?: string }[]
  jsonLd: { types: string[]; products: { id?: string; name?: string }[]; errors: string[] }
  openGraph: { type?: string; item?: string }
  shelves: { kind: string; state?: string; cards: number }[]
  violations: Violation[]
  /** Times in milliseconds since the navigation. */
  shifts: { time: number; value: number }[]
  resizes: { time: number; before: number; after: number }[]
  longScripts: { url: string; invoker: string; duration: number }[]
}

export interface TagScript {
  src: string
  consent?: string
  integrity: string
  crossOrigin: string | null
  referrerPolicy: string
  nonce: string
  /** `data-wasm` */
  wasm: boolean
  blocksParsing: boolean
}

export interface Violation {
  directive: string
  blocked: string
  sourceFile: string
  sample: string
  disposition: 'enforce' | 'report'
}

/** A request that the page or its workers made. */
export interface Exchange {
  url: string
  status?: number
  /** The browser's words, such as net::ERR_CONNECTION_REFUSED. With a status, what came was refused. */
  failure?: string
  /** Of the body as it travelled. */
  bytes?: number
  referrer?: string
}

export interface Complaint {
  text: string
  /** Of the script that complained, or that failed to load. */
  url: string
  isUncaught: boolean
}

export interface Policy {
  from: 'header' | 'meta'
  enforced: boolean
  text: string
}

/** A public file of the edge, asked for outside the page with the page's origin. */
export interface Asked {
  url: string
  status?: number
  failure?: string
  /** Whether the answer lets scripts of the page's origin read it. */
  readable: boolean
}

export interface EdgeReading {
  tag: Asked
  latest: Asked & { version?: number; problem?: string }
  manifest?: Asked & { opened?: Manifest; problem?: string }
  /** What the policy that the served tag pins says to what is offered; absent where one of them is not to be had. */
  record?: RecordReading
  /** What the bundle knows; undefined where it could not be read. */
  items?: ItemView[]
  /** Hashes of the released files, by name. */
  integrity: Record<string, string>
}

export type RecordReading =
  /** The tag has no policy: it is no release. */
  | { is: 'unreleased' }
  | { is: 'refused'; problem: string; policy: TrustPolicy }
  | { is: 'on record'; origin: string; size: number; policy: TrustPolicy }

export interface Evidence {
  asked: string
  /** Undefined where the page changed its address without loading. */
  answer?: { status?: number; failure?: string; redirects: { url: string; status: number }[]; loadedInTime: boolean }
  policies: Policy[]
  exchanges: Exchange[]
  complaints: Complaint[]
  /** Undefined where the page did not answer. */
  page?: PageReading
  status?: TagStatus
  history: TagHistory
  /** The folder that the tag is served from. Ends in "/". */
  edge?: string
  edgeReading?: EdgeReading
}
