/**
 * What each setting of federated learning is worth, on the shoppers on whom settings are chosen: one backbone, and the rounds by the
 * settings with one of them changed.
 *
 *     npm run bench -- federation --json
 */
import { ADAPTABLE } from '../../shared/model/adapter.ts'
import { LOCAL_TRAINING, type LocalTraining } from '../../shared/model/local-update.ts'
import { readyBackend } from '../../trainer/backend.ts'
import { loadHistories } from '../../trainer/datasets/load.ts'
import { pairedInterval } from '../../trainer/evaluate.ts'
import { openLab } from '../../trainer/federation/evaluate-federation.ts'
import { CENTRALISED, FEDERATION, type Federation } from '../../trainer/federation/learning.ts'
import { materialOf } from '../../trainer/federation/material.ts'
import { PRESETS } from '../../trainer/presets.ts'
import { recentPopularity } from '../../trainer/publish.ts'
import { train } from '../../trainer/train.ts'
import { besideRepository } from '../shared-data.ts'
import { type Row, rounded } from './row.ts'

const SEED = '1'

interface Settings {
  training?: Partial<LocalTraining>
  federation?: Partial<Federation>
}

const shared = (change: Partial<LocalTraining['shared']>) => ({ shared: { ...LOCAL_TRAINING.shared, ...change } })
const adam = FEDERATION.optimiser

const CHANGES: [name: string, settings: Settings][] = [
  ['as it is', {}],
  ['rank 4', { training: shared({ rank: 4 }) }],
  ['rank 16', { training: shared({ rank: 16 }) }],
  ['embeddings and norm alone', { training: shared({ matrices: [] }) }],
  ['without attention’s matrices', { training: shared({ matrices: ADAPTABLE.slice(2) }) }],
  ['4 steps of half the rate on the device', { training: { steps: 4, rate: 0.5 } }],
  ['32 tokens on the device', { training: { latest: 32 } }],
  ['a clip norm of 1', { federation: { clipNorm: 1 } }],
  ['8 rounds', { federation: { rounds: 8 } }],
  ['half the server’s rate', { federation: { optimiser: { ...adam, rate: adam.rate / 2 } } }],
  ['twice the server’s rate', { federation: { optimiser: { ...adam, rate: 2 * adam.rate } } }],
  ['server momentum', { federation: { optimiser: { kind: 'momentum', rate: 4, momentum: 0.9 } } }],
  ['averaging', { federation: { optimiser: { kind: 'average', rate: 1 } } }],
]

export async function bench(): Promise<Row[]> {
  await readyBackend('wasm')
  const data = besideRepository('data', 'uci-online-retail', 'online-retail.csv.gz')
  if (!data) {
    console.error('federation: skipped, Online Retail is not beside the repository')
    return []
  }
  const h = await loadHistories(data)
  const { ends } = materialOf(h, LOCAL_TRAINING)
  const { compiled } = await train(h, ends, [], { preset: PRESETS.tiny, seed: SEED })
  const rows: Row[] = []
  for (const [change, settings] of CHANGES) {
    const training = { ...LOCAL_TRAINING, ...settings.training }
    const material = materialOf(h, training)
    const questions = material.questions.tune
    const shopperOf = questions.flatMap(({ wishes }, n) => wishes.map(() => n))
    const lab = await openLab(compiled, material, questions, recentPopularity(h, ends), training)
    try {
      const frozen = await lab.ask(new Float64Array(lab.floats))
      const add = async (how: string, vector: Float64Array) => {
        const { ndcg, losses } = await lab.ask(vector)
        const gain = pairedInterval(ndcg, frozen.ndcg, shopperOf)
        rows.push({
          data: h.name,
          change,
          how,
          floats: lab.floats,
          gain_ndcg: rounded(gain.mean, 4),
          low: rounded(gain.low, 4),
          high: rounded(gain.high, 4),
          gain_nats: rounded(pairedInterval(frozen.losses, losses, shopperOf).mean, 4),
        })
        console.error(JSON.stringify(rows.at(-1)))
      }
      if (!settings.federation) await add('centralised', await lab.centrally(CENTRALISED, SEED))
      await add('federated', await lab.federated({ ...FEDERATION, ...settings.federation }, SEED))
    } finally {
      await lab.close()
    }
  }
  return rows
}
