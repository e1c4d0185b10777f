import { beforeAll, describe, expect, it } from 'vitest'
import { compile } from '../../../shared/model/compile.ts'
import { withKernel } from '../../../shared/model/kernel.ts'
import { initParams } from '../../../shared/model/params.ts'
import { kernel } from '../../../trainer/kernel.ts'
import { compareKernel } from './kernel-agreement.ts'

let bytes: Uint8Array<ArrayBuffer>
let module: WebAssembly.Module
beforeAll(async () => {
  bytes = await kernel('rank', { importMemory: true })
  module = new WebAssembly.Module(bytes)
})

describe('the kernel', () => {
  it('gives what the plain loops give, whatever the sizes and the values', () => {
    const { compared, disagreements } = compareKernel(module)
    expect(disagreements.slice(0, 10)).toEqual([])
    expect(compared).toBeGreaterThan(50_000)
  })

  it('leaves a model alone that is too wide for its sums', () => {
    const config = { items: 3, contentWidth: 0, width: 513, blocks: 1, heads: 1, window: 2, hidden: 4 }
    const model = compile(config, initParams(config, 1))
    expect(withKernel(model, module)).toBe(model)
  })

  it('weighs at most two kilobytes', () => {
    expect(bytes.length).toBeLessThanOrEqual(2048)
  })
})
