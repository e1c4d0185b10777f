/**
 * Coupons that a merchant publishes for everyone and the device grants: each says who may have it, the profile on the device
 * decides, and nobody is told who qualified. The list is a signed note (`../tlog/note.ts`) whose text is one line of JSON:
 *
 *     {"format":"vitrine-coupons/1","coupons":[{"id":"come-back","title":{"en":"10 % off: welcome back"},
 *      "from":"2026-01-01T00:00:00Z","until":"2026-03-01T00:00:00Z",
 *      "when":{"stages":["cooling","lost"],"orders":{"min":1}},"budget":500,
 *      "code":{"salt":"…","iv":"…","sealed":"…"}}]}
 *
 *     — shop.example Zm9vYmFy…
 *
 * What this keeps, and what not. A code is sealed with AES-256-GCM under a key that PBKDF2 makes of public things (the
 * coupon's id and a salt): no code stands in the page, the storage or the network until it is opened, which takes a fraction
 * of a second and is done on a click. Whoever runs this file over the list can open every code: all that a device can work
 * out, its owner can. So a code that must not be had by everyone has to be checked where it is redeemed: the shop's server
 * validates window, budget and number of uses, and `budget` here is a note for people. Nor is a code silent: whoever redeems
 * it tells the shop that its conditions held, so conditions should be as wide as the offer allows.
 */
import * as v from 'valibot'
import { MAX_ID_LENGTH } from '../data/events.ts'
import type { Stage } from '../profile/lifecycle.ts'
import { openNote, signNote } from '../tlog/note.ts'

const FORMAT = 'vitrine-coupons/1'
/** A note is at most a megabyte; a list of offers is far from it, and is bounded before it is parsed. */
export const MAX_LIST_CHARS = 256_000
const MAX_COUPONS = 200
const MAX_CODE_LENGTH = 100
/** A quarter of a second on a phone: unfelt after a click, an hour and a half for those who would list ten thousand. */
const ITERATIONS = 200_000
const [SALT_BYTES, IV_BYTES, TAG_BYTES] = [16, 12, 16]

const STAGES = ['new', 'active', 'high-value', 'cooling', 'lost'] as const satisfies readonly Stage[]

const id = v.pipe(v.string(), v.minLength(1), v.maxLength(MAX_ID_LENGTH))
const label = v.pipe(v.string(), v.minLength(1), v.maxLength(1000))
const amount = v.pipe(v.number(), v.finite(), v.minValue(0))
const moment = v.pipe(v.string(), v.isoTimestamp())
const range = v.pipe(
  v.strictObject({ min: v.optional(amount), max: v.optional(amount) }),
  v.check(({ min, max }) => min !== undefined || max !== undefined, 'says neither min nor max'),
  v.check(({ min = 0, max = Number.POSITIVE_INFINITY }) => min <= max, 'min is above max'),
)
/** All that are given must hold. */
const conditions = v.strictObject({
  stages: v.optional(v.pipe(v.array(v.picklist(STAGES)), v.minLength(1))),
  orders: v.optional(range),
  /** Altogether, in the shop's currency. */
  spent: v.optional(range),
  /** Of who has ordered. */
  daysSinceOrder: v.optional(range),
  /** In the shop's currency. */
  cartValue: v.optional(range),
  /** At least so much of what the shopper is drawn to, 0 … 1. */
  interest: v.optional(v.strictObject({ category: label, share: v.pipe(v.number(), v.minValue(0), v.maxValue(1)) })),
})

const offer = {
  id,
  /** By BCP 47; the first is for all other languages. */
  title: v.pipe(
    v.record(v.pipe(v.string(), v.maxLength(35)), v.pipe(v.string(), v.minLength(1), v.maxLength(200))),
    v.check((titles) => Object.keys(titles).length > 0, 'has no language'),
  ),
  from: moment,
  until: moment,
  when: conditions,
  /** Uses that the shop means to grant: a note. The server counts. */
  budget: v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(1))),
}
const base64 = (bytes: number, most = bytes) =>
  v.pipe(
    v.string(),
    v.base64(),
    v.check((text) => lengthOf(text) >= bytes && lengthOf(text) <= most, `is not of ${bytes} to ${most} bytes`),
  )
const sealedCode = v.strictObject({
  salt: base64(SALT_BYTES),
  iv: base64(IV_BYTES),
  sealed: base64(TAG_BYTES + 1, TAG_BYTES + 4 * MAX_CODE_LENGTH),
})
const writtenCode = v.pipe(v.string(), v.minLength(1), v.maxLength(MAX_CODE_LENGTH))

const published = v.strictObject({
  format: v.literal(FORMAT),
  coupons: v.pipe(v.array(v.strictObject({ ...offer, code: sealedCode })), v.maxLength(MAX_COUPONS)),
})
const written = v.strictObject({
  format: v.literal(FORMAT),
  coupons: v.pipe(v.array(v.strictObject({ ...offer, code: writtenCode })), v.maxLength(MAX_COUPONS)),
})

/** As the merchant writes it, with its code in the open. */
export type WrittenCoupons = v.InferOutput<typeof written>
export type Coupon = v.InferOutput<typeof published>['coupons'][number]

/** @throws Error naming the field, its value and what is wrong with it */
export const parseWrittenCoupons = (text: string): WrittenCoupons => checked(parse(written, text))

function parse<S extends v.GenericSchema>(schema: S, text: string): v.InferOutput<S> {
  if (text.length > MAX_LIST_CHARS) throw new Error(`coupons: ${text.length} characters, more than ${MAX_LIST_CHARS}`)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new Error(`coupons: not JSON: ${(error as Error).message}`)
  }
  const result = v.safeParse(schema, value)
  if (result.success) return result.output
  const [issue] = result.issues
  const field = v.getDotPath(issue) ?? '(root)'
  throw new Error(`coupons: field "${field}": ${problemOf(issue, field)}`)
}

/** In a merchant's words where the library speaks of keys. */
function problemOf({ expected, received, message }: v.BaseIssue<unknown>, field: string): string {
  if (expected === 'never') return 'is unknown: leave it out'
  if (received !== 'undefined') return message
  return field === 'format' ? `is missing: add "format":"${FORMAT}"` : 'is missing'
}

/** What no field says by itself. */
function checked<L extends { coupons: { id: string; from: string; until: string }[] }>(list: L): L {
  const ids = new Set<string>()
  list.coupons.forEach(({ id, from, until }, n) => {
    if (ids.has(id)) throw new Error(`coupons: field "coupons.${n}.id": "${id}" is another coupon's too`)
    ids.add(id)
    if (Date.parse(from) < Date.parse(until)) return
    throw new Error(`coupons: field "coupons.${n}.until": ${until} is not after "from", ${from}`)
  })
  return list
}

/** Seals the codes and signs the list. */
export async function signCoupons({ coupons }: WrittenCoupons, name: string, keys: CryptoKeyPair): Promise<Uint8Array> {
  const sealed = await Promise.all(
    coupons.map(async ({ code, ...coupon }): Promise<Coupon> => ({ ...coupon, code: await sealCode(coupon.id, code) })),
  )
  return signNote(`${JSON.stringify({ format: FORMAT, coupons: sealed })}\n`, { name, keys })
}

/**
 * The coupons of a list that the shop's key has signed.
 * @param verifierKey `name+hash+key`, the publisher's, of the tag's policy
 * @throws Error with the reason when it is unsigned, wrongly signed or malformed
 */
export async function openCoupons(note: Uint8Array, verifierKey: string): Promise<Coupon[]> {
  return checked(parse(published, await openNote(note, verifierKey))).coupons
}

/** What the profile knows that a coupon may ask for. */
export interface CouponFacts {
  stage: Stage
  orders: number
  spent: number
  /** Absent before the first. */
  daysSinceOrder?: number
  cartValue: number
  /** 0 … 1, by label from the root. */
  interestIn(category: string): number
}

/** Why a coupon is or is not to be had, for a card to put into words. `value` is what the coupon asks for. */
export type CouponReason =
  | { code: 'not-yet' | 'over'; time: number }
  | { code: 'stage'; stages: readonly Stage[] }
  | { code: 'at-least' | 'at-most'; fact: RangedFact; value: number }
  | { code: 'no-order' }
  | { code: 'interest'; category: string }

const RANGED = ['orders', 'spent', 'daysSinceOrder', 'cartValue'] as const
type RangedFact = (typeof RANGED)[number]

export interface Eligibility {
  eligible: boolean
  /** Conditions that hold: why the shopper has it. */
  met: CouponReason[]
  /** Those that do not; empty for who is eligible. */
  unmet: CouponReason[]
}

/** From its first moment on, and no longer at its last. @param now milliseconds since 1970 */
export function eligibilityOf({ from, until, when }: Coupon, facts: CouponFacts, now: number): Eligibility {
  const met: CouponReason[] = []
  const unmet: CouponReason[] = []
  const ask = (holds: boolean, reason: CouponReason) => (holds ? met : unmet).push(reason)
  const [begins, ends] = [Date.parse(from), Date.parse(until)]
  if (now < begins) unmet.push({ code: 'not-yet', time: begins })
  if (now >= ends) unmet.push({ code: 'over', time: ends })
  if (when.stages) ask(when.stages.includes(facts.stage), { code: 'stage', stages: when.stages })
  for (const fact of RANGED) {
    const { min, max } = when[fact] ?? {}
    const value = facts[fact]
    // Nobody who never ordered did so long ago.
    if (value === undefined) {
      if (when[fact]) unmet.push({ code: 'no-order' })
      continue
    }
    if (min !== undefined) ask(value >= min, { code: 'at-least', fact, value: min })
    if (max !== undefined) ask(value <= max, { code: 'at-most', fact, value: max })
  }
  if (when.interest) {
    const { category, share } = when.interest
    ask(facts.interestIn(category) >= share, { code: 'interest', category })
  }
  return { eligible: unmet.length === 0, met, unmet }
}

/** The code, on a click: it takes as long as a device needs for PBKDF2. @throws Error when it was not sealed for this coupon */
export async function revealCode({ id, code: { salt, iv, sealed } }: Pick<Coupon, 'id' | 'code'>): Promise<string> {
  const key = await keyFor(id, bytesOf(salt))
  const opened = await crypto.subtle.decrypt({ name: 'AES-GCM', iv: bytesOf(iv) }, key, bytesOf(sealed)).catch(() => {
    throw new Error(`coupons: the code of "${id}" does not open`)
  })
  return new TextDecoder().decode(opened)
}

async function sealCode(id: string, code: string): Promise<Coupon['code']> {
  const salt = crypto.getRandomValues(new Uint8Array(SALT_BYTES))
  const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES))
  const key = await keyFor(id, salt)
  const sealed = await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, key, new TextEncoder().encode(code))
  return { salt: textOf(salt), iv: textOf(iv), sealed: textOf(new Uint8Array(sealed)) }
}

async function keyFor(id: string, salt: Uint8Array<ArrayBuffer>): Promise<CryptoKey> {
  const secret = await crypto.subtle.importKey('raw', new TextEncoder().encode(id), 'PBKDF2', false, ['deriveKey'])
  const derivation = { name: 'PBKDF2', hash: 'SHA-256', salt, iterations: ITERATIONS }
  return crypto.subtle.deriveKey(derivation, secret, { name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt'])
}

const textOf = (bytes: Uint8Array) => btoa(String.fromCharCode(...bytes))
const bytesOf = (base64: string) => Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))
/** Of the bytes in canonical base64. */
const lengthOf = (base64: string) => (base64.length / 4) * 3 - (base64.match(/=*$/)?.[0].length ?? 0)
