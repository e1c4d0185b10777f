/** The state of each back end: one process each, one after the other, so that their speeds can be compared. */
import { BACKENDS, type BackendName } from '../backend.ts'
import { startProbe } from '../child.ts'
import type { ProbeMessage } from './probe.ts'
import { ITEMS_PER_STEP, type Speed } from './speed.ts'

interface Measured {
  /** What it runs on. */
  device: string
  /** A CPU plays the GPU. */
  software: boolean
  speed: Speed
  /** True when the steps took longer than there was time, and `speed` is the most that it can be. */
  atMost: boolean
}

/** What training takes by itself. */
interface Used extends Measured {
  state: 'used'
}

/** What training takes when asked by name. */
interface Usable extends Measured {
  state: 'usable'
  /** Why it is not used. */
  reason: string
  remedy: string
}

interface Unusable {
  state: 'not usable'
  reason: string
  remedy: string
  /** What its driver said, in its own words. */
  said: string[]
}

export type BackendFinding = { name: BackendName } & (Used | Usable | Unusable)
type Tried = { name: BackendName } & ((Measured & { state: 'measured' }) | Unusable)

/** Beyond the seconds that are measured, on a machine with other things to do: starting Node, a driver, shaders. */
const PATIENCE_SECONDS = 60
/** A CPU in the GPU's place may take longer for one step: that is answer enough. */
const SOFTWARE_PATIENCE_SECONDS = 15
const GPU_REMEDY = 'where there is a GPU, install its driver'
const ELSEWHERE = 'train on another one with --backend, and update the driver of this one'

/** @param onTry before each, because it takes seconds */
export async function findBackends(seconds: number, onTry: (name: BackendName) => void): Promise<BackendFinding[]> {
  const tried: Tried[] = []
  for (const name of BACKENDS) {
    onTry(name)
    tried.push(await findBackend(name, seconds))
  }
  const used = tried.find((one) => one.state === 'measured' && !one.software)
  return tried.map((one) => {
    if (one.state === 'not usable') return one
    if (one === used) return { ...one, state: 'used' }
    const remedy = `${one.software ? `${GPU_REMEDY}; ` : ''}--backend ${one.name} takes it all the same`
    return { ...one, state: 'usable', reason: whyNotUsed(one, used), remedy }
  })
}

function whyNotUsed(one: Measured, used: Tried | undefined): string {
  if (used?.state !== 'measured') return 'software: a CPU plays the GPU'
  if (!one.software) return `${used.name} comes before it`
  const ratio = used.speed.stepsPerSecond / one.speed.stepsPerSecond
  if (ratio <= 1) return `software: a CPU plays the GPU, here no slower than ${used.name}`
  return `software: ${one.atMost ? 'more than ' : ''}${Math.round(ratio)} times slower than ${used.name}`
}

async function findBackend(name: BackendName, seconds: number): Promise<Tried> {
  const messages: ProbeMessage[] = []
  const of = <T extends ProbeMessage['type']>(type: T) =>
    messages.find((message): message is Extract<ProbeMessage, { type: T }> => message.type === type)
  let lateMs: number | undefined
  const allow = (limitMs: number) =>
    setTimeout(() => {
      lateMs = limitMs
      probe.process.kill('SIGKILL')
    }, limitMs)
  const timers = [allow((seconds + PATIENCE_SECONDS) * 1000)]
  const probe = startProbe([name, String(seconds)], (sent) => {
    const message = sent as ProbeMessage
    messages.push(message)
    if (message.type === 'opened' && message.software) timers.push(allow((seconds + SOFTWARE_PATIENCE_SECONDS) * 1000))
  })
  const crash = await probe.done.then(
    () => undefined,
    (error: Error) => error.message.split(':')[0],
  )
  for (const timer of timers) clearTimeout(timer)
  const unusable = (reason: string, remedy: string): Tried => ({
    name,
    state: 'not usable',
    reason,
    remedy,
    said: driverWords(probe.said()),
  })

  const [opened, refused, measured, failed] = [of('opened'), of('refused'), of('measured'), of('failed')]
  if (refused) return unusable(refused.reason, refused.remedy)
  if (opened && measured) {
    const { device, software } = opened
    return { name, state: 'measured', device, software, speed: measured.speed, atMost: false }
  }
  if (opened?.software && lateMs !== undefined) {
    const stepsPerSecond = 1000 / lateMs
    const speed = { stepsPerSecond, itemsPerSecond: stepsPerSecond * ITEMS_PER_STEP }
    return { name, state: 'measured', device: opened.device, software: true, speed, atMost: true }
  }
  const where = opened ? `${opened.device} ` : ''
  if (failed) return unusable(`${where}fails in a training step: ${failed.reason}`, ELSEWHERE)
  if (lateMs !== undefined) return unusable(`${where}gives no answer in ${Math.round(lateMs / 1000)} s`, ELSEWHERE)
  return unusable(`${where}crashes: ${crash ?? 'it ends without an answer'}`, ELSEWHERE)
}

/** Warnings of Dawn and of TensorFlow that say why no GPU is found. The rest of what they print helps nobody. */
function driverWords(stderr: string): string[] {
  const words = stderr.split('\n').flatMap((line) => {
    const [, said] = /(?:^Warning: |(?=could not load dynamic library|failed call to cu))(.*)/i.exec(line) ?? []
    return said ? [said.trim()] : []
  })
  return [...new Set(words)].slice(0, 4)
}
