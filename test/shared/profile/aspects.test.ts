import { describe, expect, it } from 'vitest'
import { aspectsOf, clausesOf } from '../../../shared/profile/aspects.ts'
import { ASPECT_CLAUSES } from './aspect-clauses.ts'

const clauses = (text: string) => clausesOf(text).map(({ start, end }) => text.slice(start, end))

describe('clauses', () => {
  it.each([
    ['Lovely colour, but the fabric is thin.', ['Lovely colour', 'but the fabric is thin']],
    ['Soft fabric but it runs small', ['Soft fabric', 'but it runs small']],
    ['I paid $19.99, size 5.5: fits', ['I paid $19.99', 'size 5.5', 'fits']],
    ['Colour, fit and price are right', ['Colour, fit and price are right']],
    ['质量、做工都很好，就是有点贵', ['质量、做工都很好', '就是有点贵']],
    ['质量不错 物流很快', ['质量不错', '物流很快']],
    ['面料舒服但是偏大', ['面料舒服', '但是偏大']],
    ['不但便宜而且好看', ['不但便宜而且好看']],
    ['  \n ... !!', []],
    ['', []],
    ['😀好看😀，𠮷', ['😀好看😀', '𠮷']],
  ])('of %j', (text, expected) => {
    expect(clauses(text)).toEqual(expected)
  })
})

describe('aspects', () => {
  it('are named by whole words in English', () => {
    expect(aspectsOf('a benefit of thinking')).toEqual([])
    expect(aspectsOf('Thin, FITS well')).toEqual(['quality', 'fit'])
  })

  it('of sixty clauses are found exactly in 57', () => {
    const missed = ASPECT_CLAUSES.filter(
      ([text, aspects]) => aspectsOf(text).join() !== [...aspects].sort(inOrder).join(),
    )
    expect(missed.map(([text]) => text)).toEqual([
      'the fabric feels cheap and scratchy', // "cheap" is a price too
      'great quality and beautifully made', // "beautifully" is a look too
      '色差太大', // "太大" is a size too
    ])
    expect(ASPECT_CLAUSES).toHaveLength(60)
  })
})

const ORDER = ['quality', 'fit', 'price', 'delivery', 'service', 'looks', 'performance']
const inOrder = (a: string, b: string) => ORDER.indexOf(a) - ORDER.indexOf(b)
