/** Vectors over Field64, by the compiled kernel. */
import { fastVectors } from '../shared/federated/pine/fast-vectors.ts'
import { kernel } from './kernel.ts'

export async function field64(): Promise<ReturnType<typeof fastVectors>> {
  return fastVectors(await WebAssembly.compile(await kernel('field64', { importMemory: true })))
}
