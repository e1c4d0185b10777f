/** Reports that are kept until a round closes: none that was acknowledged is lost, none counts twice. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openReports, type Reports } from '../../../edge/aggregation/reports.ts'
import { encodeReport, roundIdBytes } from '../../../shared/federated/report.ts'
import { hexOf } from '../../../shared/tlog/base64.ts'
import { entryId } from '../../../shared/tlog/entry.ts'
import { madeUpReport, ROUND, secretOf } from './sample-report.ts'

const SEEDS = process.env.VITRINE_SOAK ? 100 : 3
const id = entryId(ROUND)
let folder: string
let seconds: number
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vitrine-reports-'))
  seconds = ROUND.opens + 60
})
afterEach(() => rm(folder, { recursive: true, force: true }))

async function open(maxReports = 1000): Promise<Reports> {
  const reports = await openReports(folder, { maxReports, now: () => seconds * 1000 })
  await reports.openRound(ROUND)
  return reports
}
const bytesOf = async (n: number, change = {}) => encodeReport(await madeUpReport(n, change))
const idOf = async (n: number) => hexOf((await madeUpReport(n)).id)
const code = (wanted: string) => ({ members: { code: wanted } })

describe('a report', () => {
  it('is stored once, of a thousand copies at once; another with its id is refused, and the first is kept', async () => {
    const reports = await open(1)
    const bytes = await bytesOf(1)
    const outcomes = await Promise.all(Array.from({ length: 1000 }, () => reports.put(bytes)))
    expect(outcomes.filter((outcome) => outcome === 'stored')).toHaveLength(1)
    await expect(reports.put(await bytesOf(1, { publicShare: new Uint8Array(3) }))).rejects.toMatchObject({
      status: 409,
      ...code('report-conflict'),
    })
    expect(await reports.read(id, await idOf(1))).toEqual(bytes)
    expect(await reports.close(id)).toEqual([await idOf(1)])
  })

  it('is refused with one code for each thing that is wrong with it', async () => {
    const reports = await open(2)
    const put = async (n: number, change = {}) => reports.put(await bytesOf(n, change))
    await expect(reports.put(new Uint8Array(9))).rejects.toMatchObject({ status: 400, ...code('report-malformed') })
    const another = roundIdBytes({ ...ROUND, model: 'b'.repeat(64) })
    await expect(put(1, { round: another })).rejects.toMatchObject({ status: 404, ...code('round-unknown') })
    const tooEarly = ROUND.opens - (ROUND.opens % 3600) - 7200
    await expect(put(1, { time: tooEarly })).rejects.toMatchObject(code('report-time'))
    await expect(put(1, { time: tooEarly + 5 * 3600 })).rejects.toMatchObject(code('report-time'))
    await put(1)
    await put(2)
    await expect(put(3)).rejects.toMatchObject({
      status: 503,
      headers: { 'retry-after': '600' },
      ...code('round-full'),
    })
    expect(await put(2)).toBe('present')
    seconds = ROUND.opens - 1
    await expect(put(4)).rejects.toMatchObject({ status: 403, ...code('round-not-open') })
    seconds = ROUND.closes
    await expect(put(4)).rejects.toMatchObject({ status: 403, ...code('round-closed') })
    expect(await put(2)).toBe('present') // who did not hear of it asks again
  })

  it('is withdrawn by its secret until the round closes, and does not come again', async () => {
    const reports = await open()
    for (const n of [1, 2, 3]) await reports.put(await bytesOf(n))
    await reports.withdraw(id, secretOf(2))
    await reports.withdraw(id, secretOf(9)) // which never came, and may not
    for (const n of [2, 9]) {
      await expect(reports.put(await bytesOf(n))).rejects.toMatchObject({ status: 409, ...code('report-withdrawn') })
    }
    const again = await open()
    const wanted = await Promise.all([1, 3].map(idOf))
    expect(await again.close(id)).toEqual(wanted.sort())
    await expect(again.withdraw(id, secretOf(1))).rejects.toMatchObject(code('round-closed'))
  })

  it('keeps its place when it is withdrawn, so that nobody fills a disk by taking back', async () => {
    const reports = await open(3)
    for (const n of [1, 2]) await reports.put(await bytesOf(n))
    await reports.withdraw(id, secretOf(1))
    await reports.withdraw(id, secretOf(1)) // again has no effect
    await reports.withdraw(id, secretOf(9)) // takes the last place
    const full = { status: 503, ...code('round-full') }
    await expect(reports.withdraw(id, secretOf(10))).rejects.toMatchObject(full)
    await expect(reports.put(await bytesOf(3))).rejects.toMatchObject(full)
    const again = await open(3)
    await expect(again.put(await bytesOf(3))).rejects.toMatchObject(full)
    await again.withdraw(id, secretOf(2)) // whoever has a place can take back
    expect(await again.close(id)).toEqual([])
  })

  it('counts, or is refused, where the round closes at that moment; what counts stays as it is', async () => {
    const reports = await open()
    const outcomes: Promise<unknown>[] = []
    for (let n = 0; n < 20; n++) outcomes.push(reports.put(await bytesOf(n)).catch(() => 'refused'))
    const withdrawing = reports.withdraw(id, secretOf(3)).catch(() => 'too late')
    const closing = reports.close(id)
    for (let n = 20; n < 40; n++) outcomes.push(reports.put(await bytesOf(n)).catch(() => 'refused'))
    const counted = await closing
    const stored = (await Promise.all(outcomes)).filter((outcome) => outcome === 'stored')
    // Taken back in time it does not count, and else it is there for whoever counts it.
    const isBack = (await withdrawing) !== 'too late'
    expect(counted).toHaveLength(stored.length - (isBack ? 1 : 0))
    for (const name of counted) expect(await reports.read(id, name)).toBeDefined()
    expect(await reports.close(id)).toEqual(counted)
    expect(await (await open()).close(id)).toEqual(counted)
    await reports.destroy(id)
    for (const part of ['reports', 'withdrawn'])
      await expect(readdir(join(folder, 'rounds', id, part))).rejects.toThrow()
    await expect(reports.put(await bytesOf(1))).rejects.toMatchObject(code('round-closed'))
  })
})

it(`is there whatever kills the process, if it was acknowledged: ${SEEDS} kills`, { timeout: 600_000 }, async () => {
  const acknowledged = new Set<number>()
  let from = 0
  for (let seed = 0; seed < SEEDS; seed++) {
    const script = join(import.meta.dirname, 'put-reports-until-killed.ts')
    const child = spawn(process.execPath, ['--import', 'tsx', script, folder, String(from)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const lines = createInterface({ input: child.stdout })
    lines.on('line', (line) => {
      acknowledged.add(Number(line))
      from = Number(line) + 1
    })
    await once(lines, 'line')
    await new Promise((resolve) => setTimeout(resolve, (seed * 37) % 101))
    const exited = once(child, 'exit')
    child.kill('SIGKILL')
    await Promise.all([exited, once(lines, 'close')])
  }
  const reports = await open(1_000_000)
  const counted = new Set(await reports.close(id))
  for (const n of acknowledged) {
    expect(counted).toContain(await idOf(n))
    expect(await reports.read(id, await idOf(n))).toEqual(await bytesOf(n))
  }
  // One that was being put may be there, or not.
  expect(counted.size - acknowledged.size).toBeLessThanOrEqual(SEEDS)
  expect(acknowledged.size).toBeGreaterThan(SEEDS)
})
