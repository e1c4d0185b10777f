/** Figures measured elsewhere on the same files, leave-one-out, all items ranked: TARGETS C. Minutes each. */
import { describe, expect, it } from 'vitest'
import type { FamilyName } from '../../../trainer/baselines/families.ts'
import { loadHistories } from '../../../trainer/datasets/load.ts'
import { evaluateModels } from '../../../trainer/evaluation.ts'
import { PRESETS } from '../../../trainer/presets.ts'
import { besideRepository } from '../../shared-data.ts'

const BEAUTY = ['amazon-2014-5core', 'Beauty.txt.gz']
const ML_1M = ['ml-1m', 'ml-1m.sas-sequences.txt.gz']

describe('on published files', () => {
  const measured: [FamilyName, string[], number, number, number][] = [
    ['item-knn', BEAUTY, 0.0642, 0.0385, 0.0005],
    ['item-knn', ML_1M, 0.1601, 0.088, 0.0005],
    // λ = 50 in both.
    ['autoencoder', BEAUTY, 0.0778, 0.0453, 0.0015],
  ]
  it.for(measured)('%s on %s: HR@10 %d, NDCG@10 %d within %d', async ([name, path, hr, ndcg, tolerance], { skip }) => {
    const file = besideRepository('data', ...path)
    if (!file) return skip('not beside the repository')
    if (!process.env.VITRINE_SOAK) return skip('one of the longer ones: npm run soak')
    const options = { protocol: 'leave-one-out', models: [name], preset: PRESETS.tiny, seeds: ['1'] } as const
    const { models } = await evaluateModels(await loadHistories(file), options)
    expect(Math.abs((models[name]?.['hr@10'] ?? 0) - hr)).toBeLessThanOrEqual(tolerance)
    expect(Math.abs((models[name]?.['ndcg@10'] ?? 0) - ndcg)).toBeLessThanOrEqual(tolerance)
  })
})
