import { describe, expect, it } from 'vitest'
import type { ItemFacts } from '../../../shared/profile/facts.ts'
import { priorWeight, type TasteAnswers, tastePrior, tasteQuestions } from '../../../shared/profile/taste-start.ts'

const item = (department: string, style: string, priceLevel: number): ItemFacts => ({
  category: [department, 'leaf'],
  traits: [`colour: ${style}-ish`, `style: ${style}`],
  priceLevel,
  reduced: false,
})
const FACTS = [
  item('Home', 'modern', -1),
  item('Home', 'rustic', 1),
  item('Food', 'modern', 0.1),
  item('Garden', 'folk', 0),
]
const NOTHING: TasteAnswers = { departments: [], styles: [] }
const best = (answers: TasteAnswers) => {
  const prior = tastePrior(answers, FACTS) as Float32Array
  return prior.indexOf(Math.max(...prior))
}

describe('the taste start', () => {
  it('asks for departments, prices and how things look, best known first', () => {
    expect(tasteQuestions(FACTS, [0, 0, 9, 3])).toEqual({
      departments: ['Food', 'Garden', 'Home'],
      prices: ['low', 'middle', 'high'],
      styles: ['style: modern', 'style: folk', 'style: rustic'],
    })
  })

  it('asks nothing that has one answer, and no more than fits a phone', () => {
    const same = [item('Home', 'modern', 0), item('Home', 'modern', 0.2)]
    expect(tasteQuestions(same, [0, 0])).toEqual({ departments: [], prices: [], styles: [] })
    expect(tasteQuestions([], [])).toEqual({ departments: [], prices: [], styles: [] })
    const many = Array.from({ length: 20 }, (_, n) => item(`D${n}`, `s${n}`, 0))
    expect(tasteQuestions(many, new Float32Array(20)).departments).toHaveLength(8)
    expect(tasteQuestions(many, new Float32Array(20)).styles).toHaveLength(8)
  })

  it('asks of material or colour where the shop names no style', () => {
    const plain = FACTS.map((facts) => ({ ...facts, traits: facts.traits.slice(0, 1) }))
    expect(tasteQuestions(plain, [0, 0, 0, 0]).styles).toEqual([
      'colour: modern-ish',
      'colour: folk-ish',
      'colour: rustic-ish',
    ])
  })

  it('puts first what was tapped, by each answer and by all', () => {
    expect(best({ ...NOTHING, departments: ['Garden'] })).toBe(3)
    expect(best({ ...NOTHING, styles: ['style: rustic'] })).toBe(1)
    expect(best({ ...NOTHING, priceLevel: 'low' })).toBe(0)
    expect(best({ departments: ['Home', 'Food'], styles: ['style: modern'], priceLevel: 'middle' })).toBe(2)
  })

  it('has mean 0, is nothing when all was skipped, and 0 where answers tell no items apart', () => {
    const prior = tastePrior({ ...NOTHING, departments: ['Garden'] }, FACTS) as Float32Array
    expect(prior.reduce((sum, value) => sum + value, 0)).toBeCloseTo(0, 5)
    expect(prior[3] - prior[0]).toBeCloseTo(Math.log(4), 5)
    expect(tastePrior(NOTHING, FACTS)).toBeUndefined()
    const all = { ...NOTHING, departments: ['Home', 'Food', 'Garden'] }
    expect([...(tastePrior(all, FACTS) as Float32Array)]).toEqual([0, 0, 0, 0])
  })

  it('gives way to what the shopper does', () => {
    expect(priorWeight(0)).toBe(1)
    expect(priorWeight(6)).toBe(0.5)
    expect(priorWeight(54)).toBeCloseTo(0.1, 12)
  })
})
