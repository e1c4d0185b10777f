/** What comes of trying a back end: it is ready, or there is a reason and something to do about it. */

export interface Opened {
  opened: true
  /** What it runs on, in words. */
  device: string
  /** True when a CPU plays the GPU, or a GPU package found none: correct, and slower than WASM. */
  software: boolean
  /** Into how many parts a step can be divided: the cores of the CPU; 1 on a GPU, which divides it by itself. */
  threads: number
  /**
   * Runs steps, and throws what the device complained of meanwhile. WebGPU reports errors beside the calls that made
   * them, and goes on with zeros; the other back ends throw by themselves.
   */
  checked<T>(run: () => Promise<T>): Promise<T>
}

export interface Refused {
  opened: false
  /** Completes "not used: …". */
  reason: string
  remedy: string
}

export type Opening = Opened | Refused

export const refused = (reason: string, remedy: string): Refused => ({ opened: false, reason, remedy })
