/** The real wire gives the mean that the plaintext short cut gives: to the last bit without noise. */
import { expect, it } from 'vitest'
import { seeded } from '../../../shared/data/random.ts'
import { updateParameters } from '../../../shared/federated/model-update.ts'
import { shareBytes } from '../../../shared/federated/pine/parameters.ts'
import { reportBytes } from '../../../shared/federated/report.ts'
import { plaintextAggregation, reportOf } from '../../../trainer/federation/aggregation.ts'
import { openWire } from '../../../trainer/federation/wire.ts'

const SHAPE = { dimension: 300, clipNorm: 0.5, fractionBits: 16 }
const random = seeded('wire')
const updates = Array.from({ length: 70 }, () =>
  reportOf(
    Float64Array.from({ length: SHAPE.dimension }, () => 0.1 * random.normal()),
    SHAPE,
    random,
  ),
)

it('sums what is sent exactly, round after round, in as many bytes as are said', async () => {
  const wire = await openWire(SHAPE, 0)
  try {
    const short = plaintextAggregation(SHAPE, 0, seeded('none'))
    for (const sent of [updates, updates.slice(0, 3)]) expect(await wire.aggregate(sent)).toEqual(await short(sent))
    expect(wire.sentBytes()).toBe((updates.length + 3) * reportBytes(shareBytes(updateParameters(SHAPE))))
  } finally {
    await wire.close()
  }
})

it('adds the noise of both aggregators, of the size that is said', async () => {
  const wire = await openWire(SHAPE, 2)
  try {
    const [noised, plain] = [
      await wire.aggregate(updates),
      await plaintextAggregation(SHAPE, 0, seeded('none'))(updates),
    ]
    const square = noised.reduce((sum, x, n) => sum + (x - plain[n]) ** 2, 0)
    // 300 draws: five standard errors of a variance are .41 of it.
    const expected = SHAPE.dimension * 2 * ((2 * SHAPE.clipNorm) / updates.length) ** 2
    expect(square / expected).toBeGreaterThan(0.59)
    expect(square / expected).toBeLessThan(1.41)
  } finally {
    await wire.close()
  }
})
