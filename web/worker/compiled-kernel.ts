/** `shared/kernels/rank.ts`, compiled by `web/build.ts` and written into the worker as hexadecimal: bytes that repeat compress. */
declare const RANK_KERNEL: string

let compiled: WebAssembly.Module | undefined
let refused = false

/**
 * Only for a page whose tag says `data-wasm`. No browser tells whether a Content-Security-Policy allows WebAssembly until
 * one tries, and a try that is refused is reported to the shop, or printed.
 * @returns undefined where WebAssembly or SIMD is missing or refused: the plain loops do the same
 */
export function compiledKernel(): WebAssembly.Module | undefined {
  if (compiled || refused) return compiled
  try {
    compiled = new WebAssembly.Module(
      Uint8Array.from(RANK_KERNEL.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16)),
    )
  } catch {
    refused = true
  }
  return compiled
}
