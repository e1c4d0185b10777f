/** The models of the literature's families by the name they have in `--models`, trained and ready to be asked. */

import type { Scorer } from '../baselines.ts'
import { itemSequences } from '../batches.ts'
import type { Histories } from '../datasets/histories.ts'
import type { Split } from '../protocol.ts'
import type { Query } from '../queries.ts'
import type { TrainOptions } from '../train.ts'
import { CASER_SETTINGS, caser } from './caser.ts'
import { easeScorer } from './ease.ts'
import { GRU_SETTINGS, gru } from './gru.ts'
import { itemKnnScorer } from './item-knn.ts'
import { markovScorer } from './markov.ts'
import { factorisationScorer } from './matrix-factorisation.ts'
import { type Ranker, type SequenceEncoder, type SequenceSettings, trainSequenceNetwork } from './sequence-network.ts'

/** Those whose result depends on the seed. */
const SEEDED_FAMILIES = ['mf', 'gru', 'cnn'] as const
export const FAMILY_NAMES = ['markov', 'item-knn', 'autoencoder', ...SEEDED_FAMILIES] as const
export type FamilyName = (typeof FAMILY_NAMES)[number]

export interface FamilyOptions extends Omit<TrainOptions, 'preset' | 'seed'> {
  seeds: readonly string[]
}

/**
 * @returns for each name a ranker a seed, or a single one where there is nothing random
 */
export async function trainFamilies(
  h: Histories,
  split: Split,
  tuning: readonly Query[],
  names: readonly FamilyName[],
  { seeds, ...options }: FamilyOptions,
): Promise<Map<FamilyName, Ranker[]>> {
  const rankers = new Map<FamilyName, Ranker[]>()
  for (const name of names) {
    const ofSeeds: Ranker[] = []
    for (const seed of isSeeded(name) ? seeds : seeds.slice(0, 1)) {
      ofSeeds.push(await trainFamily(h, split, tuning, name, { ...options, seed }))
    }
    rankers.set(name, ofSeeds)
  }
  return rankers
}

async function trainFamily(
  h: Histories,
  split: Split,
  tuning: readonly Query[],
  name: FamilyName,
  options: Omit<TrainOptions, 'preset'>,
): Promise<Ranker> {
  const V = h.items.length
  const always = (scorer: Scorer) => () => scorer
  const sequences = itemSequences(h, split.refit ?? split.train)
  switch (name) {
    case 'markov':
      return always(markovScorer(sequences, V))
    case 'item-knn':
      return always(itemKnnScorer(sequences, V))
    case 'autoencoder':
      return always(await easeScorer(sequences, V))
    case 'mf':
      return always(factorisationScorer(sequences, V, options.seed))
    case 'gru':
      return trainSequence(h, split, tuning, gru, GRU_SETTINGS, options)
    case 'cnn':
      return trainSequence(h, split, tuning, caser, CASER_SETTINGS, options)
  }
}

export const isFamily = (name: string): name is FamilyName => FAMILY_NAMES.some((family) => family === name)
const isSeeded = (name: FamilyName) => SEEDED_FAMILIES.some((family) => family === name)

/** Where there is a refit, as many passes again over all of it: nothing is left to stop by. */
async function trainSequence(
  h: Histories,
  { train, refit }: Split,
  tuning: readonly Query[],
  encoder: SequenceEncoder,
  settings: SequenceSettings,
  options: Omit<TrainOptions, 'preset'>,
): Promise<Ranker> {
  const { ranker, epoch } = await trainSequenceNetwork(h, train, tuning, encoder, settings, options)
  if (!refit) return ranker
  const again = { ...settings, epochs: epoch, patience: epoch }
  return (await trainSequenceNetwork(h, refit, tuning, encoder, again, options)).ranker
}
