/**
 * What each setting of learning on the device is worth, on the shoppers on whom settings are chosen: one network of
 * everyone's history, and each shopper's adapter by the settings with one of them changed.
 *
 *     npm run bench -- learning --json
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ADAPTABLE } from '../../shared/model/adapter.ts'
import { PERSONAL_LEARNING, type PersonalLearning } from '../../shared/model/personal-gate.ts'
import { readyBackend } from '../../trainer/backend.ts'
import { endsBefore } from '../../trainer/batches.ts'
import type { Histories } from '../../trainer/datasets/histories.ts'
import { loadHistories } from '../../trainer/datasets/load.ts'
import { evaluateLearning } from '../../trainer/learning/evaluate-learning.ts'
import type { Group } from '../../trainer/learning/report.ts'
import { PRESETS } from '../../trainer/presets.ts'
import { readDrifts } from '../../trainer/profile/truth.ts'
import { datesOf } from '../../trainer/protocol.ts'
import { sampleQueries, visitQueries, withoutSeen } from '../../trainer/queries.ts'
import { generateSample } from '../../trainer/sample/sample.ts'
import { train } from '../../trainer/train.ts'
import { TUNING_QUERIES } from '../../trainer/train-run.ts'
import { besideRepository } from '../shared-data.ts'
import { type Row, rounded } from './row.ts'

const SEED = '1'
const SHOPPERS = 300

const CHANGES: [name: string, settings: Partial<PersonalLearning>][] = [
  ['as it is', {}],
  ['all of it may be used', { shares: [1 / 4, 1 / 2, 1] }],
  ['a quarter of it at most', { shares: [1 / 4] }],
  ['any gain is enough', { noise: 0 }],
  ['a gain of 1 standard error', { noise: 1 }],
  ['256 negatives', { negatives: 256 }],
  ['10 steps', { steps: 10 }],
  ['a rate of .03', { shiftRate: 3e-2 }],
  ['a hundred times the decay', { decay: 0.1 }],
  ['low-rank changes too, r = 2', { adapter: { rank: 2, matrices: ADAPTABLE } }],
  ['r = 4, thrice their rate', { adapter: { rank: 4, matrices: ADAPTABLE }, lowRankRate: 3e-3 }],
]

export async function bench(): Promise<Row[]> {
  await readyBackend('wasm')
  const folder = mkdtempSync(join(tmpdir(), 'vitrine-bench-learning-'))
  try {
    await generateSample({ out: folder })
    const rows = await measure(await loadHistories(folder), await readDrifts(folder))
    const retail = besideRepository('data', 'uci-online-retail', 'online-retail.csv.gz')
    if (!retail) console.error('learning: Online Retail skipped, it is not beside the repository')
    return retail ? [...rows, ...(await measure(await loadHistories(retail)))] : rows
  } finally {
    rmSync(folder, { recursive: true })
  }
}

async function measure(h: Histories, drifts?: ReadonlyMap<string, number>): Promise<Row[]> {
  const { validation, test } = datesOf(h)
  const visits = withoutSeen(visitQueries(h, validation, test, 'during'))
  const queries = sampleQueries(visits, TUNING_QUERIES, 'tuning')
  const { compiled } = await train(h, endsBefore(h, validation), queries, { preset: PRESETS.tiny, seed: SEED })
  const rows: Row[] = []
  for (const [change, settings] of CHANGES) {
    const { acceptance, all, drifting } = await evaluateLearning(h, {
      seeds: [SEED],
      part: 'tune',
      preset: PRESETS.tiny,
      settings: { ...PERSONAL_LEARNING, ...settings },
      network: compiled,
      maxShoppers: SHOPPERS,
      ...(drifts ? { drifts } : {}),
    })
    const groups: [string, Group | undefined][] = [
      ['all', all],
      ['drifting', drifting],
    ]
    for (const [group, found] of groups) {
      if (!found) continue
      const { nats, harmed } = found.arms.gated
      rows.push({
        data: h.name,
        change,
        group,
        shoppers: found.shoppers,
        accepted: rounded(acceptance, 2),
        gain_nats: rounded(nats.mean, 4),
        low: rounded(nats.low, 4),
        high: rounded(nats.high, 4),
        harmed: rounded(harmed, 3),
      })
      console.error(JSON.stringify(rows.at(-1)))
    }
  }
  return rows
}
