/** `vitrine privacy`: what rounds among so many shoppers would give, and what may be said of it. */
import { defineCommand } from 'citty'
import {
  cohortOf,
  type Epoch,
  type NoiseWanted,
  planRounds,
  type Release,
  USUAL_MIN_BATCH,
} from '../../shared/federated/accounting/plan.ts'
import { type UpdateShape, updateParameters } from '../../shared/federated/model-update.ts'
import { shareBytes } from '../../shared/federated/pine/parameters.ts'
import { LEAST_MIN_BATCH } from '../../shared/federated/policy.ts'
import { reportBytes } from '../../shared/federated/report.ts'
import { MAX_DIMENSION } from '../../shared/tlog/entry.ts'
import { numberBetween, oneOf, wholeNumber } from '../flags.ts'
import { CAVEATS, renderPlan } from '../privacy-plan.ts'
import { UserError } from '../user-error.ts'

/** As tasks on record name them, and the flags that each has. */
const KINDS = { pine: ['d', 'clip'], count: [], histogram: [], multihot: ['weight'], sum: ['d', 'max'] } as const
type Kind = keyof typeof KINDS
const KIND_NAMES = Object.keys(KINDS) as Kind[]

const FRACTION_BITS = 16
const USUAL_DIMENSION = 16_384
/** From one unit of 16 fraction bits to the longest that Field64 can prove: 3B² + 2 < p. */
const CLIPS: [number, number] = [2 ** -FRACTION_BITS, 2 ** 15]
/** Training is expected to bear a tenth of the clip norm, which is to be measured; a count is read to the hundredth. */
const USUAL_RATIO = { update: 0.1, number: 0.01 }
const RATIOS: [number, number] = [1e-4, 10]
const NOISE_MULTIPLIERS: [number, number] = [1e-3, 1e6]
const MOST_SHOPPERS = 1e10
const MOST_ROUNDS = 1e6
/** To which the accountant goes for the figure that is no claim. */
const LEAST_DELTA = 1e-30

export default defineCommand({
  meta: {
    name: 'privacy',
    description: `Plan rounds: reports, noise, ε, and what may be claimed.
Shoppers are not the cohort: with each in K of T rounds, a round has shoppers × K / T reports. The noise is --z, or as
much as --ratio bears. ε is of one shopper and all T rounds, with the noise of one honest aggregator.

Examples:
  vitrine privacy --shoppers 100000 --rounds 200 --k 10 --dropout 0.2
  vitrine privacy --shoppers 100000 --rounds 10 --k 10 --d 50000 --z 7 --json
  vitrine privacy --shoppers 20000 --rounds 4 --k 4 --kind multihot --weight 3`,
  },
  args: {
    shoppers: { type: 'string', required: true, valueHint: 'N', description: 'How many contribute' },
    rounds: { type: 'string', required: true, valueHint: 'T', description: 'In an epoch' },
    k: { type: 'string', required: true, valueHint: 'K', description: 'Of them, how many a shopper is in, at most' },
    dropout: { type: 'string', default: '0', valueHint: 'P', description: 'Share of the reports that never arrive' },
    kind: {
      type: 'string',
      default: 'pine',
      valueHint: KIND_NAMES.join('|'),
      description: 'An update of the model, or counts and sums',
    },
    d: {
      type: 'string',
      valueHint: 'D',
      description: `Length of an update, ${USUAL_DIMENSION} if not said; or how many sums, else 1`,
    },
    clip: { type: 'string', valueHint: 'S', description: 'Norm of the longest update, 1 if not said' },
    weight: { type: 'string', valueHint: 'W', description: 'Of multihot: how many a report marks, at most' },
    max: { type: 'string', valueHint: 'M', description: 'Of sum: the largest number in a report' },
    z: { type: 'string', valueHint: 'Z', description: 'Noise multiplier of each aggregator' },
    ratio: {
      type: 'string',
      valueHint: 'R',
      description:
        `Noise in a round's mean, as a share of the clip norm (${USUAL_RATIO.update} if not said) ` +
        `or of the largest number (${USUAL_RATIO.number})`,
    },
    'min-batch': {
      type: 'string',
      default: String(USUAL_MIN_BATCH),
      valueHint: 'M',
      description: 'Reports below which a round releases nothing',
    },
    delta: { type: 'string', default: '1e-7', valueHint: 'DELTA', description: 'δ, well below 1 / shoppers' },
    json: { type: 'boolean', default: false, description: 'Print all numbers as one JSON document' },
  },
  run({ args }) {
    const kind = oneOf('--kind', KIND_NAMES, args.kind)
    refuseOthers(kind, args)
    const epoch = epochOf(args)
    const { release, update } = taskOf(kind, args)
    const minBatch = minBatchOf(args['min-batch'])
    const delta = deltaOf(args.delta, epoch.shoppers)
    const settings = { ...epoch, minBatch, delta, measurement: release.measurement, ...update }
    const plan = planRounds(epoch, release, noiseOf(kind, args), minBatch, delta)
    const cost = update ? { reportBytes: reportBytes(shareBytes(updateParameters(update))) } : {}
    const stated = { ...settings, ...plan, ...cost }
    console.log(args.json ? JSON.stringify({ ...stated, caveats: CAVEATS }) : renderPlan(stated))
  },
})

type Flags = { shoppers: string; rounds: string; k: string; dropout: string } & {
  [flag in 'd' | 'clip' | 'weight' | 'max' | 'z' | 'ratio']?: string
}

/** A flag that would make no difference was meant to make one. */
function refuseOthers(kind: Kind, args: Flags): void {
  const own: readonly string[] = KINDS[kind]
  for (const flag of ['d', 'clip', 'weight', 'max'] as const) {
    if (args[flag] === undefined || own.includes(flag)) continue
    const kinds = KIND_NAMES.filter((name) => (KINDS[name] as readonly string[]).includes(flag))
    throw new UserError(
      `--${flag} ${args[flag]}: says nothing of --kind ${kind}`,
      `it is of --kind ${kinds.join(' and ')}`,
    )
  }
}

function epochOf({ shoppers, rounds, k, dropout }: Flags): Epoch {
  const epoch = {
    shoppers: wholeNumber('--shoppers', shoppers, 100_000),
    rounds: wholeNumber('--rounds', rounds, 10),
    participations: wholeNumber('--k', k, 10),
    dropout: Number(dropout),
  }
  if (epoch.shoppers > MOST_SHOPPERS) throw new UserError(`--shoppers ${shoppers}: more than there are`, 'count again')
  if (epoch.rounds > MOST_ROUNDS) throw new UserError(`--rounds ${rounds}: more than a million`, 'plan a shorter epoch')
  if (epoch.participations > epoch.rounds) {
    throw new UserError(`--k ${k}: more rounds than --rounds ${rounds}`, `try --k ${rounds}, which is every round`)
  }
  if (!(epoch.dropout >= 0 && epoch.dropout < 1)) {
    throw new UserError(`--dropout ${dropout}: not a share from 0 to below 1`, 'try --dropout 0.2')
  }
  if (cohortOf(epoch) < 1) {
    throw new UserError(
      `--rounds ${rounds}: less than one report a round, of ${shoppers} shoppers`,
      `plan few rounds: --rounds ${k} has the most reports`,
    )
  }
  return epoch
}

function taskOf(kind: Kind, flags: Flags): { release: Release; update?: UpdateShape } {
  switch (kind) {
    case 'pine': {
      const update = updateShape(flags)
      const { dimension, normBound } = updateParameters(update)
      return { release: { measurement: { kind, normBound }, dimension }, update }
    }
    case 'count':
    case 'histogram':
      return { release: { measurement: { kind }, dimension: 1 } }
    case 'multihot': {
      const maxWeight = wholeNumber('--weight', needed(kind, '--weight', flags.weight), 3)
      return { release: { measurement: { kind: 'multihotCountVec', maxWeight }, dimension: 1 } }
    }
    case 'sum': {
      const length = wholeNumber('--d', flags.d ?? '1', 1)
      const max = wholeNumber('--max', needed(kind, '--max', flags.max), 100)
      return { release: { measurement: { kind: 'sumVec', length, max }, dimension: 1 } }
    }
  }
}

function updateShape({ d = String(USUAL_DIMENSION), clip = '1' }: Flags): UpdateShape {
  const dimension = wholeNumber('--d', d, USUAL_DIMENSION)
  if (dimension > MAX_DIMENSION) {
    throw new UserError(`--d ${d}: an update has ${MAX_DIMENSION} numbers at most`, `try --d ${USUAL_DIMENSION}`)
  }
  const clipNorm = numberBetween('--clip', clip, CLIPS, 1)
  const units = clipNorm * 2 ** FRACTION_BITS
  if (!Number.isInteger(units)) {
    const near = Math.max(1, Math.round(units)) / 2 ** FRACTION_BITS
    throw new UserError(`--clip ${clip}: has more than ${FRACTION_BITS} fraction bits`, `try --clip ${near}`)
  }
  return { dimension, clipNorm, fractionBits: FRACTION_BITS }
}

function needed(kind: Kind, flag: string, value: string | undefined): string {
  if (value !== undefined) return value
  throw new UserError(`--kind ${kind}: needs ${flag}`, 'vitrine privacy --help says what it is')
}

function noiseOf(kind: Kind, { z, ratio }: Flags): NoiseWanted {
  if (z !== undefined && ratio !== undefined) {
    throw new UserError(`--z ${z} and --ratio ${ratio}: each follows from the other`, 'leave one of them out')
  }
  if (z !== undefined) return { noiseMultiplier: numberBetween('--z', z, NOISE_MULTIPLIERS, 7) }
  const usual = kind === 'pine' ? USUAL_RATIO.update : USUAL_RATIO.number
  return { ratio: numberBetween('--ratio', ratio ?? String(usual), RATIOS, usual) }
}

function minBatchOf(text: string): number {
  const minBatch = wholeNumber('--min-batch', text, USUAL_MIN_BATCH)
  if (minBatch >= LEAST_MIN_BATCH) return minBatch
  throw new UserError(
    `--min-batch ${text}: browsers contribute to no batch of fewer than ${LEAST_MIN_BATCH}`,
    `try --min-batch ${USUAL_MIN_BATCH}`,
  )
}

/** At 1 / shoppers, to publish one shopper as they are would be private. */
function deltaOf(text: string, shoppers: number): number {
  const delta = Number(text)
  if (delta >= LEAST_DELTA && delta < 1 / shoppers) return delta
  throw new UserError(
    `--delta ${text}: not from ${LEAST_DELTA} to below 1 / shoppers, ${1 / shoppers}`,
    `try --delta ${10 ** -Math.max(7, Math.ceil(Math.log10(shoppers)) + 1)}`,
  )
}
