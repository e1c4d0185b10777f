/** What the item vectors' format costs: one network, ranked from float32, int8 and int4 tables, on the same queries. */
import { encodeArrays } from '../shared/model/arrays.ts'
import { decodeModel, encodeEncoder, encodeVectors } from '../shared/model/chunks.ts'
import { foldItems } from '../shared/model/compile.ts'
import type { AnyModel } from '../shared/model/infer.ts'
import type { Histories } from './datasets/histories.ts'
import { askAll, type Interval, meansOf, networkScorer, pairedInterval, type QueryMetrics } from './evaluate.ts'
import type { Query } from './queries.ts'
import type { Trained } from './train.ts'
import { brotliBytes } from './wire-size.ts'

export const TABLE_NAMES = ['float32', 'int8', 'int4'] as const
export type TableName = (typeof TABLE_NAMES)[number]

/** What is asked of a trained network here. */
export type Network = Pick<Trained, 'config' | 'params' | 'content' | 'compiled'>

export interface TableReport {
  table: TableName
  /** Length of the lists. */
  k: number
  hr: number
  ndcg: number
  /** Of the item vectors' chunk, brotli. */
  bytes: number
  /** Share of float32's list that is in this one's. */
  overlap: number
  /** This table's less float32's, paired. */
  hr_change: Interval
  ndcg_change: Interval
}

/**
 * float32 is the network as it was trained. int8 and int4 are what a browser has: through the bundle's chunks, with the
 * blocks' matrices in int8 too.
 * @param seeds networks of which all measures are means
 */
export async function measureTables(
  h: Histories,
  queries: readonly Query[],
  seeds: readonly Network[],
  tables: readonly TableName[],
  k: number,
): Promise<TableReport[]> {
  const asked = (table: TableName) =>
    seeds.map((trained) => askAll(networkScorer(modelWith(table, trained), h.queries), queries, h.items.length, k))
  const exact = asked('float32')
  const shoppers = queries.map(({ shopper }) => shopper)
  return Promise.all(
    tables.map(async (table) => {
      const found = table === 'float32' ? exact : asked(table)
      const change = (metric: 'hr' | 'ndcg') =>
        pairedInterval(meanOfSeeds(found, metric), meanOfSeeds(exact, metric), shoppers)
      const means = found.map(meansOf)
      return {
        table,
        k,
        hr: average(means.map(({ hr }) => hr)),
        ndcg: average(means.map(({ ndcg }) => ndcg)),
        bytes: Math.round(
          average(await Promise.all(seeds.map((trained) => brotliBytes(vectorsChunk(table, trained))))),
        ),
        overlap: average(found.map(({ lists }, seed) => overlap(lists, exact[seed].lists, k))),
        hr_change: change('hr'),
        ndcg_change: change('ndcg'),
      }
    }),
  )
}

function modelWith(table: TableName, trained: Network): AnyModel {
  const { compiled } = trained
  if (table !== 'float32') return decodeModel(vectorsChunk(table, trained), encodeEncoder(compiled))
  const { values, scales } = floatTable(trained)
  return { ...compiled, table: { width: compiled.config.width, values, scales } }
}

function vectorsChunk(table: TableName, trained: Network): Uint8Array {
  if (table !== 'float32') return encodeVectors(trained.compiled, table)
  const { bias, config } = trained.compiled
  return encodeArrays({ meta: { width: config.width }, arrays: { values: floatTable(trained).values, bias } })
}

function floatTable({ config, params, content }: Network) {
  return { values: foldItems(config, params, content), scales: new Float32Array(config.items).fill(1) }
}

const average = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length

function meanOfSeeds(seeds: readonly QueryMetrics[], metric: 'hr' | 'ndcg'): Float64Array {
  return seeds[0][metric].map((_, at) => average(seeds.map((found) => found[metric][at])))
}

function overlap(lists: readonly number[][], others: readonly number[][], k: number): number {
  return average(lists.map((list, at) => list.filter((item) => others[at].includes(item)).length / k))
}
