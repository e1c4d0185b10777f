import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { decodeModel, encodeEncoder, encodeVectors } from '../../../shared/model/chunks.ts'
import { LOCAL_TRAINING } from '../../../shared/model/local-update.ts'
import { foldShared, sharedLength } from '../../../shared/model/shared-vector.ts'
import { foretell, wishesOf } from '../../../shared/model/wishes.ts'
import { type Crowd, openCrowd } from '../../../trainer/federation/crowd.ts'
import { history, SMALL, smallNetwork } from '../../shared/model/small-network.ts'

const backbone = smallNetwork('crowd')
const lessons = Array.from({ length: 7 }, (_, n) => {
  const tokens = history(`lesson ${n}`, 12 + n)
  return { shopper: `s${n}`, tokens, wishes: wishesOf(tokens) }
})
const popularity = Float32Array.from({ length: SMALL.items }, (_, item) => item)
const training = { ...LOCAL_TRAINING, negatives: 6 }
const vector = Float64Array.from({ length: sharedLength(SMALL, training.shared) }, (_, n) => 0.03 * Math.sin(n))
const devices = [5, 0, 3, 3, 6].map((lesson, n) => ({ lesson, seed: `device ${n}` }))
const crowds: Crowd[] = []

beforeAll(async () => {
  for (const threads of [1, 3]) {
    crowds.push(await openCrowd({ backbone, lessons, questions: lessons, popularity, training }, threads))
  }
}, 60_000)
afterAll(async () => {
  for (const crowd of crowds) await crowd.close()
})

describe('a crowd', () => {
  it('learns the same on one thread and on three, each device for itself', async () => {
    const [one, three] = await Promise.all(crowds.map((crowd) => crowd.updates(vector, devices)))
    expect(three).toEqual(one)
    expect(one).toHaveLength(devices.length)
    // The same history with other draws is another device's update; alone it is what it was among others.
    expect(one[2]).not.toEqual(one[3])
    expect((await crowds[0].updates(vector, [devices[3]]))[0]).toEqual(one[3])
    expect((await crowds[1].updates(new Float64Array(vector.length), [devices[3]]))[0]).not.toEqual(one[3])
  })

  it('says of a vector what the published model says, in the order of the questions', async () => {
    const shipped = decodeModel(encodeVectors(backbone), encodeEncoder(foldShared(backbone, training.shared, vector)))
    const asked = [4, 1, 6, 2]
    const told = await crowds[1].foretell(vector, asked)
    asked.forEach((n, at) => {
      const { losses, ranks } = foretell(shipped, lessons[n].tokens, lessons[n].wishes)
      expect(told[at].losses).toHaveLength(losses.length)
      told[at].losses.forEach((loss, wish) => {
        expect(loss).toBeCloseTo(losses[wish], 4)
        const rank = ranks[wish]
        expect(told[at].ndcg[wish]).toBeCloseTo(rank <= 10 ? 1 / Math.log2(rank + 1) : 0, 10)
      })
    })
  })

  it('passes on why a thread failed', async () => {
    await expect(crowds[0].updates(vector.subarray(1), devices)).rejects.toThrow('floats')
  })
})
