/**
 * What is said about learning, between three workers. The learner watches the device beside the shopper's worker, which owns
 * the log, and for each lesson starts a learning worker, the only one that has TF.js.
 */
import type { Token } from '../../shared/data/sequence.ts'
import type { Sight } from '../../shared/federated/counts.ts'
import type { Adapter } from '../../shared/model/adapter.ts'
import type { CompiledModel } from '../../shared/model/compile.ts'
import type { PersonalLearning, Trial } from '../../shared/model/personal-gate.ts'
import type { StageArm } from '../../shared/model/stage.ts'
import type { Policy } from '../../shared/tlog/policy.ts'
import type { Learned } from '../store/adapter.ts'
import type { BackendName, MeasuredBackends } from './backend-choice.ts'
import type { Condition, DeviceState } from './conditions.ts'

/** From the page to the learner, with the port to the shopper's worker. */
export interface LearnerStart {
  edge: string
  policy: Policy
  /** How often it is asked which rounds are open; 0 is once. */
  refreshSeconds: number
  /** The page allows WebAssembly. */
  wasm: boolean
  battery: DeviceState['battery']
}

/** From the learner to the shopper's worker. */
export type FromLearner =
  /** `model`: whether it is wanted too, which is large. */
  | { type: 'ask'; model: boolean }
  /** Empty while a lesson is under way. */
  | { type: 'waiting'; for: Condition[] }
  | { type: 'learned'; learned: Learned }
  /** Something was contributed, or why not was written down. */
  | { type: 'contributed' }

/** What there is to learn from, and what was learned before. */
export interface Material {
  /** Names the network: `networkName`. */
  modelName: string
  /** Oldest first. */
  tokens: Token[]
  learned: Learned | undefined
  /** Everyone's, without a kernel: its functions cannot travel. */
  model?: Omit<CompiledModel, 'kernel'>
  popularity?: Float32Array
  /** Categories of the items, by their numbers, and what was seen on shelves: with the model. */
  categories?: string[]
  sights?: Sight[]
  /** The shopper allows contributions, and the tag's policy has some. `stage`: where this browser stands in a release. */
  contribution?: { stage?: StageArm }
}

/** What any training is given. */
interface Training extends Required<Pick<Material, 'model' | 'tokens' | 'popularity'>> {
  /** TF.js's `.wasm` file; absent where the page's policy forbids WebAssembly. */
  wasm?: Uint8Array<ArrayBuffer>
  /** Of an earlier page. */
  measured?: MeasuredBackends
  /** Milliseconds since 1970. */
  now: number
}

/** For the shopper: what stays here. */
export interface LessonRequest extends Training {
  kind: 'lesson'
  modelName: string
  settings: PersonalLearning
}

/** For everyone: what is clipped, shared and sealed before it leaves (`../federated/contribute.ts`). */
export interface UpdateRequest extends Training {
  kind: 'update'
  /** Milliseconds since 1970: what the shopper did before is context. */
  since: number
}

/** (d) the update, or why there is none. */
export type UpdateResult =
  | { outcome: 'updated'; update: Float32Array }
  | { outcome: 'too-few' | 'no-backend' | 'device-lost' | 'failed' }

/** Why there is a new adapter, or why there is none. Whatever was accepted before stands. */
export type LessonResult =
  | { outcome: 'accepted'; adapter: Adapter; trial: Trial; backend: BackendName; measured: MeasuredBackends }
  | { outcome: 'rejected'; trial: Trial; backend: BackendName; measured: MeasuredBackends }
  | { outcome: 'too-few' }
  | { outcome: 'no-backend'; measured: MeasuredBackends }
  | { outcome: 'device-lost' | 'failed'; backend?: BackendName }
