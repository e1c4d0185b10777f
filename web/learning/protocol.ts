/** What the shopper's worker and the learning worker say to each other: one lesson each way, then the worker is ended. */
import type { Token } from '../../shared/data/sequence.ts'
import type { Adapter } from '../../shared/model/adapter.ts'
import type { CompiledModel } from '../../shared/model/compile.ts'
import type { PersonalLearning, Trial } from '../../shared/model/personal-gate.ts'
import type { BackendName, MeasuredBackends } from './backend-choice.ts'

export interface LessonRequest {
  /** Without a kernel: its functions cannot travel. */
  model: Omit<CompiledModel, 'kernel'>
  /** Names the network: `networkName`. */
  modelName: string
  /** Oldest first. */
  tokens: Token[]
  popularity: Float32Array
  settings: PersonalLearning
  /** Where TF.js's `.wasm` files are; absent where the page's policy forbids WebAssembly. */
  wasmFolder?: string
  /** Of an earlier page. */
  measured?: MeasuredBackends
  /** Milliseconds since 1970. */
  now: number
}

/** Why there is a new adapter, or why there is none. Whatever was accepted before stands. */
export type LessonResult =
  | { outcome: 'accepted'; adapter: Adapter; trial: Trial; backend: BackendName; measured: MeasuredBackends }
  | { outcome: 'rejected'; trial: Trial; backend: BackendName; measured: MeasuredBackends }
  | { outcome: 'too-few' }
  | { outcome: 'no-backend'; measured: MeasuredBackends }
  | { outcome: 'device-lost' | 'failed'; backend?: BackendName }
