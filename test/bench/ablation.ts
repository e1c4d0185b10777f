/**
 * What each part of the network is worth: the same training without it, or with another size, asked on validation.
 *
 *     npm run bench -- ablation --json
 *
 * Beauty (leave-one-out) for what works on order alone; Online Retail (time split) for what reads times, actions and
 * content. Rows have the mean of SEEDS and the paired difference to the preset with its interval.
 */
import { VIEW } from '../../shared/data/sequence.ts'
import type { Histories } from '../../trainer/datasets/histories.ts'
import { loadHistories } from '../../trainer/datasets/load.ts'
import { pairedInterval, type QueryMetrics } from '../../trainer/evaluate.ts'
import { PRESETS, type Preset } from '../../trainer/presets.ts'
import { split } from '../../trainer/protocol.ts'
import { type Query, sampleQueries } from '../../trainer/queries.ts'
import { train } from '../../trainer/train.ts'
import { besideRepository } from '../shared-data.ts'
import { type Row, rounded } from './row.ts'

const SEEDS = ['1', '2', '3']
const QUERIES = 4000

interface Change {
  name: string
  preset?: Partial<Preset>
  without?: string[]
  histories?: (h: Histories) => Histories
}

const ON_ORDER: Change[] = [
  { name: 'preset' },
  { name: 'no positions', without: ['.distance'] },
  { name: 'window 10', preset: { window: 10 } },
  { name: '2 heads', preset: { heads: 2 } },
  { name: '2 blocks', preset: { blocks: 2 } },
  { name: 'no attention', without: ['.out'] },
  { name: 'no feed-forward', without: ['.down'] },
  { name: 'feed-forward of 256', preset: { hidden: 256 } },
  { name: 'dropout .2', preset: { dropout: 0.2 } },
  { name: '256 negatives', preset: { negatives: 256 } },
  { name: 'full softmax', preset: { negatives: Number.MAX_SAFE_INTEGER } },
]

const ON_CONTENT: Change[] = [
  { name: 'preset' },
  { name: 'no time gaps', without: ['token.gap'] },
  { name: 'no actions', histories: (h) => ({ ...h, action: h.action.map(() => VIEW) }) },
  { name: 'no id-dropout', preset: { idDropout: 0 } },
  { name: 'id-dropout .3', preset: { idDropout: 0.3 } },
  { name: 'no content', without: ['item.content'] },
]

export async function bench(): Promise<Row[]> {
  return [
    ...(await measure('amazon-2014-5core/Beauty.txt.gz', 'leave-one-out', 'standard', ON_ORDER)),
    ...(await measure('uci-online-retail/online-retail.csv.gz', 'time-split', 'tiny', ON_CONTENT)),
  ]
}

async function measure(
  file: string,
  protocol: 'leave-one-out' | 'time-split',
  preset: keyof typeof PRESETS,
  changes: Change[],
): Promise<Row[]> {
  const path = besideRepository('data', ...file.split('/'))
  if (!path) {
    console.error(`ablation: skipped, data/${file} is not beside the repository`)
    return []
  }
  const original = await loadHistories(path)
  const rows: Row[] = []
  let base: Asked | undefined
  for (const change of changes) {
    const h = change.histories?.(original) ?? original
    const found = split(h, protocol)
    const validation = sampleQueries(found.validation, QUERIES, 'ablation')
    const asked = await overSeeds(h, found.train, validation, { ...PRESETS[preset], ...change.preset }, change.without)
    base ??= asked
    const { mean, low, high } = pairedInterval(asked.ndcg, base.ndcg, asked.shoppers)
    const average = asked.ndcg.reduce((sum, value) => sum + value, 0) / asked.ndcg.length
    rows.push({
      data: original.name,
      preset,
      change: change.name,
      seeds: SEEDS.join(','),
      validation_ndcg: rounded(average, 4),
      difference: rounded(mean, 4),
      low: rounded(low, 4),
      high: rounded(high, 4),
      seconds: rounded(asked.seconds, 0),
    })
    console.error(JSON.stringify(rows.at(-1)))
  }
  return rows
}

interface Asked {
  ndcg: Float64Array
  shoppers: number[]
  /** Of training, for each seed. */
  seconds: number
}

async function overSeeds(
  h: Histories,
  ends: Uint32Array,
  validation: Query[],
  preset: Preset,
  without?: string[],
): Promise<Asked> {
  const results: QueryMetrics[] = []
  let [shoppers, seconds]: [number[], number] = [[], 0]
  for (const seed of SEEDS) {
    const { validated, epochs } = await train(h, ends, validation, { preset, seed, without })
    results.push(validated.metrics)
    shoppers = validated.asked.map((query) => query.shopper)
    seconds += (epochs.at(-1)?.seconds ?? 0) / SEEDS.length
  }
  const ndcg = results[0].ndcg.map((_, at) => results.reduce((sum, result) => sum + result.ndcg[at], 0) / SEEDS.length)
  return { ndcg, shoppers, seconds }
}
