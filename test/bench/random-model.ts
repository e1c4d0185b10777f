/** A network as it ships, with random weights, of any size and in a second: a step costs the same whatever it has learnt. */
import { seeded } from '../../shared/data/random.ts'
import { type CompiledModel, compile } from '../../shared/model/compile.ts'
import { initParams } from '../../shared/model/params.ts'

/** The encoder of DESIGN 5. */
const SHAPE = { contentWidth: 0, width: 64, blocks: 2, heads: 2, window: 50, hidden: 128 }

export function randomModel(items: number): CompiledModel {
  const params = initParams({ ...SHAPE, items: 1 }, 'step')
  const random = seeded('step')
  for (const [name, { values }] of Object.entries(params)) {
    for (let i = 0; i < values.length; i++) {
      if (name.startsWith('token')) values[i] = 0.3 * random.normal()
      else if (name.includes('norm')) values[i] = 0.5 + random.next()
      else if (name.endsWith('distance')) values[i] = random.normal()
    }
  }
  const encoder = compile({ ...SHAPE, items: 1 }, params)
  const values = new Int8Array(items * SHAPE.width)
  const words = new Int32Array(values.buffer)
  // Marsaglia's xorshift: 64 million bytes in a tenth of a second.
  let word = 2_463_534_242
  for (let i = 0; i < words.length; i++) {
    word ^= word << 13
    word ^= word >>> 17
    word ^= word << 5
    words[i] = word
  }
  const scales = Float32Array.from({ length: items }, (_, i) => 0.002 + 0.001 * Math.sin(i))
  const bias = Float32Array.from({ length: items }, (_, i) => 0.1 * Math.cos(i))
  return { ...encoder, config: { ...SHAPE, items }, table: { width: SHAPE.width, values, scales }, bias }
}
