/** Puts one report after the other, and says each that is acknowledged, until it is killed. */
import { openReports } from '../../../edge/aggregation/reports.ts'
import { encodeReport } from '../../../shared/federated/report.ts'
import { madeUpReport, ROUND } from './sample-report.ts'

const [folder, from] = process.argv.slice(2)
const reports = await openReports(folder, { maxReports: 1_000_000, now: () => ROUND.opens * 1000 })
await reports.openRound(ROUND)
for (let n = Number(from); ; n++) {
  await reports.put(encodeReport(await madeUpReport(n)))
  console.log(n)
}
