import { expect, it } from 'vitest'
import { catalogFacts, factsIn } from '../../../shared/profile/facts.ts'

const item = (price: number | undefined, leaf: string, listPrice?: number) => ({
  category: ['Home', leaf],
  traits: [],
  ...(price === undefined ? {} : { price }),
  ...(listPrice === undefined ? {} : { listPrice }),
})

it('a price is dear or cheap within its own category, beside what people look at there', () => {
  const items = [
    item(4, 'Mugs'),
    item(8, 'Mugs'),
    item(400, 'Sofas'),
    item(800, 'Sofas', 900),
    item(undefined, 'Sofas'),
  ]
  const even = catalogFacts(items, [0, 0, 0, 0, 0]).map(({ priceLevel }) => priceLevel)
  // Two prices, an octave apart, one look each: a standard deviation below and above.
  expect(even.slice(0, 4).map((level) => Number(level?.toFixed(9)))).toEqual([-1, 1, -1, 1])
  expect(even[4]).toBeUndefined()
  // Three looks in four go to the dear mug: it is √(1/3) above the mean, the cheap one √3 below.
  const [cheap, dear] = catalogFacts(items, [0, 2, 0, 0, 0]).map(({ priceLevel }) => priceLevel as number)
  expect(cheap).toBeCloseTo(-Math.sqrt(3), 9)
  expect(dear).toBeCloseTo(Math.sqrt(1 / 3), 9)
})

it('a category of one price says nothing, and a list price makes a reduction', () => {
  const facts = catalogFacts([item(5, 'Cards'), item(5, 'Cards'), item(0, 'Cards'), item(5, 'Cards', 7)], [9, 0, 0, 0])
  expect(facts.map(({ priceLevel }) => priceLevel)).toEqual([0, 0, undefined, 0])
  expect(facts.map(({ reduced }) => reduced)).toEqual([false, false, false, true])
})

it('an item of no catalogue is what its event says', () => {
  expect(factsIn({ item_id: 'x', item_category: 'A > B', item_brand: 'acme', price: 3 })).toEqual({
    category: ['A', 'B'],
    brand: 'acme',
    traits: [],
    price: 3,
    reduced: false,
  })
  expect(factsIn({ item_id: 'x' })).toEqual({ category: [], traits: [], reduced: false })
})
