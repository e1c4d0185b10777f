import { expect, it } from 'vitest'
import type { ShopEvent } from '../../../shared/data/events.ts'
import { type Interest, withCompanions } from '../../../shared/profile/interests.ts'
import { companionsOf } from '../../../trainer/profile/companions.ts'

const DAY_MS = 86_400_000

/** A visit a day; the second look of each is at something else, and says nothing. */
const visits = (labels: string[], shopper: number): { events: ShopEvent[] } => ({
  events: labels.flatMap((label, day) =>
    [label, 'Aside'].map((item_id, n) => ({
      id: `${shopper}-${day}-${n}`,
      time: day * DAY_MS + n * 1000,
      name: 'view_item' as const,
      items: [{ item_id }],
    })),
  ),
})
const facts = (id: string) => ({ category: [id], traits: [], reduced: false })

it('companions are what the same shoppers’ visits begin with, drawn towards what all visits begin with', () => {
  const shoppers = [
    ...Array.from({ length: 60 }, (_, n) => visits(['Tea', 'Mugs', 'Tea'], n)),
    ...Array.from({ length: 60 }, (_, n) => visits(['Toys', 'Books'], 60 + n)),
  ]
  const companions = companionsOf(shoppers, facts)
  expect([...companions.keys()].sort()).toEqual(['Books', 'Mugs', 'Tea', 'Toys'])
  // Of 300 visits 120 began with tea. With two visits for tea go each other and one for mugs, 60 times: 120 and 120 of 240.
  const tea = new Map(companions.get('Tea')?.map(({ label, share }) => [label, share]))
  expect(tea.get('Tea')).toBeCloseTo((120 + 20 * 0.4) / 260, 9)
  expect(tea.get('Mugs')).toBeCloseTo((120 + 20 * 0.2) / 260, 9)
  expect(tea.get('Toys')).toBeCloseTo((20 * 0.2) / 260, 9)
  expect([...tea.values()].reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 9)
  expect(companionsOf(shoppers, facts, 1).get('Mugs')).toBeUndefined()
})

it('interests with companions: one’s own stay ahead, what goes with them follows, and shares sum to 1', () => {
  const interest = (label: string, share: number): Interest => ({ kind: 'category', label, share, confidence: 0.5 })
  const companions = new Map([
    [
      'Tea',
      [
        { label: 'Mugs', share: 0.7 },
        { label: 'Tea', share: 0.3 },
      ],
    ],
    ['Toys', [{ label: 'Toys', share: 1 }]],
  ])
  const found = withCompanions([interest('Tea', 0.6), interest('Toys', 0.4)], companions)
  expect(found.map(({ label }) => label)).toEqual(['Tea', 'Toys', 'Mugs'])
  // 1.5 · .6 + .6 · .3, 1.5 · .4 + .4, .6 · .7, of 2.5
  expect(found.map(({ share }) => Number(share.toFixed(6)))).toEqual([0.432, 0.4, 0.168])
  expect(found[2].confidence).toBe(0)
})
