import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type Collection, readCollection } from '../../trainer/search-collection.ts'
import { evaluateSearch, gradedNdcg } from '../../trainer/search-evaluation.ts'

describe('NDCG with grades', () => {
  it('is that of the definition', () => {
    // gains 7 at rank 1, 0 at 2 (unjudged), 1 at 3; ideal 7, 3, 1
    const ratings = new Map([
      [5, 3],
      [6, 2],
      [7, 1],
      [8, 0],
    ])
    const ideal = 7 + 3 / Math.log2(3) + 1 / 2
    expect(gradedNdcg([5, 99, 7], ratings)).toBeCloseTo((7 + 1 / 2) / ideal, 12)
    expect(gradedNdcg([5, 6, 7, 8], ratings)).toBe(1)
    expect(gradedNdcg([8, 99], ratings)).toBe(0)
    expect(gradedNdcg([5, 6], ratings, 1)).toBe(1)
    expect(gradedNdcg([5], new Map([[5, 0]]))).toBe(0)
  })
})

/** Forty kinds of thing, each with a name in titles and another that shoppers use for half of them. */
function collection(): Collection {
  const kinds = Array.from({ length: 40 }, (_, n) => ({
    title: `gadget${n}`,
    asked: n % 2 ? `gadget${n}` : `doodah${n}`,
  }))
  const products = kinds.flatMap(({ title }, kind) =>
    [0, 1, 2].map((n) => ({ item_id: `${kind}-${n}`, title: `${title} model ${n}`, category: [] })),
  )
  const queries = kinds.map(({ asked }, kind) => ({
    query: asked,
    ratings: new Map([0, 1, 2].map((n) => [kind * 3 + n, 3])),
  }))
  return {
    name: 'gadgets',
    products,
    queries: [...queries, { query: 'nothing right', ratings: new Map([[0, 0]]) }],
    unknownItems: 0,
  }
}

/** Knows each kind under both its names. */
function knowing(text: string): Float32Array {
  const vector = new Float32Array(40)
  const [, kind] = /(?:gadget|doodah)(\d+)/.exec(text) ?? []
  if (kind !== undefined) vector[Number(kind)] = 1
  return vector
}

describe('search, evaluated', () => {
  const options = { seed: 1, halvings: 3 }

  it('finds that meaning adds what words miss, with an interval above 0', () => {
    const found = evaluateSearch(collection(), { ...options, encoders: { knowing } })
    expect(found.queries).toBe(40)
    expect(found.leftOut).toEqual(['nothing right'])
    expect(found.systems.lexical['ndcg@10']).toBeCloseTo(0.5, 1)
    expect(found.systems['both: knowing']['ndcg@10']).toBeGreaterThan(0.95)
    const both = found.comparisons.find(({ a, b }) => a === 'both: knowing' && b === 'lexical')!
    expect(both.interval.low).toBeGreaterThan(0)
    expect(both.wins).toBe(20)
    expect(both.losses).toBe(0)
    expect(found.default).toBe('both: knowing')
  })

  it('finds that an encoder that knows nothing adds nothing, and leaves words alone', () => {
    const found = evaluateSearch(collection(), { ...options, encoders: { deaf: () => new Float32Array(4) } })
    expect(found.systems['both: deaf']['ndcg@10']).toBeCloseTo(found.systems.lexical['ndcg@10'], 2)
    expect(found.systems['semantic: deaf']['ndcg@10']).toBeLessThan(0.2)
    expect(found.default).toBe('lexical')
  })

  it('never lets a query’s own judgements choose the settings that it is measured with', () => {
    // One query differs: its judgements are of wrong items. No other query's figures may move by its choice alone
    // when it is in the tested half; the mean over halvings moves only through halves it tuned.
    const whole = collection()
    const single = evaluateSearch(
      { ...whole, queries: whole.queries.slice(0, 2) },
      { ...options, encoders: { knowing } },
    )
    // Query 0 ("doodah0") is always tuned on query 1 ("gadget1") alone, which words answer: nothing is to be gained there.
    expect(single.perQuery[0].ndcg.lexical).toBe(0)
    expect(single.perQuery[0].ndcg['both: knowing']).toBe(0)
    expect(single.perQuery[1].ndcg['both: knowing']).toBe(1)
  })
})

describe('a collection on disk', () => {
  const PRODUCTS = ['a', 'b'].map((id) => JSON.stringify({ id, title: `thing ${id}` })).join('\n')
  const folderOf = (files: Record<string, string>) => {
    const folder = mkdtempSync(join(tmpdir(), 'collection-'))
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
    return folder
  }
  const read = (rated: string) => readCollection(folderOf({ 'products.jsonl': PRODUCTS, 'rated.csv': rated }))

  it('is read, and counts judgements of items that are not there', async () => {
    const found = await read('query,docid,rating\n"red, thing",b,3\n"red, thing",a,0\nblue,zzz,1\nblue,a,2\n')
    expect(found.products.map(({ title }) => title)).toEqual(['thing a', 'thing b'])
    expect(found.queries.map(({ query, ratings }) => [query, [...ratings]])).toEqual([
      [
        'red, thing',
        [
          [1, 3],
          [0, 0],
        ],
      ],
      ['blue', [[0, 2]]],
    ])
    expect(found.unknownItems).toBe(1)
  })

  it.each([
    ['a rating beyond the scale', 'query,docid,rating\nred,a,4\n', /line 2: rating "4" is not 0 … 3/],
    ['an empty rating', 'query,docid,rating\nred,a,\n', /line 2: rating "" is not/],
    ['other columns', 'q,item,grade\nred,a,1\n', /its columns are q, item, grade/],
    ['a short row', 'query,docid,rating\nred,a\n', /line 2: the row has not/],
    ['judgements of another catalogue', 'query,docid,rating\nred,x,1\n', /judges no item of the catalogue/],
  ])('with %s is refused by line', async (_, rated, message) => {
    await expect(read(rated)).rejects.toThrow(message)
  })

  it('without judgements, or without a folder, is refused', async () => {
    await expect(readCollection(folderOf({ 'products.jsonl': PRODUCTS }))).rejects.toThrow(/no judgements/)
    await expect(readCollection('/nowhere/at-all')).rejects.toThrow(/no such folder/)
  })
})
