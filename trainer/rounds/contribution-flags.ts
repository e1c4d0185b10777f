/** What a shop's tag lets browsers contribute to, as `vitrine publish` is told. */
import {
  type ContributionPolicy,
  DEFAULT_TERMS,
  LEAST_MIN_BATCH,
  type PinnedAggregator,
} from '../../shared/federated/policy.ts'
import { numberBetween, wholeNumber } from '../flags.ts'
import type { PolicyTerms } from '../publish.ts'
import { UserError } from '../user-error.ts'

export const CONTRIBUTION_FLAGS = {
  leader: {
    type: 'string',
    valueHint: 'URL',
    description: 'With --helper: aggregators that browsers may contribute to; "none" for none. Else as on record',
  },
  helper: {
    type: 'string',
    valueHint: 'URL',
    description: 'The other one: who they are is asked and pinned in the tag',
  },
  'min-batch': {
    type: 'string',
    default: String(LEAST_MIN_BATCH),
    valueHint: 'N',
    description: 'Browsers contribute to no smaller sums; fewer than the default is a demonstration, and says so',
  },
  'min-noise': {
    type: 'string',
    default: String(DEFAULT_TERMS.minNoiseMultiplier),
    valueHint: 'Z',
    description: 'Nor with less noise; 0 is a demonstration',
  },
} as const

interface ContributionArgs {
  leader?: string
  helper?: string
  'min-batch': string
  'min-noise': string
}

/** @throws UserError where one of them is not named, or does not answer */
export async function contributionTerms(args: ContributionArgs): Promise<Pick<PolicyTerms, 'contribution'>> {
  const { leader, helper } = args
  if (leader === 'none' && helper === undefined) return { contribution: 'none' }
  if (leader === undefined && helper === undefined) return {}
  if (leader === undefined || helper === undefined) {
    throw new UserError('one aggregator alone would see everything', 'name both, with --leader URL and --helper URL')
  }
  const contribution: ContributionPolicy = {
    ...DEFAULT_TERMS,
    minNoiseMultiplier: numberBetween('--min-noise', args['min-noise'], [0, 1e6], 1),
    minBatch: wholeNumber('--min-batch', args['min-batch'], LEAST_MIN_BATCH),
    leader: await identityOf('--leader', leader),
    helper: await identityOf('--helper', helper),
  }
  return { contribution }
}

async function identityOf(flag: string, url: string): Promise<PinnedAggregator> {
  const answer = await fetch(`${url.replace(/\/$/, '')}/healthz`, { redirect: 'error' }).catch(() => undefined)
  const { operator, key } = ((await answer?.json().catch(() => undefined)) ?? {}) as Partial<PinnedAggregator>
  if (typeof operator === 'string' && typeof key === 'string') return { operator, key }
  throw new UserError(`${flag} ${url}: no aggregator answers there`, 'start it with "vitrine aggregate"')
}
