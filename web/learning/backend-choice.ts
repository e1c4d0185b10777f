/**
 * Which TF.js back end learns on this device. A network of this size may be quicker on the processor than on the GPU, so
 * where there is a GPU both take a few steps of the shopper's own fit, once, and the quicker is remembered for a week, as
 * is what failed.
 */

export const BACKENDS = ['webgpu', 'wasm'] as const
export type BackendName = (typeof BACKENDS)[number]

/** Milliseconds a step took; undefined for what cannot be had or failed. */
export interface MeasuredBackends {
  measuredAt: number
  stepMs: Partial<Record<BackendName, number>>
}

const REMEMBERED_MS = 7 * 24 * 3_600_000
/** The quicker one of those measured; undefined when none is worth a try, or nothing recent is known. */
export function quickest({ measuredAt, stepMs }: MeasuredBackends, now: number): BackendName | undefined {
  if (!(now >= measuredAt && now - measuredAt < REMEMBERED_MS)) return undefined
  const known = BACKENDS.filter((name) => stepMs[name] !== undefined)
  return known.sort((a, b) => (stepMs[a] as number) - (stepMs[b] as number))[0]
}

/**
 * @param remembered of an earlier page
 * @param stepMs takes some steps on the back end in use
 * @param open makes one the back end in use; false where it cannot be had
 * @returns the back end that is then in use, undefined for none, and what to remember
 */
export async function chooseBackend(
  remembered: MeasuredBackends | undefined,
  now: number,
  open: (name: BackendName) => Promise<boolean>,
  stepMs: () => Promise<number>,
): Promise<{ backend?: BackendName; measured: MeasuredBackends }> {
  // A back end that breaks is one that cannot be had.
  const opens = (name: BackendName) => open(name).catch(() => false)
  const known = remembered && quickest(remembered, now)
  if (remembered && known && (await opens(known))) return { backend: known, measured: remembered }
  const measured: MeasuredBackends = { measuredAt: now, stepMs: {} }
  for (const name of BACKENDS) {
    const ms = (await opens(name)) ? await stepMs().catch(() => undefined) : undefined
    if (ms !== undefined) measured.stepMs[name] = ms
  }
  const backend = quickest(measured, now)
  return backend && (await opens(backend)) ? { backend, measured } : { measured }
}
