/** Sizes and schedules of the network. What each choice is worth: `npm run bench -- ablation`. */

export interface Preset {
  width: number
  blocks: number
  heads: number
  window: number
  hidden: number
  /** Items that stand for the catalogue in a step; a catalogue of no more than this is used whole. */
  negatives: number
  /** Tokens in a batch. */
  batchTokens: number
  /** Of the first pass; each pass steps down half a cosine towards 0. */
  learningRate: number
  dropout: number
  idDropout: number
  epochs: number
}

const standard: Preset = {
  width: 64,
  blocks: 1,
  heads: 1,
  window: 50,
  hidden: 128,
  negatives: 1024,
  batchTokens: 2048,
  learningRate: 3e-3,
  dropout: 0.5,
  idDropout: 0.1,
  epochs: 40,
}

export const PRESETS = {
  /** For a first model in minutes on two cores. */
  tiny: {
    width: 64,
    blocks: 1,
    heads: 2,
    window: 32,
    hidden: 128,
    negatives: 512,
    batchTokens: 2048,
    learningRate: 3e-3,
    dropout: 0.1,
    idDropout: 0.1,
    epochs: 12,
  },
  /** For the benchmarks of order alone, and for a shop with an hour to spare: heavy dropout, many passes. */
  standard,
  /** With a night to spare: the same against every item of a catalogue of up to 20,000. */
  full: { ...standard, negatives: 20_000 },
  /** For histories of a hundred and more, such as MovieLens: all of it in sight, and far more to learn from than items. */
  long: {
    width: 64,
    blocks: 2,
    heads: 1,
    window: 200,
    hidden: 128,
    negatives: 1024,
    batchTokens: 2048,
    learningRate: 3e-3,
    dropout: 0.1,
    idDropout: 0.1,
    epochs: 20,
  },
} satisfies Record<string, Preset>
export const PRESET_NAMES = Object.keys(PRESETS) as (keyof typeof PRESETS)[]
