import { expect, it } from 'vitest'
import { decodeService, encodeService } from '../../shared/service/shop-service.ts'
import { shopServiceOf } from '../../trainer/shop-service.ts'
import { UserError } from '../../trainer/user-error.ts'
import { historiesOf } from './small-histories.ts'

const h = historiesOf([[{ item: 0 }]], 2)
const FAQ = { id: 'a', question: 'How?', answer: 'So.', language: 'en' }

it('a shop that says nothing has no service chunk', () => {
  expect(shopServiceOf(h, undefined)).toBeUndefined()
  expect(shopServiceOf(h, '/help')).toMatchObject({ contact: '/help' })
})

it('categories and traits have the names of their translations, each part its own', () => {
  const items = [
    { ...h.items[0], category: ['Home', 'constructor'], translations: { zh: { title: 'x', category: ['家', '建'] } } },
    {
      ...h.items[1],
      category: ['Home', 'Lamps'],
      attributes: { tags: 'Small, red', colour: 'sage|navy' },
      translations: {
        zh: { title: 'x', category: ['家'], attributes: { tags: '小|红', colour: '鼠尾草', size: '大' } },
      },
    },
  ]
  const service = shopServiceOf({ ...h, items }, undefined)!
  expect(service.labelNames).toEqual({
    Home: { zh: '家' },
    'Home > constructor': { zh: '建' },
    'tags: small': { zh: '小' },
    'tags: red': { zh: '红' },
  })
  expect(decodeService(encodeService(service))).toEqual(service)
})

it('a question that is none is refused with its line, field and remedy', () => {
  const refused = (faq: object) => () => shopServiceOf({ ...h, faq: [FAQ, faq as typeof FAQ] }, undefined)
  expect(refused({ ...FAQ, answer: '' })).toThrow(UserError)
  expect(refused({ ...FAQ, answer: 'x'.repeat(6000) })).toThrow('faq.jsonl line 2, field "answer": 6000 characters')
  expect(refused({ ...FAQ, question: 7 })).toThrow('line 2, field "question": 7, not a text of 1 to 500')
  expect(refused({ ...FAQ, extra: 1 })).not.toThrow()
})

it('no more names than a page reads, and none that is too long, of the labels of most products', () => {
  const translated = (n: number, name: string) => ({
    ...h.items[0],
    item_id: `i${n}`,
    category: [],
    attributes: { size: `Size ${n}`, colour: 'Navy' },
    translations: { de: { title: 'x', attributes: { size: name, colour: 'Marineblau' } } },
  })
  const items = Array.from({ length: 20_500 }, (_, n) => translated(n, `Größe ${n}`))
  items.push(translated(-1, 'x'.repeat(1200)))
  const { labelNames } = decodeService(encodeService(shopServiceOf({ ...h, items }, undefined)!))
  expect(Object.keys(labelNames)).toHaveLength(20_000)
  expect(labelNames['colour: navy']).toEqual({ de: 'Marineblau' })
  expect(labelNames).not.toHaveProperty(['size: size -1'])
})
