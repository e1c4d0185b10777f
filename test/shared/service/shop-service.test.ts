import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isContact } from '../../../shared/service/contact.ts'
import { decodeService, encodeService, type ShopService } from '../../../shared/service/shop-service.ts'

const SERVICE: ShopService = {
  popularQueries: ['gift bag', '马克杯'],
  labelNames: { 'Home > Kitchen': { zh: '厨房' } },
  faq: [{ id: 'a', question: '<b>How?</b>', answer: 'So & so', language: 'en' }],
  contact: '/help',
}
const bytesOf = (value: unknown) => new TextEncoder().encode(JSON.stringify(value))

describe('the service chunk', () => {
  it('comes back as it was', () => {
    expect(decodeService(encodeService(SERVICE))).toEqual(SERVICE)
  })

  it('cut off anywhere is refused', () => {
    const bytes = encodeService(SERVICE)
    for (let length = 0; length < bytes.length; length++) {
      expect(() => decodeService(bytes.subarray(0, length)), `${length} bytes`).toThrow('service: not JSON')
    }
  })

  it('is refused with the name of the field that is wrong', () => {
    const refused = (change: object) => () => decodeService(bytesOf({ ...SERVICE, ...change }))
    expect(refused({ popularQueries: [''] })).toThrow('field "popularQueries.0"')
    expect(refused({ popularQueries: Array.from({ length: 501 }, () => 'a') })).toThrow('field "popularQueries"')
    expect(refused({ faq: [{ ...SERVICE.faq[0], answer: 7 }] })).toThrow('field "faq.0.answer"')
    expect(refused({ faq: [{ ...SERVICE.faq[0], more: 1 }] })).toThrow('field "faq.0.more"')
    expect(refused({ contact: 'javascript:alert(1)' })).toThrow('field "contact"')
    expect(() => decodeService(bytesOf([]))).toThrow('service:')
    expect(() => decodeService(new Uint8Array((4 << 20) + 1))).toThrow('4194305 bytes is more than 4194304')
  })

  it('never throws anything but its own error', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        try {
          decodeService(bytesOf(value))
        } catch (error) {
          expect((error as Error).message).toMatch(/^service: /)
        }
      }),
    )
  })
})

it('a contact is a link that a page may follow', () => {
  for (const link of ['https://a.example/help', '/help?x=1', 'mailto:a@b.example'])
    expect(isContact(link), link).toBe(true)
  for (const link of [
    '',
    'help',
    '//evil.example',
    '/\\evil.example',
    'javascript:alert(1)',
    'data:,x',
    'https://',
    '/a b',
  ]) {
    expect(isContact(link), link).toBe(false)
  }
})
