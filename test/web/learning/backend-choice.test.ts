import { describe, expect, it } from 'vitest'
import { type BackendName, chooseBackend, quickest } from '../../../web/learning/backend-choice.ts'

const DAY_MS = 24 * 3_600_000
const NOW = 1_780_000_000_000

/** A device on which some back ends can be had, and how long a step takes on each; undefined where it breaks. */
function device(stepMs: Partial<Record<BackendName, number | undefined>>) {
  const opened: BackendName[] = []
  return {
    opened,
    async open(name: BackendName) {
      opened.push(name)
      return name in stepMs
    },
    async stepMs() {
      const ms = stepMs[opened[opened.length - 1]]
      if (ms === undefined) throw new Error('the device is lost')
      return ms
    },
  }
}

describe('the back end that learns', () => {
  it.each([
    [{ webgpu: 4, wasm: 30 }, 'webgpu'],
    [{ webgpu: 90, wasm: 30 }, 'wasm'],
    [{ wasm: 30 }, 'wasm'],
    [{ webgpu: undefined, wasm: 30 }, 'wasm'],
    [{ webgpu: 4 }, 'webgpu'],
    [{ webgpu: undefined }, undefined],
    [{}, undefined],
  ] as const)('on a device of %j is %s, which is then in use', async (stepMs, expected) => {
    const { open, stepMs: step, opened } = device(stepMs)
    const { backend } = await chooseBackend(undefined, NOW, open, step)
    expect(backend).toBe(expected)
    if (expected) expect(opened.at(-1)).toBe(expected)
  })

  it('is measured once, and remembered for a week', async () => {
    const first = device({ webgpu: 90, wasm: 30 })
    const { measured } = await chooseBackend(undefined, NOW, first.open, first.stepMs)
    expect(measured).toEqual({ measuredAt: NOW, stepMs: { webgpu: 90, wasm: 30 } })
    const later = device({ webgpu: 1, wasm: 30 })
    const again = await chooseBackend(measured, NOW + 6 * DAY_MS, later.open, later.stepMs)
    expect([again.backend, later.opened]).toEqual(['wasm', ['wasm']])
    const muchLater = device({ webgpu: 1, wasm: 30 })
    expect((await chooseBackend(measured, NOW + 8 * DAY_MS, muchLater.open, muchLater.stepMs)).backend).toBe('webgpu')
  })

  it('is measured again when the remembered one is gone, or the clock was set back', async () => {
    const { open, stepMs } = device({ wasm: 30 })
    const gone = { measuredAt: NOW, stepMs: { webgpu: 4 } }
    expect((await chooseBackend(gone, NOW + 1, open, stepMs)).backend).toBe('wasm')
    expect(quickest({ measuredAt: NOW, stepMs: { wasm: 30 } }, NOW - 1)).toBeUndefined()
  })
})
