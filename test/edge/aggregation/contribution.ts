/** A shopper's report, made with the real steps: for whoever needs some. */
import { encodeReport, makeReportId, sealReport } from '../../../shared/federated/report.ts'
import type { Vdaf } from '../../../shared/federated/vdaf.ts'
import { hexOf } from '../../../shared/tlog/base64.ts'
import { entryId, type RoundEntry } from '../../../shared/tlog/entry.ts'

export interface Contribution {
  round: string
  id: string
  secret: Uint8Array<ArrayBuffer>
  bytes: Uint8Array<ArrayBuffer>
}

const random = (length: number) => crypto.getRandomValues(new Uint8Array(length))

/** @param spoil what is sent instead of the shares */
export async function contribution(
  vdaf: Vdaf,
  round: RoundEntry,
  measurement: ArrayLike<number>,
  now: number,
  spoil: (shares: Awaited<ReturnType<Vdaf['shard']>>) => typeof shares = (shares) => shares,
): Promise<Contribution> {
  const secret = random(32)
  const id = await makeReportId(secret)
  const shares = spoil(await vdaf.shard(measurement, id, random(vdaf.randomBytes)))
  const report = await sealReport(round, id, now, shares)
  return { round: entryId(round), id: hexOf(id), secret, bytes: encodeReport(report) }
}

export const upload = (url: string, { round, id, bytes }: Contribution, headers = {}): Promise<Response> =>
  fetch(`${url}/v1/rounds/${round}/reports/${id}`, { method: 'PUT', body: bytes, headers })
