import { expect, it } from 'vitest'
import { compile } from '../../../shared/model/compile.ts'
import { initParams, type ModelConfig } from '../../../shared/model/params.ts'
import { rowsOf } from '../../../shared/model/quantise.ts'
import { sparseOf } from '../../../shared/model/sparse.ts'
import { settleUntrained } from '../../../shared/model/untrained.ts'

const CONFIG: ModelConfig = {
  items: 4,
  contentWidth: 3,
  width: 6,
  blocks: 1,
  heads: 2,
  window: 4,
  hidden: 5,
}
/** Item 3 was never a target; it alone has column 2. */
const FREQUENCY = [3, 1, 7, 0]
const CONTENT = sparseOf(3, Float32Array.of(1, 0, 0, 0.3, 1, 0, 0, 1, 0, 0.5, 0, 1))

function trained() {
  const params = initParams(CONFIG, 'untrained')
  params['item.bias'].values.set([0.3, -0.6, 0.9, -5])
  return params
}

it('ships an item that nobody wanted as what its content is known to mean, with the mean bias of the others', () => {
  const params = trained()
  const settled = settleUntrained(CONFIG, params, FREQUENCY, CONTENT)
  const { table, bias } = compile(CONFIG, settled, CONTENT)
  const W = params['item.content'].values
  const row = rowsOf(table).subarray(3 * 6)
  row.forEach((value, j) => {
    expect(value).toBeCloseTo(0.5 * W[j], 3)
  })
  expect(bias[3]).toBeCloseTo(0.2, 6)
})

it('leaves everything else, and what it was given, as it was', () => {
  const params = trained()
  const settled = settleUntrained(CONFIG, params, FREQUENCY, CONTENT)
  expect(params).toEqual(trained())
  for (const [name, { values }] of Object.entries(settled)) {
    const changed = { 'item.id': [18, 24], 'item.bias': [3, 4], 'item.content': [12, 18] }[name] ?? [0, 0]
    values.forEach((value, at) => {
      if (at < changed[0] || at >= changed[1]) expect(value).toBe(params[name].values[at])
    })
  }
  expect(settleUntrained(CONFIG, params, [1, 1, 1, 1], CONTENT)).toBe(params)
})

it('lends it the id vectors of the items that are like it, in their shares', () => {
  const params = trained()
  const lenders = () => [
    { item: 0, share: 0.3 },
    { item: 2, share: 0.7 },
  ]
  const id = settleUntrained(CONFIG, params, FREQUENCY, CONTENT, lenders)['item.id'].values
  const before = params['item.id'].values
  for (let j = 0; j < 6; j++) expect(id[18 + j]).toBeCloseTo(0.3 * before[j] + 0.7 * before[12 + j], 6)
  expect(id.subarray(0, 18)).toEqual(before.subarray(0, 18))
})
