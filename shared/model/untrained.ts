/**
 * Parameters of what training never saw. A random vector that no step has moved says nothing and is as long as one that
 * does; a bias that was only ever pushed down says "unlikely" of an item that nobody was shown.
 *
 *     E_id of an item nobody wanted      what its likest items lend, else 0: its vector is its content
 *     bias of such an item               the mean of the others': neither popular nor shunned
 *     W of a column of such items alone  0: a category that nobody was in
 */
import type { ModelConfig, Params } from './params.ts'
import type { SparseMatrix } from './sparse.ts'

/** So much of another item's E_id. */
export interface Share {
  item: number
  share: number
}

/**
 * @param frequency (V) how often each item was in training; 0 where it never was
 * @param lenders of an item: trained items like it, by what the catalogue says of them
 */
export function settleUntrained(
  { items: V, width: d }: ModelConfig,
  params: Params,
  frequency: ArrayLike<number>,
  content?: SparseMatrix,
  lenders: (item: number) => readonly Share[] = () => [],
): Params {
  const id = Float32Array.from(params['item.id'].values)
  const bias = Float32Array.from(params['item.bias'].values)
  const trained = Array.from({ length: V }, (_, item) => frequency[item] > 0)
  const seen = trained.filter(Boolean).length
  if (seen === V || seen === 0) return params
  const mean = bias.reduce((sum, value, item) => sum + (trained[item] ? value : 0), 0) / seen
  for (let item = 0; item < V; item++) {
    if (trained[item]) continue
    id.set(lent(params['item.id'].values, d, lenders(item)), item * d)
    bias[item] = mean
  }
  const settled: Params = {
    ...params,
    'item.id': { shape: [V, d], values: id },
    'item.bias': { shape: [V], values: bias },
  }
  if (content) {
    const known = new Uint8Array(content.width)
    for (let item = 0; item < V; item++) {
      if (!trained[item]) continue
      for (const column of content.columns.subarray(content.starts[item], content.starts[item + 1])) known[column] = 1
    }
    const projection = Float32Array.from(params['item.content'].values)
    for (let c = 0; c < content.width; c++) if (!known[c]) projection.fill(0, c * d, (c + 1) * d)
    settled['item.content'] = { shape: [content.width, d], values: projection }
  }
  return settled
}

/** Σ share · E_id, (d). */
export function lent(id: Float32Array, d: number, lenders: readonly Share[]): Float32Array {
  const vector = new Float32Array(d)
  for (const { item, share } of lenders) for (let j = 0; j < d; j++) vector[j] += share * id[item * d + j]
  return vector
}
