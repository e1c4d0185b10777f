/** What a leader does with many reports at once, with bodies that lie, and on a disk that is full. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openReports } from '../../../edge/aggregation/reports.ts'
import { asProblem } from '../../../edge/problem.ts'
import { encodeReport } from '../../../shared/federated/report.ts'
import { hexOf } from '../../../shared/tlog/base64.ts'
import { entryId } from '../../../shared/tlog/entry.ts'
import { failure, tellFileCalls } from '../../faults/file-calls.ts'
import { madeUpReport, ROUND } from './sample-report.ts'

const UPLOADS = process.env.VITRINE_SOAK ? 1000 : 300
/** Of a report of 156 kB the body, in parts and as a whole, and what is written of it: none of it for longer than its upload. */
const MOST_BYTES_EACH = 3 * 156_000
/** What Node and the sources have by themselves. */
const IDLE_BYTES = 250 << 20
const id = entryId(ROUND)

let folder: string
let server: ChildProcess
let url: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vitrine-uploads-'))
  const script = join(import.meta.dirname, 'take-reports.ts')
  server = spawn(process.execPath, ['--import', 'tsx', script, join(folder, 'leader')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [said] = await once(server.stdout as NodeJS.ReadableStream, 'data')
  url = String(said).trim()
})
afterAll(async () => {
  const gone = once(server, 'exit')
  server.kill('SIGKILL')
  await gone
  await rm(folder, { recursive: true, force: true })
})

const reportOf = (n: number, bytes: number) => madeUpReport(n, { sealed: [new Uint8Array(bytes), new Uint8Array(90)] })
async function put(n: number, bytes: number): Promise<Response> {
  const report = await reportOf(n, bytes)
  return fetch(`${url}/v1/rounds/${id}/reports/${hexOf(report.id)}`, {
    method: 'PUT',
    body: encodeReport(report),
    signal: AbortSignal.timeout(60_000),
  })
}
const stored = async () => (await readdir(join(folder, 'leader', 'rounds', id, 'reports'))).sort()

it(`${UPLOADS} reports of 156 kB that come at once are all there, in bounded memory`, {
  timeout: 120_000,
}, async () => {
  const statuses = await Promise.all(Array.from({ length: UPLOADS }, async (_, n) => (await put(n, 155_600)).status))
  expect(new Set(statuses)).toEqual(new Set([201]))
  expect(await stored()).toHaveLength(UPLOADS)
  if (process.platform !== 'linux') return
  const [, kilobytes] = /^VmHWM:\s+(\d+) kB$/m.exec(await readFile(`/proc/${server.pid}/status`, 'utf8')) ?? []
  expect(1024 * Number(kilobytes)).toBeLessThan(IDLE_BYTES + UPLOADS * MOST_BYTES_EACH)
})

it('a report that is longer than any is refused before it is read, whatever its length is said to be', async () => {
  const before = await stored()
  const response = await put(5000, 1 << 20)
  expect(response.status).toBe(413)
  expect(await response.json()).toMatchObject({ code: 'too-long' })
  for (const said of ['content-length: 99999999999', 'transfer-encoding: chunked']) {
    const socket = connect(Number(new URL(url).port), '127.0.0.1')
    const path = `/v1/rounds/${id}/reports/${'0'.repeat(32)}`
    socket.write(`PUT ${path} HTTP/1.1\r\nhost: x\r\n${said}\r\n\r\n`)
    let sent = 0
    let answer = ''
    socket.on('data', (data) => (answer += String(data)))
    socket.on('error', () => undefined)
    const part = Buffer.from(`10000\r\n${'x'.repeat(0x10000)}\r\n`)
    while (answer === '' && !socket.destroyed && sent < 64 << 20) {
      sent += part.length
      if (!socket.write(part)) await new Promise((resolve) => setTimeout(resolve, 5))
    }
    socket.destroy()
    expect(answer).toContain('HTTP/1.1 413')
    expect(sent).toBeLessThan(64 << 20)
  }
  expect(await stored()).toEqual(before)
})

it('a full disk is said to be one, acknowledges nothing, and takes the report when there is room again', async () => {
  const here = await mkdtemp(join(folder, 'full-'))
  const full = await openReports(here, { maxReports: 1, now: () => 1000 * (ROUND.opens + 60) })
  await full.openRound(ROUND)
  const bytes = encodeReport(await reportOf(1, 3000))
  const half = async (call: Parameters<Parameters<typeof tellFileCalls>[1]>[0]) => {
    if (!call.happenHalf) return call.happen()
    await call.happenHalf()
    throw failure('ENOSPC', call)
  }
  const error = await tellFileCalls(here, half, () => full.put(bytes).catch((error: Error) => error))
  expect(asProblem(error)).toMatchObject({ status: 507, members: { code: 'storage-full' } })
  expect(await readdir(join(here, 'rounds', id, 'reports'))).toEqual([])
  expect(await full.put(bytes)).toBe('stored') // its place was given back
  expect(await full.close(id)).toHaveLength(1)
})
