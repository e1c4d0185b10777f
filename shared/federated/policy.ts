/**
 * What a task may ask for: the terms below which nobody takes part, be it a browser, by the policy that is pinned in the tag, or an
 * aggregator, by its own.
 */
import type { TaskEntry } from '../tlog/entry.ts'

export interface ContributionTerms {
  /** Of an update, d; of counts, their number. */
  maxDimension: number
  /** S */
  maxClipNorm: number
  /** k, of a shopper in an epoch. */
  maxParticipations: number
  /** z */
  minNoiseMultiplier: number
  /** Reports of a round, of which fewer are never released. */
  minBatch: number
}

/** As a browser's policy names an aggregator; where it answers, a task says. */
export interface PinnedAggregator {
  operator: string
  /** Verifier key. */
  key: string
}

/** What a browser contributes to: tasks of these aggregators, within these terms. */
export interface ContributionPolicy extends ContributionTerms {
  leader: PinnedAggregator
  helper: PinnedAggregator
}

/** The fewest reports of a round that a browser's policy takes part in, outside of demonstrations. */
export const LEAST_MIN_BATCH = 500

/** What production asks for at least; the noise is that of a first, small cohort. */
export const DEFAULT_TERMS: ContributionTerms = {
  maxDimension: 16_384,
  maxClipNorm: 1,
  maxParticipations: 10,
  minNoiseMultiplier: 0.5,
  minBatch: LEAST_MIN_BATCH,
}

export type TermsProblem =
  | 'dimension-too-large'
  | 'clip-norm-too-large'
  | 'participations-too-many'
  | 'noise-too-small'
  | 'batch-too-small'

/** Why nobody takes part in a task under these terms; undefined where they do. */
export function termsProblem(task: TaskEntry, terms: ContributionTerms): TermsProblem | undefined {
  const { vdaf } = task
  if (lengthOf(vdaf) > terms.maxDimension) return 'dimension-too-large'
  if (vdaf.kind === 'pine' && vdaf.clipNorm > terms.maxClipNorm) return 'clip-norm-too-large'
  if (task.participations > terms.maxParticipations) return 'participations-too-many'
  if (task.noiseMultiplier < terms.minNoiseMultiplier) return 'noise-too-small'
  if (task.minBatch < terms.minBatch) return 'batch-too-small'
  return undefined
}

function lengthOf(vdaf: TaskEntry['vdaf']): number {
  switch (vdaf.kind) {
    case 'pine':
      return vdaf.dimension
    case 'histogram':
    case 'multihot':
      return vdaf.length
    default:
      return 1
  }
}

export type PolicyProblem = TermsProblem | 'other-aggregators'

/** Why a browser takes part in no round of a task; undefined where it may. */
export function policyProblem(task: TaskEntry, policy: ContributionPolicy): PolicyProblem | undefined {
  const isPinned = (aggregator: PinnedAggregator, pinned: PinnedAggregator) =>
    aggregator.key === pinned.key && aggregator.operator === pinned.operator
  if (!isPinned(task.leader, policy.leader) || !isPinned(task.helper, policy.helper)) return 'other-aggregators'
  return termsProblem(task, policy)
}

/**
 * What may be said of privacy under a policy, or in a task. Two names are two operators only if they do not act as one, which no code can prove: so it is
 * their claim.
 */
export type Claim =
  /** Terms for showing how it works: too few reports, or no noise. */
  | { kind: 'demonstration' }
  /** Has both shares of every report. */
  | { kind: 'one-operator' }
  | { kind: 'claimed'; by: [leader: string, helper: string] }

export function claimOf(
  { leader, helper, minBatch }: Pick<ContributionPolicy, 'leader' | 'helper' | 'minBatch'>,
  noiseMultiplier: number,
): Claim {
  if (minBatch < LEAST_MIN_BATCH || noiseMultiplier === 0) return { kind: 'demonstration' }
  if (leader.operator === helper.operator) return { kind: 'one-operator' }
  return { kind: 'claimed', by: [leader.operator, helper.operator] }
}
