/**
 * `npm run bench -- pine [--json]`: what a report of the shared model's update costs its shopper and its aggregators, in Node and in a worker
 * of Chromium, in WebAssembly and in plain TypeScript; beside additive sharing, which proves nothing (the floor), and the published
 * Prio3SumVec, which proves each element's range. Both aggregators verify here one after the other: each has half of that.
 */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Prio3SumVec } from '@divviup/prio3'
import { launchChromium } from '../../trainer/chromium.ts'
import { kernel } from '../../trainer/kernel.ts'
import { type PinePlan, type PineTimes, pineTimes } from './pine-operations.ts'
import { quantile, type Row, rounded } from './row.ts'
import { bundled } from './step.ts'

const DIMENSIONS = [1_000, 4_096, 10_000, 16_384, 50_000]
/** Plain ones take seconds above. */
const MAX_PLAIN = 16_384
/** Where the peer takes less than a second. */
const PEER_DIMENSIONS = [250, 500]
const PEER_BITS = 8
const RUNS = 30
const PLAIN_RUNS = 5

export async function bench(): Promise<Row[]> {
  const compiled = Array.from(await kernel('field64', { importMemory: true }))
  const plans = DIMENSIONS.flatMap((dimension): PinePlan[] => [
    { dimension, kernel: compiled, runs: RUNS },
    ...(dimension <= MAX_PLAIN ? [{ dimension, runs: PLAIN_RUNS }] : []),
  ])
  const rows: Row[] = []
  for (const plan of plans) rows.push(...rowsOf(plan, 'Node', await pineTimes(plan)))
  await inChromium(async (timesOf) => {
    for (const plan of plans) rows.push(...rowsOf(plan, 'Chromium', await timesOf(plan)))
  })
  for (const dimension of PEER_DIMENSIONS) rows.push(await peerRow(dimension))
  return rows
}

function rowsOf({ dimension, kernel: wasm }: PinePlan, where: string, times: PineTimes): Row[] {
  const engine = wasm ? 'wasm' : 'plain'
  const ms = (each: readonly number[]) => rounded(quantile(each, 0.5))
  const floor = quantile(times.additive, 0.5)
  const row = (op: string, each: readonly number[], bytes: number): Row => ({
    op,
    d: dimension,
    engine,
    where,
    ms: ms(each),
    p95_ms: rounded(quantile(each, 0.95)),
    bytes,
    floor_ratio: rounded(quantile(each, 0.5) / floor, 1),
  })
  return [
    row('shard', times.shard, times.bytes),
    row('verify, both aggregators', times.verify, times.bytes),
    row('additive share', times.additive, 8 * dimension + 32),
  ]
}

/** In a worker, as the tag does it. */
async function inChromium(work: (timesOf: (plan: PinePlan) => Promise<PineTimes>) => Promise<void>): Promise<void> {
  const script = await bundled('pine-page.ts')
  const server = createServer((request, response) => {
    const isScript = request.url === '/pine-page.js'
    // These two give a clock of 5 µs instead of 100.
    response.setHeader('cross-origin-opener-policy', 'same-origin')
    response.setHeader('cross-origin-embedder-policy', 'require-corp')
    response.setHeader('content-type', isScript ? 'text/javascript; charset=utf-8' : 'text/html')
    response.end(isScript ? script : '<!doctype html><title>bench</title>')
  })
  await new Promise<void>((listening) => {
    server.listen(0, '127.0.0.1', listening)
  })
  const browser = await launchChromium()
  try {
    const page = await browser.newPage()
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
    await work((plan) =>
      page.evaluate(
        (whole) =>
          new Promise<PineTimes>((resolve, reject) => {
            const worker = new Worker('/pine-page.js')
            worker.onmessage = ({ data }) => {
              worker.terminate()
              resolve(data)
            }
            worker.onerror = ({ message }) => reject(new Error(message))
            worker.postMessage(whole)
          }),
        plan,
      ),
    )
  } finally {
    await browser.close()
    server.close()
  }
}

async function peerRow(length: number): Promise<Row> {
  const chunkLength = Math.round(Math.sqrt(length * PEER_BITS))
  const vdaf = new Prio3SumVec({ shares: 2, length, chunkLength, bits: PEER_BITS })
  const measurement = Array.from({ length }, (_, n) => n % 256)
  const times: number[] = []
  let bytes = 0
  for (let run = 0; run < 3; run++) {
    const [nonce, random] = [vdaf.nonceSize, vdaf.randSize].map((size) =>
      Buffer.from(crypto.getRandomValues(new Uint8Array(size))),
    )
    const began = performance.now()
    const { publicShare, inputShares } = await vdaf.shard(measurement, nonce, random)
    times.push(performance.now() - began)
    bytes =
      vdaf.encodePublicShare(publicShare).length +
      inputShares.reduce((sum, share) => sum + vdaf.encodeInputShare(share).length, 0)
  }
  const ms = rounded(quantile(times, 0.5))
  return { op: 'shard', d: length, engine: '@divviup/prio3 0.8.0 SumVec, 8 bits', where: 'Node', ms, bytes }
}
