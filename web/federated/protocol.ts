/** What a contributor is told. It answers once, when it is done. */
import type { Policy } from '../../shared/tlog/policy.ts'
import type { Material } from '../learning/protocol.ts'

export type ToContributor =
  | {
      type: 'contribute'
      edge: string
      policy: Policy
      material: Required<Pick<Material, 'model' | 'modelName' | 'tokens' | 'popularity'>> & Pick<Material, 'learned'>
      /** What learns: the learning worker's code, and TF.js's `.wasm` file where the page allows WebAssembly. */
      learning: { script: Uint8Array<ArrayBuffer>; wasm?: Uint8Array<ArrayBuffer> }
    }
  /** What is to be sent again or taken back, and nothing more. */
  | { type: 'settle' }
