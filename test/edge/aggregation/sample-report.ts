/** Reports that no one has sealed: for whoever keeps them. */
import { makeReportId, type Report, roundIdBytes } from '../../../shared/federated/report.ts'
import { roundEntry } from '../../shared/tlog/sample-task.ts'

export const ROUND = roundEntry(1)

export const secretOf = (n: number) => new TextEncoder().encode(`secret ${n}`)

export async function madeUpReport(n: number, change: Partial<Report> = {}): Promise<Report> {
  const [leader, helper] = [new Uint8Array(300).fill(n % 251), new Uint8Array(90).fill(n % 241)]
  return {
    round: roundIdBytes(ROUND),
    id: await makeReportId(secretOf(n)),
    time: ROUND.opens - (ROUND.opens % 3600),
    publicShare: new Uint8Array(128),
    sealed: [leader, helper],
    ...change,
  }
}
