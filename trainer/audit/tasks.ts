/** What a log says of the tasks that shoppers contribute to: who runs them, what they cost, and whether browsers take part. */
import { DELTA, rhoOfGaussian, zcdpEpsilon } from '../../shared/federated/accounting/zcdp.ts'
import { type Claim, claimOf, policyProblem } from '../../shared/federated/policy.ts'
import type { Standing } from '../../shared/tlog/succession.ts'
import { type Finding, finding } from './findings.ts'

export interface AuditedTask {
  name: string
  /** The newest. */
  round: number
  claim: Claim['kind']
  operators: [leader: string, helper: string]
  /** Of a shopper in an epoch, at most. */
  participations: number
  /** At DELTA, of so many participations, by one honest aggregator's noise (zCDP, no amplification). Absent where there is no noise. */
  epsilon?: number
}

export const tasksOf = ({ tasks = {} }: Standing): AuditedTask[] =>
  Object.values(tasks).map(({ task, round }) => {
    const { name, participations, noiseMultiplier, leader, helper } = task
    const epsilon = noiseMultiplier > 0 && zcdpEpsilon(rhoOfGaussian(noiseMultiplier, participations), DELTA)
    return {
      ...{ name, round: round?.round ?? 0, participations },
      claim: claimOf(task, noiseMultiplier).kind,
      operators: [leader.operator, helper.operator],
      ...(epsilon === false ? {} : { epsilon }),
    }
  })

export function findingsOfTasks({ policy, tasks = {} }: Standing): Finding[] {
  return Object.values(tasks).flatMap(({ task }) => {
    const where = `task ${task.name}`
    const { operator } = task.leader
    const problem = policy?.contribution ? policyProblem(task, policy.contribution) : 'no-policy'
    return [
      ...(operator === task.helper.operator
        ? [finding('one-operator', where, `one operator (${operator}): no privacy claim`)]
        : []),
      ...(problem ? [finding('task-refused', where, `browsers take no part in it: ${problem}`)] : []),
    ]
  })
}
