/**
 * Reports of rounds, as an aggregator keeps them until a round closes. In a folder:
 *
 *     rounds/b5bb9d…/round.json          the round as it is on record, by the hash of its line: from here on it is open
 *     rounds/b5bb9d…/reports/0f1e2d…     a report, by its id, as it came
 *     rounds/b5bb9d…/withdrawn/0f1e2d…   that a report was taken back, so that it does not come again
 *     rounds/b5bb9d…/closed.json         ids of the reports that count: nothing comes in, and nothing is taken back, from here on
 *
 * A report is there when it is acknowledged, whatever happens then: it gets its name by a call that can succeed once, after its bytes have
 * been forced to the disk. So whoever does not hear of it sends the same again, and is told that it is there. One process at a time works in
 * the folder, which its owner alone can look into: what closes a round waits for what is being put.
 */
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { decodeReport, makeReportId, type Report } from '../../shared/federated/report.ts'
import { type Bytes, isSame, Rejected } from '../../shared/federated/wire.ts'
import { hexOf } from '../../shared/tlog/base64.ts'
import { entryId, type RoundEntry } from '../../shared/tlog/entry.ts'
import {
  createDurably,
  makePrivateFolder,
  OWNER_ONLY,
  readIfPresent,
  removeAbandoned,
  replaceDurably,
  syncFolder,
} from '../durable-file.ts'
import { Problem } from '../problem.ts'

const HOUR_SECONDS = 3600
const RETRY_SECONDS = 600

/** Why a report is not taken, for a program that reads it. */
export type ReportProblem =
  | 'report-malformed'
  | 'round-unknown'
  | 'round-not-open'
  | 'round-closed'
  | 'round-full'
  | 'report-time'
  | 'report-conflict'
  | 'report-withdrawn'

export interface ReportsOptions {
  /** Of a round, with those that were taken back; more come later, or not. */
  maxReports: number
  /** Milliseconds since 1970 */
  now?: () => number
}

export interface Reports {
  has(round: string): boolean
  /** Again has no effect. */
  openRound(round: RoundEntry): Promise<void>
  /**
   * Resolves when it is on the disk.
   * @param named as which it was sent; it must be the same
   * @throws Problem with a `code` of `ReportProblem` */
  put(bytes: Bytes, named?: { round: string; id: string }): Promise<'stored' | 'present'>
  /** @param secret whose hash is the report's id @throws Problem where the round has closed */
  withdraw(round: string, secret: Bytes): Promise<void>
  /** The ids that count, in their order: from now on these and no others. Again gives the same. */
  close(round: string): Promise<string[]>
  read(round: string, id: string): Promise<Bytes | undefined>
  /** Of all reports of the round; none comes in again. */
  destroy(round: string): Promise<void>
}

/** @param folder of the aggregator, which no other process works in */
export async function openReports(folder: string, { maxReports, now = Date.now }: ReportsOptions): Promise<Reports> {
  const rounds = join(folder, 'rounds')
  await makePrivateFolder(folder, rounds)
  const known = new Map<string, RoundState>()
  for (const id of await readdir(rounds)) await load(id)

  async function load(id: string): Promise<RoundState | undefined> {
    const at = join(rounds, id)
    const line = await readIfPresent(join(at, 'round.json'))
    if (!line) return undefined // a crash left a folder, and no round in it
    const round = JSON.parse(new TextDecoder().decode(line)) as RoundEntry // our own file, whole or not there
    // Those of a round that is over may be gone.
    for (const part of ['reports', 'withdrawn']) await makePrivateFolder(folder, join(at, part))
    for (const part of ['', 'reports', 'withdrawn']) await removeAbandoned(join(at, part), now())
    const ids = new Set([...(await names(join(at, 'reports'))), ...(await names(join(at, 'withdrawn')))])
    const closed = await readIfPresent(join(at, 'closed.json'))
    const state: RoundState = {
      round,
      at,
      count: ids.size,
      closed: closed && (JSON.parse(new TextDecoder().decode(closed)) as string[]),
      working: new Map(),
      isClosing: false,
    }
    known.set(id, state)
    return state
  }

  async function openRound(round: RoundEntry): Promise<void> {
    const id = entryId(round)
    if (known.has(id)) return
    const at = join(rounds, id)
    await makePrivateFolder(folder, at)
    await createDurably(join(at, 'round.json'), Buffer.from(JSON.stringify(round)))
    await load(id)
  }

  function stateOf(id: string): RoundState {
    const state = known.get(id)
    if (!state) throw problem(404, 'round-unknown', 'no such round is open here')
    return state
  }

  function decode(bytes: Bytes): Report {
    try {
      return decodeReport(bytes)
    } catch (error) {
      if (error instanceof Rejected) throw problem(400, 'report-malformed', 'these bytes are no report')
      throw error
    }
  }

  async function put(bytes: Bytes, named?: { round: string; id: string }): Promise<'stored' | 'present'> {
    const report = decode(bytes)
    if (named && (hexOf(report.round) !== named.round || hexOf(report.id) !== named.id)) {
      throw problem(400, 'report-malformed', 'the report is not the one that its address names')
    }
    const state = stateOf(hexOf(report.round))
    const { opens, closes } = state.round
    const seconds = Math.floor(now() / 1000)
    if (seconds < opens) throw problem(403, 'round-not-open', 'the round is not open yet')
    if (state.isClosing || state.closed || seconds >= closes) {
      // What is there already is acknowledged again: whoever asks may not have heard of it.
      const kept = await readIfPresent(join(state.at, 'reports', hexOf(report.id)))
      if (kept && isSame(new Uint8Array(kept), bytes)) return 'present'
      throw problem(403, 'round-closed', 'the round has closed')
    }
    if (report.time < opens - HOUR_SECONDS || report.time >= closes || report.time > seconds + HOUR_SECONDS) {
      throw problem(403, 'report-time', 'the report is of another time')
    }
    const id = hexOf(report.id)
    return inTurn(state, id, () => keep(state, id, bytes))
  }

  /** One after the other, of one id: a thousand copies that come at once are one report. */
  function inTurn<T>({ working }: RoundState, id: string, work: () => Promise<T>): Promise<T> {
    const run = (working.get(id) ?? Promise.resolve()).then(work, work)
    working.set(id, run)
    return run.finally(() => {
      if (working.get(id) === run) working.delete(id)
    })
  }

  async function keep(state: RoundState, id: string, bytes: Bytes): Promise<'stored' | 'present'> {
    const path = join(state.at, 'reports', id)
    if (await readIfPresent(join(state.at, 'withdrawn', id))) {
      throw problem(409, 'report-withdrawn', 'the report was withdrawn')
    }
    const kept = await readIfPresent(path)
    if (kept && isSame(new Uint8Array(kept), bytes)) {
      // Whoever put it may have been stopped before its name was forced to the disk.
      await syncFolder(join(state.at, 'reports'))
      return 'present'
    }
    if (kept) throw problem(409, 'report-conflict', 'another report has this id')
    await takePlace(state, () => createDurably(path, bytes, OWNER_ONLY))
    return 'stored'
  }

  /** What is kept of strangers has a limit. */
  async function takePlace(state: RoundState, work: () => Promise<unknown>): Promise<void> {
    if (state.count >= maxReports) {
      throw problem(503, 'round-full', 'the round has as many reports as it can take', RETRY_SECONDS)
    }
    state.count++ // before the next one asks
    await work().catch((error) => {
      state.count--
      throw error
    })
  }

  async function withdraw(round: string, secret: Bytes): Promise<void> {
    const id = hexOf(await makeReportId(secret))
    const state = stateOf(round)
    // From here to its turn nothing is awaited: what closes the round either sees it or came first.
    if (state.isClosing || state.closed) throw problem(403, 'round-closed', 'the round has closed')
    await inTurn(state, id, async () => {
      const withdrawn = join(state.at, 'withdrawn', id)
      const path = join(state.at, 'reports', id)
      const hasPlace = (await readIfPresent(path)) ?? (await readIfPresent(withdrawn))
      // First: a crash after it must not bring the report back. It keeps the report's place.
      const mark = () => createDurably(withdrawn, new Uint8Array(0))
      await (hasPlace ? mark() : takePlace(state, mark))
      await rm(path, { force: true })
    })
  }

  async function close(round: string): Promise<string[]> {
    const state = stateOf(round)
    if (state.closed) return state.closed
    state.isClosing = true
    while (state.working.size > 0) await Promise.allSettled(state.working.values())
    const withdrawn = new Set(await names(join(state.at, 'withdrawn')))
    const ids = (await names(join(state.at, 'reports'))).filter((id) => !withdrawn.has(id)).sort()
    await createDurably(join(state.at, 'closed.json'), Buffer.from(JSON.stringify(ids)))
    state.closed = ids
    return ids
  }

  return {
    has: (round) => known.has(round),
    openRound,
    put,
    withdraw,
    close,
    async read(round, id) {
      const bytes = await readIfPresent(join(stateOf(round).at, 'reports', id))
      return bytes && new Uint8Array(bytes)
    },
    async destroy(round) {
      const state = stateOf(round)
      state.isClosing = true
      while (state.working.size > 0) await Promise.allSettled(state.working.values())
      // First: from here on none comes in again, after a crash neither.
      state.closed = []
      await replaceDurably(join(state.at, 'closed.json'), Buffer.from('[]'))
      for (const part of ['reports', 'withdrawn']) await rm(join(state.at, part), { recursive: true, force: true })
      state.count = 0
    },
  }
}

interface RoundState {
  round: RoundEntry
  /** Its folder. */
  at: string
  /** Of reports that are there, or were taken back. */
  count: number
  /** Ids that count. */
  closed: string[] | undefined
  isClosing: boolean
  /** What has been begun of each id, and must end before the round closes. */
  working: Map<string, Promise<unknown>>
}

const REPORT_NAME = /^[0-9a-f]{32}$/
const names = async (folder: string) => (await readdir(folder)).filter((name) => REPORT_NAME.test(name))

function problem(
  status: 400 | 403 | 404 | 409 | 503,
  code: ReportProblem,
  message: string,
  retryAfter?: number,
): Problem {
  return new Problem(status, message, retryAfter ? { 'retry-after': String(retryAfter) } : {}, { code })
}
