/** What the ledger still allows, by the numbers and times of rounds on record: a clock that is wrong gives nothing back. */
import { rhoOfGaussian } from '../../shared/federated/accounting/zcdp.ts'
import type { ContributionTerms } from '../../shared/federated/policy.ts'
import type { RoundEntry, TaskEntry } from '../../shared/tlog/entry.ts'
import { isJoined, type LedgerEntry } from '../store/ledger.ts'

export type BudgetProblem = 'joined-already' | 'too-soon' | 'participations-spent' | 'budget-spent'

/** Ten times 1 / 2z² is more than 10 / 2z², for some z, by the last bit of a double: then the tenth would be refused. */
const ROUNDING = 1e-9

/** Whatever tasks call an epoch, and however fast their rounds follow one another. */
const YEAR_SECONDS = 365 * 86_400

/** Of a round, counted from 0. */
export const epochOf = ({ epochRounds }: TaskEntry, { round }: RoundEntry): number =>
  Math.floor((round - 1) / epochRounds)

/** What one report costs, in zCDP. */
export const costOf = ({ noiseMultiplier }: TaskEntry): number =>
  noiseMultiplier === 0 ? Number.POSITIVE_INFINITY : rhoOfGaussian(noiseMultiplier, 1)

/** One budget over all that is contributed in a year: what so many updates with the least noise would cost. */
export const budgetOf = ({ maxParticipations, minNoiseMultiplier }: ContributionTerms): number =>
  minNoiseMultiplier === 0 ? Number.POSITIVE_INFINITY : rhoOfGaussian(minNoiseMultiplier, maxParticipations)

/** @returns undefined where a report may be sent */
export function budgetProblem(
  ledger: readonly LedgerEntry[],
  task: TaskEntry,
  round: RoundEntry,
  terms: ContributionTerms,
): BudgetProblem | undefined {
  const joined = ledger.filter(isJoined)
  const ofTask = joined.filter((entry) => entry.task === round.task)
  if (ofTask.some(({ number }) => number === round.round)) return 'joined-already'
  if (ofTask.some(({ number }) => Math.abs(number - round.round) < task.separation)) return 'too-soon'
  const epoch = epochOf(task, round)
  if (ofTask.filter((entry) => entry.epoch === epoch).length >= task.participations) return 'participations-spent'
  const after = spent(joined, round.closes) + costOf(task)
  if (after > budgetOf(terms) * (1 + ROUNDING)) return 'budget-spent'
  return undefined
}

/**
 * In zCDP, of all tasks together.
 * @param time seconds since 1970: then only of rounds that close within a year of it, before or after
 */
export const spent = (ledger: readonly LedgerEntry[], time?: number): number =>
  ledger
    .filter(isJoined)
    .filter(({ closes }) => time === undefined || Math.abs(closes - time) < YEAR_SECONDS)
    .reduce((sum, { did }) => sum + did.rho, 0)
