/**
 * Compiles a file of `shared/kernels/` to WebAssembly. Those are AssemblyScript: TypeScript's syntax with
 * WebAssembly's types, checked by a tsconfig of their own. They are compiled where they are needed (when the worker is
 * built, before training, in tests), so that no binary lies in the repository; `trainer/kernel.ts` keeps what it made.
 */

/** What we use of `assemblyscript/asc`. Its own types would make i32, v128 and more known to every file of this folder. */
interface Compiler {
  compileString(
    source: string,
    options: Omit<CompilerOptions, 'relaxedSimd'> & {
      optimizeLevel: number
      noAssert: boolean
      enable: string[]
      runtime: string
    },
  ): Promise<{ error: Error | null; binary?: Uint8Array | null; stderr: { toString(): string } }>
}

/** Of the compiler's options those that kernels differ in. Memory is counted in pages of 64 KiB. */
export interface CompilerOptions {
  importMemory?: boolean
  initialMemory?: number
  maximumMemory?: number
  sharedMemory?: boolean
  /** Allows fused multiply-add: faster, rounded once, and so other last digits where the machine has none. */
  relaxedSimd?: boolean
}

const COMPILER: string = 'assemblyscript/asc'

/**
 * SIMD is in every browser since March 2023. The stub runtime has an allocator that never frees: a kernel works on memory
 * that is laid out once.
 */
const FIXED = { optimizeLevel: 3, noAssert: true, runtime: 'stub' }

/**
 * @param source one file, complete in itself: it imports nothing
 * @throws Error with the compiler's messages
 */
export async function compileAssemblyScript(
  source: string,
  { relaxedSimd = false, ...options }: CompilerOptions = {},
): Promise<Uint8Array> {
  // Loaded late: its ten megabytes are for the operator's machine, and only for what is not compiled yet.
  const { compileString } = (await import(/* @vite-ignore */ COMPILER)) as Compiler
  const enable = relaxedSimd ? ['simd', 'relaxed-simd'] : ['simd']
  const { binary, error, stderr } = await compileString(source, { ...FIXED, ...options, enable })
  if (error || !binary) throw new Error(`AssemblyScript: ${stderr.toString() || error?.message || 'no output'}`)
  return binary
}
