/** A leader's routes over a round that is open, in a process of its own: take-reports.ts FOLDER; says where it answers. */
import { mkdir } from 'node:fs/promises'
import { openReports } from '../../../edge/aggregation/reports.ts'
import { createAggregatorApp } from '../../../edge/aggregator.ts'
import { serveEdge } from '../../../edge/node.ts'
import { ROUND } from './sample-report.ts'

const [folder] = process.argv.slice(2)
await mkdir(folder, { recursive: true })
const now = () => 1000 * (ROUND.opens + 60)
const reports = await openReports(folder, { maxReports: 2000, now })
await reports.openRound(ROUND)
const unused = () => Promise.reject(new Error('is not asked here'))
const app = createAggregatorApp({
  aggregator: {
    key: '',
    putReport: (round, id, bytes) => reports.put(bytes, { round, id }),
    withdraw: (round, secret) => reports.withdraw(round, secret),
    status: () => ({ state: 'open' }),
    readAggregate: unused,
    sign: unused,
    openRound: unused,
    answer: unused,
    tick: () => undefined,
    stop: unused,
  },
  operator: 'Shop Ltd',
  limit: { requests: 1e6, windowSeconds: 3600 },
  now,
})
console.log((await serveEdge(app, { port: 0 })).url)
