/** A shopper's report, made with the real steps: for whoever needs some. */
import { makeReport } from '../../../shared/federated/report.ts'
import type { Vdaf } from '../../../shared/federated/vdaf.ts'
import { hexOf } from '../../../shared/tlog/base64.ts'
import { entryId, type RoundEntry } from '../../../shared/tlog/entry.ts'

export interface Contribution {
  round: string
  id: string
  secret: Uint8Array<ArrayBuffer>
  bytes: Uint8Array<ArrayBuffer>
}

/** @param spoil what is sent instead of the shares */
export async function contribution(
  vdaf: Vdaf,
  round: RoundEntry,
  measurement: ArrayLike<number>,
  now: number,
  spoil: (shares: Awaited<ReturnType<Vdaf['shard']>>) => typeof shares = (shares) => shares,
): Promise<Contribution> {
  const shard: Vdaf['shard'] = async (...given) => spoil(await vdaf.shard(...given))
  const { id, secret, body } = await makeReport(round, { ...vdaf, shard }, measurement, now)
  return { round: entryId(round), id: hexOf(id), secret, bytes: body }
}

export const upload = (url: string, { round, id, bytes }: Contribution, headers = {}): Promise<Response> =>
  fetch(`${url}/v1/rounds/${round}/reports/${id}`, { method: 'PUT', body: bytes, headers })
