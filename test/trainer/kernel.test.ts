import { describe, expect, it } from 'vitest'
import { compileAssemblyScript } from '../../shared/model/assemblyscript.ts'
import { kernel } from '../../trainer/kernel.ts'

/** Four lanes at once: the sum of two vectors in memory. */
const SOURCE = `export function add(left: usize, right: usize, sum: usize): void {
  v128.store(sum, f32x4.add(v128.load(left), v128.load(right)))
}`

describe('compiling a kernel', () => {
  it('gives a module that runs on the memory it is given', async () => {
    const memory = new WebAssembly.Memory({ initial: 1 })
    const bytes = await compileAssemblyScript(SOURCE, { importMemory: true })
    const { instance } = await WebAssembly.instantiate(Uint8Array.from(bytes), { env: { memory } })
    new Float32Array(memory.buffer, 0, 8).set([1, 2, 3, 4, 0.3, -2, 0, 10])
    const add = instance.exports.add as (left: number, right: number, sum: number) => void
    add(0, 16, 32)
    expect([...new Float32Array(memory.buffer, 32, 4)]).toEqual([Math.fround(1.3), 0, 3, 14].map(Math.fround))
  })

  it('says where the source is wrong', async () => {
    await expect(compileAssemblyScript('export function f(): f32 { return missing }')).rejects.toThrow(/missing/)
  })

  it('gives the same bytes from the cache, and others for other options', async () => {
    const [first, second, shared] = [
      await kernel('rank'),
      await kernel('rank'),
      await kernel('rank', { importMemory: true }),
    ]
    expect(second).toEqual(first)
    expect(shared).not.toEqual(first)
    expect(WebAssembly.validate(first)).toBe(true)
  })
})
