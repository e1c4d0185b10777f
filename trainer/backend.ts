/**
 * Makes a TF.js back end ready in Node: the first of `BACKENDS` that works, which is the fastest, or the one asked for.
 * TF.js has one back end in use in a thread, so there is one here too.
 */
// Gradients and chained methods, which tfjs-core alone lacks, for every back end.
import '@tensorflow/tfjs'
import { openCuda } from './backends/cuda.ts'
import { type Opened, type Opening, type Refused, refused } from './backends/opening.ts'
import { selfTest } from './backends/self-test.ts'
import { openWasm } from './backends/wasm.ts'
import { openWebGpu } from './backends/webgpu.ts'
import { UserError } from './user-error.ts'

/** In the order in which they are tried. */
export const BACKENDS = ['tfjs-node-gpu', 'webgpu', 'wasm'] as const
export type BackendName = (typeof BACKENDS)[number]
export const BACKEND_CHOICES = ['auto', ...BACKENDS] as const
export type BackendChoice = (typeof BACKEND_CHOICES)[number]

export interface PassedOver extends Pick<Refused, 'reason' | 'remedy'> {
  name: BackendName
}

export interface Backend extends Opened {
  name: BackendName
  /** Those tried before it, each with why it is not used. */
  passedOver: PassedOver[]
}

const OPEN: Record<BackendName, (allowSoftware: boolean) => Promise<Opening>> = {
  'tfjs-node-gpu': openCuda,
  webgpu: openWebGpu,
  wasm: openWasm,
}

let ready: Promise<Backend> | undefined

/**
 * The back end of this thread. The first call chooses; later ones get what it chose.
 * @param choice a name: that one or none, and software in the place of a GPU is taken too
 * @throws UserError when the back end asked for cannot be had, or another is in use
 */
export async function readyBackend(choice: BackendChoice = 'auto'): Promise<Backend> {
  ready ??= open(choice)
  const backend = await ready.catch((error: unknown) => {
    ready = undefined
    throw error
  })
  if (choice === 'auto' || choice === backend.name) return backend
  throw new UserError(
    `--backend ${choice}: ${backend.name} is in use already`,
    'start another process for another back end',
  )
}

async function open(choice: BackendChoice): Promise<Backend> {
  const passedOver: PassedOver[] = []
  for (const name of choice === 'auto' ? BACKENDS : [choice]) {
    const opening = await tryBackend(name, choice !== 'auto')
    if (opening.opened) return { ...opening, name, passedOver }
    passedOver.push({ name, reason: opening.reason, remedy: opening.remedy })
  }
  const { name, reason, remedy } = passedOver[passedOver.length - 1]
  throw new UserError(`--backend ${choice}: ${name} is not usable: ${reason}`, remedy)
}

/**
 * Opens a back end and holds it to a gradient that is known. It is then the one in use.
 * @param allowSoftware also where a CPU plays the GPU
 */
export async function tryBackend(name: BackendName, allowSoftware: boolean): Promise<Opening> {
  const said = (error: Error) => error.message.split('\n')[0]
  const opening = await OPEN[name](allowSoftware).catch((error: Error) =>
    refused(`fails to start: ${said(error)}`, ELSEWHERE),
  )
  if (!opening.opened) return opening
  const wrong = await opening.checked(selfTest).catch((error: Error) => `fails: ${said(error)}`)
  return wrong === undefined ? opening : refused(`${opening.device} ${wrong}`, ELSEWHERE)
}

const ELSEWHERE = 'update its driver, or train on another back end with --backend'
