/**
 * Which way of exploring is worth most: learned on the first half of a log, judged on the second, against showing anything
 * at random.
 */
import { seeded } from '../../shared/data/random.ts'
import type { Interval } from '../evaluate.ts'
import { UserError } from '../user-error.ts'
import type { BanditLog } from './bandit-log.ts'
import { type Worth, worthOf } from './off-policy.ts'
import { asLogged, clickRates, greedy, thompson, uniform } from './policies.ts'

const EPSILON = 0.1

export interface PolicyWorth extends Worth {
  policy: string
  /** Of `dr`, less that of the uniform policy. */
  more_than_uniform: Interval
}

export interface ExplorationEvaluation {
  impressions: { learned: number; judged: number }
  clicks: { learned: number; judged: number }
  policies: PolicyWorth[]
}

/** @throws UserError when the log is too short to be halved */
export function evaluateExploration(log: BanditLog, seed: string, other?: BanditLog): ExplorationEvaluation {
  const { impressions } = log
  if (impressions.length < 100) {
    throw new UserError(`the log holds ${impressions.length} impressions`, 'give one with at least 100')
  }
  const half = impressions.length >> 1
  const learned = { ...log, impressions: impressions.slice(0, half) }
  const judged = { ...log, impressions: impressions.slice(half) }
  const { rate } = clickRates(learned)
  const policies = {
    uniform: uniform(log),
    [`greedy, ε ${EPSILON}`]: greedy(learned, EPSILON),
    thompson: thompson(learned, seeded(`thompson ${seed}`)),
    ...(other ? { 'as the other log showed': asLogged({ ...other, items: log.items, positions: log.positions }) } : {}),
  }
  const clicks = ({ impressions }: BanditLog) => impressions.reduce((sum, { click }) => sum + click, 0)
  return {
    impressions: { learned: half, judged: judged.impressions.length },
    clicks: { learned: clicks(learned), judged: clicks(judged) },
    policies: Object.entries(policies).map(([name, policy]) => ({
      policy: name,
      ...worthOf(judged, policy, rate, seed),
      more_than_uniform: worthOf(judged, policy, rate, seed, policies.uniform).estimates.dr,
    })),
  }
}
