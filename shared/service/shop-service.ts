/**
 * What a shop says beside its products: the bundle's `service` chunk, JSON. The same for everyone, so that asking for it
 * says nothing.
 *
 *     {"popularQueries":["gift bag","mug"],
 *      "labelNames":{"Home > Kitchen":{"zh":"厨房"}},
 *      "faq":[{"id":"returns-en","question":"How do I return something?","answer":"…","language":"en"}],
 *      "contact":"https://shop.example/help"}
 */
import * as v from 'valibot'
import type { Faq } from '../data/catalog.ts'
import { isContact } from './contact.ts'

export interface ShopService {
  /** Most searched for first; each by many shoppers (`trainer/popular-queries.ts`). */
  popularQueries: string[]
  /**
   * A category from the root, "Home > Kitchen", or a trait, "style: modern", and what its last part or its value is called in other
   * languages (BCP 47).
   */
  labelNames: Record<string, Record<string, string>>
  faq: Faq[]
  /** Where to ask a person: https:, mailto: or a path of the shop. */
  contact?: string
}

/** More is no chunk of ours, and would keep a phone parsing. */
const MAX_BYTES = 4 << 20
export const MAX_POPULAR_QUERIES = 500
export const MAX_QUERY_LENGTH = 100
export const MAX_FAQ_ENTRIES = 2000
export const MAX_QUESTION_LENGTH = 500
export const MAX_ANSWER_LENGTH = 5000
export const MAX_LABELS = 20_000
export const MAX_LABEL_LENGTH = 1000

const text = (most: number) => v.pipe(v.string(), v.minLength(1), v.maxLength(most))
const names = v.record(text(35), text(MAX_LABEL_LENGTH))

const schema = v.strictObject({
  popularQueries: v.pipe(v.array(text(MAX_QUERY_LENGTH)), v.maxLength(MAX_POPULAR_QUERIES)),
  labelNames: v.pipe(
    v.record(text(MAX_LABEL_LENGTH), names),
    v.check((record) => Object.keys(record).length <= MAX_LABELS, `more than ${MAX_LABELS} labels`),
  ),
  faq: v.pipe(
    v.array(
      v.strictObject({
        id: text(256),
        question: text(MAX_QUESTION_LENGTH),
        answer: text(MAX_ANSWER_LENGTH),
        language: text(35),
      }),
    ),
    v.maxLength(MAX_FAQ_ENTRIES),
  ),
  contact: v.optional(v.pipe(v.string(), v.check(isContact, 'no https:, mailto: or path of the shop'))),
})

export const encodeService = (service: ShopService): Uint8Array => new TextEncoder().encode(JSON.stringify(service))

/** @throws Error naming the field */
export function decodeService(bytes: Uint8Array): ShopService {
  if (bytes.length > MAX_BYTES) throw new Error(`service: ${bytes.length} bytes is more than ${MAX_BYTES}`)
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    throw new Error('service: not JSON')
  }
  const result = v.safeParse(schema, value)
  if (result.success) return result.output
  const [issue] = result.issues
  throw new Error(`service: field "${v.getDotPath(issue) ?? '(root)'}": ${issue.message}`)
}
