/** A job of reports, verified by the aggregator that has one share of each: functions of what it was given, without state. */
import { setImmediate as nextTurn } from 'node:timers/promises'
import { openShare, type Report } from '../../shared/federated/report.ts'
import type { Preparation } from '../../shared/federated/vdaf.ts'
import { type Bytes, Rejected } from '../../shared/federated/wire.ts'
import { numberOf, type Round } from './round.ts'

/** Undefined where a report is rejected. */
export type Prepared = Preparation | undefined

/** Opens the share of each report and begins to verify it; others are answered between two. */
export async function prepare(round: Round, verifyKey: Bytes, reports: readonly Report[]): Promise<Prepared[]> {
  const privateKey = await round.privateKey()
  const prepared: Prepared[] = []
  for (const report of reports) {
    await nextTurn()
    prepared.push(
      await unlessRejected(async () => {
        const share = await openShare(report, round.role, privateKey)
        return round.vdaf.prepare(verifyKey, numberOf(round.role), report.id, report.publicShare, share)
      }),
    )
  }
  return prepared
}

/** The report's part of this aggregator's share of the sum, if the proofs hold. */
export function finish(
  { vdaf }: Round,
  own: Prepared,
  shares: [leader: Bytes | null, helper: Bytes | null],
): Promise<Bytes | undefined> {
  const [leader, helper] = shares
  if (!own || !leader || !helper) return Promise.resolve(undefined)
  return unlessRejected(async () => own.finish(await vdaf.combine([leader, helper])))
}

async function unlessRejected<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof Rejected) return undefined
    throw error
  }
}
