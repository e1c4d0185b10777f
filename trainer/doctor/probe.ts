/**
 * Run by `vitrine doctor` as a process of its own: makes one back end ready, trains on it for some seconds, and sends what
 * it finds.
 */
import { type BackendName, tryBackend } from '../backend.ts'
import { measureSpeed, type Speed } from './speed.ts'

export type ProbeMessage =
  | { type: 'opened'; device: string; software: boolean }
  | { type: 'refused'; reason: string; remedy: string }
  | { type: 'measured'; speed: Speed }
  | { type: 'failed'; reason: string }

// Sent before the process ends, which it would not do by itself while Dawn lives.
const send = (message: ProbeMessage) => new Promise<void>((sent) => process.send?.(message, () => sent()))

async function probe(name: BackendName, seconds: number): Promise<void> {
  const opening = await tryBackend(name, true)
  if (!opening.opened) return send({ type: 'refused', reason: opening.reason, remedy: opening.remedy })
  const { device, software, threads, checked } = opening
  await send({ type: 'opened', device, software })
  try {
    // A CPU in the GPU's place takes seconds for a step: there is no time to warm it up.
    await send({ type: 'measured', speed: await checked(() => measureSpeed(threads, seconds, !software)) })
  } catch (error) {
    await send({ type: 'failed', reason: (error as Error).message.split('\n')[0] })
  }
}

const [name, seconds] = process.argv.slice(2)
await probe(name as BackendName, Number(seconds))
process.exit()
