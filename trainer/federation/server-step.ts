/**
 * What the trainer makes of a round's mean update: one step of an optimiser, of which the mean is the negative gradient
 * (Reddi et al. 2021, "Adaptive Federated Optimization", algorithm 2). All is values: the same rounds in the same order
 * give the same vector.
 *
 *     average     x ← x + η Δ                                            FedAvg (McMahan et al. 2017), η = 1
 *     momentum    m ← β m + Δ            x ← x + η m                     FedAvgM
 *     adam        m ← β₁ m + (1 − β₁) Δ   v ← β₂ v + (1 − β₂) Δ²
 *                 x ← x + η m̂ / (√v̂ + τ)                                 FedAdam
 *
 * m̂ and v̂ are m / (1 − β₁ᵗ) and v / (1 − β₂ᵗ) as in Adam; Reddi et al. leave the correction out, which rounds by the hundred
 * do not need and ours, which are few, do.
 */
export type ServerOptimiser =
  | { kind: 'average'; rate: number }
  | { kind: 'momentum'; rate: number; momentum: number }
  | { kind: 'adam'; rate: number; beta1: number; beta2: number; adaptivity: number }

export interface ServerState {
  /** (d) x, the shared vector. */
  vector: Float64Array
  /** (d) m, v; 0 before the first round. */
  mean: Float64Array
  square: Float64Array
  /** t: rounds taken. */
  rounds: number
}

export const startServer = (d: number): ServerState => ({
  vector: new Float64Array(d),
  mean: new Float64Array(d),
  square: new Float64Array(d),
  rounds: 0,
})

/**
 * @param update (d) the mean of the round's updates
 * @throws Error for another length, or what is not finite
 */
export function serverStep(state: ServerState, update: Float64Array, optimiser: ServerOptimiser): ServerState {
  if (update.length !== state.vector.length || !update.every(Number.isFinite)) {
    throw new Error(`server step: an update of ${update.length} numbers, of ${state.vector.length} that must be finite`)
  }
  const rounds = state.rounds + 1
  const moved = (step: (n: number) => number) => state.vector.map((x, n) => x + optimiser.rate * step(n))
  if (optimiser.kind === 'average') return { ...state, rounds, vector: moved((n) => update[n]) }
  if (optimiser.kind === 'momentum') {
    const mean = state.mean.map((m, n) => optimiser.momentum * m + update[n])
    return { ...state, rounds, mean, vector: moved((n) => mean[n]) }
  }
  const { beta1, beta2, adaptivity } = optimiser
  const mean = state.mean.map((m, n) => beta1 * m + (1 - beta1) * update[n])
  const square = state.square.map((v, n) => beta2 * v + (1 - beta2) * update[n] ** 2)
  const [ofMean, ofSquare] = [1 - beta1 ** rounds, 1 - beta2 ** rounds]
  const vector = moved((n) => mean[n] / ofMean / (Math.sqrt(square[n] / ofSquare) + adaptivity))
  return { vector, mean, square, rounds }
}
