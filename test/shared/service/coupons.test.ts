import { beforeAll, describe, expect, it } from 'vitest'
import {
  type Coupon,
  type CouponFacts,
  eligibilityOf,
  openCoupons,
  parseWrittenCoupons,
  revealCode,
  signCoupons,
} from '../../../shared/service/coupons.ts'
import { signNote, verifierKeyText } from '../../../shared/tlog/note.ts'

const WRITTEN = {
  id: 'come-back',
  title: { en: '10 % off', zh: '九折' },
  from: '2026-01-01T00:00:00Z',
  until: '2026-03-01T00:00:00Z',
  when: { stages: ['cooling', 'lost'], orders: { min: 1 } },
  code: 'BACK10',
}
const listOf = (...coupons: object[]) => JSON.stringify({ format: 'vitrine-coupons/1', coupons })
const NAME = 'shop.example'
const NOW = Date.UTC(2026, 1, 1)
const FACTS: CouponFacts = {
  stage: 'cooling',
  orders: 2,
  spent: 80.5,
  daysSinceOrder: 70,
  cartValue: 25,
  interestIn: (category) => (category === 'Home > Kitchen' ? 0.3 : 0),
}

let keys: CryptoKeyPair
let verifierKey: string
let note: Uint8Array
let coupon: Coupon
beforeAll(async () => {
  keys = (await crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify'])) as CryptoKeyPair
  verifierKey = await verifierKeyText(NAME, keys.publicKey)
  note = await signCoupons(parseWrittenCoupons(listOf(WRITTEN)), NAME, keys)
  coupon = (await openCoupons(note, verifierKey))[0]
})

describe('a list of coupons', () => {
  it('comes back with its conditions, its codes sealed', async () => {
    const { code, ...rest } = WRITTEN
    expect(coupon).toMatchObject(rest)
    expect(new TextDecoder().decode(note)).not.toContain(code)
    expect(await revealCode(coupon)).toBe(code)
  })

  it('changed anywhere, or signed by another, is refused', async () => {
    for (const at of [0, 40, 200, note.length - 5]) {
      const changed = Uint8Array.from(note)
      changed[at] ^= 1
      await expect(openCoupons(changed, verifierKey), `byte ${at}`).rejects.toThrow()
    }
    const other = (await crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify'])) as CryptoKeyPair
    await expect(openCoupons(note, await verifierKeyText(NAME, other.publicKey))).rejects.toThrow('not signed by')
  })

  it('with codes in the open is no published list, even signed', async () => {
    const open = await signNote(`${listOf(WRITTEN)}\n`, { name: NAME, keys })
    await expect(openCoupons(open, verifierKey)).rejects.toThrow('coupons: field "coupons.0.code"')
  })

  it('is refused with the field, the value and what is expected', () => {
    const refused = (change: object) => () => parseWrittenCoupons(listOf({ ...WRITTEN, ...change }))
    expect(refused({ when: { stages: ['asleep'] } })).toThrow(/field "coupons\.0\.when\.stages\.0": .*"asleep"/)
    expect(refused({ when: { orders: { min: -1 } } })).toThrow('field "coupons.0.when.orders.min"')
    expect(refused({ when: { orders: { min: 3, max: 2 } } })).toThrow('min is above max')
    expect(refused({ when: { spent: {} } })).toThrow('neither min nor max')
    expect(refused({ when: { age: { min: 18 } } })).toThrow('field "coupons.0.when.age"')
    expect(refused({ until: '2025-12-31T00:00:00Z' })).toThrow(
      'field "coupons.0.until": 2025-12-31T00:00:00Z is not after "from", 2026-01-01T00:00:00Z',
    )
    expect(refused({ from: 'soon' })).toThrow(/field "coupons\.0\.from": .*"soon"/)
    expect(refused({ from: undefined })).toThrow('field "coupons.0.from": is missing')
    expect(refused({ colour: 'red' })).toThrow('field "coupons.0.colour": is unknown')
    expect(refused({ title: {} })).toThrow('has no language')
    expect(refused({ code: '' })).toThrow('field "coupons.0.code"')
    expect(() => parseWrittenCoupons(listOf(WRITTEN, WRITTEN))).toThrow('"come-back" is another coupon\'s too')
    expect(() => parseWrittenCoupons('{')).toThrow('coupons: not JSON')
    expect(() => parseWrittenCoupons(' '.repeat(256_001))).toThrow('256001 characters, more than 256000')
    expect(() => parseWrittenCoupons(JSON.stringify({ format: 'vitrine-coupons/2', coupons: [] }))).toThrow('"format"')
  })
})

describe('a code', () => {
  it('does not open as another coupon’s, nor changed', async () => {
    await expect(revealCode({ ...coupon, id: 'another' })).rejects.toThrow('the code of "another" does not open')
    const sealed = `${coupon.code.sealed.startsWith('A') ? 'B' : 'A'}${coupon.code.sealed.slice(1)}`
    await expect(revealCode({ ...coupon, code: { ...coupon.code, sealed } })).rejects.toThrow('does not open')
  })

  it('is sealed anew each time: two lists do not tell that a code is the same', async () => {
    const again = await signCoupons(parseWrittenCoupons(listOf(WRITTEN)), NAME, keys)
    expect((await openCoupons(again, verifierKey))[0].code.sealed).not.toBe(coupon.code.sealed)
  })
})

describe('who may have a coupon', () => {
  const asked = (when: Coupon['when'], facts: Partial<CouponFacts> = {}, now = NOW) =>
    eligibilityOf({ ...coupon, when }, { ...FACTS, ...facts }, now)

  it('is who meets every condition, with each as its reason', () => {
    expect(eligibilityOf(coupon, FACTS, NOW)).toEqual({
      eligible: true,
      met: [
        { code: 'stage', stages: ['cooling', 'lost'] },
        { code: 'at-least', fact: 'orders', value: 1 },
      ],
      unmet: [],
    })
    expect(eligibilityOf(coupon, { ...FACTS, orders: 0 }, NOW)).toMatchObject({
      eligible: false,
      unmet: [{ code: 'at-least', fact: 'orders', value: 1 }],
    })
    expect(asked({}).eligible).toBe(true)
  })

  it('is told by each fact at its very edge', () => {
    expect(asked({ spent: { min: 80.5 } }).eligible).toBe(true)
    expect(asked({ spent: { min: 80.51 } }).eligible).toBe(false)
    expect(asked({ spent: { max: 80.49 } }).unmet).toEqual([{ code: 'at-most', fact: 'spent', value: 80.49 }])
    expect(asked({ cartValue: { min: 20, max: 25 } }).eligible).toBe(true)
    expect(asked({ daysSinceOrder: { min: 70 } }).eligible).toBe(true)
    expect(asked({ interest: { category: 'Home > Kitchen', share: 0.3 } }).eligible).toBe(true)
    expect(asked({ interest: { category: 'Home', share: 0.3 } }).unmet).toEqual([
      { code: 'interest', category: 'Home' },
    ])
    expect(asked({ stages: ['lost'] }).unmet).toEqual([{ code: 'stage', stages: ['lost'] }])
  })

  it('who never ordered did not order long ago', () => {
    const { eligible, unmet } = asked({ daysSinceOrder: { min: 60 } }, { daysSinceOrder: undefined })
    expect(eligible).toBe(false)
    expect(unmet).toEqual([{ code: 'no-order' }])
  })

  it('is nobody before its first moment and from its last on', () => {
    const [from, until] = [Date.parse(WRITTEN.from), Date.parse(WRITTEN.until)]
    expect(asked({}, {}, from - 1).unmet).toEqual([{ code: 'not-yet', time: from }])
    expect(asked({}, {}, from).eligible).toBe(true)
    expect(asked({}, {}, until - 1).eligible).toBe(true)
    expect(asked({}, {}, until).unmet).toEqual([{ code: 'over', time: until }])
  })
})
