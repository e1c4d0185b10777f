/** What a contributor can be asked. */
import type { Policy } from '../../shared/tlog/policy.ts'
import type { Material } from '../learning/protocol.ts'
import type { LedgerEntry } from '../store/ledger.ts'

export interface ContributorQuestions {
  /** To look at the rounds that are open, and to contribute to them. */
  contribute: {
    with: {
      edge: string
      policy: Policy
      material: Required<Pick<Material, 'model' | 'modelName' | 'tokens' | 'popularity' | 'categories' | 'sights'>> &
        Pick<Material, 'learned'> &
        Material['contribution']
      /** What learns: the learning worker's code, and TF.js's `.wasm` file where the page allows WebAssembly. */
      learning: { script: Uint8Array<ArrayBuffer>; wasm?: Uint8Array<ArrayBuffer> }
    }
    answer: undefined
  }
  /** What this browser did in each round that it saw. */
  ledger: { with: object; answer: LedgerEntry[] }
  /** To take back what was contributed to a round, until it closes. Answered with the ledger after that was tried. */
  withdraw: { with: { round: string }; answer: LedgerEntry[] }
}
