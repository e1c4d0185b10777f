/**
 * On Dawn: fills 256 MiB for each row of a batch of five, which is more than the gigabyte that the device allows, by parts
 * that fit. Prints, as one line of JSON, the rows of the parts, what was said, and what a part holds.
 */
import * as tf from '@tensorflow/tfjs-core'
import { firstOfRows } from '../../shared/model/model.ts'
import { readyBackend } from '../../trainer/backend.ts'
import { createFittingStep } from '../../trainer/fitting-step.ts'

const { checked } = await readyBackend('webgpu')
const said: string[] = []
const step = createFittingStep(
  ({ batch }) =>
    checked(async () => {
      const filled = tf.fill([batch.sequences * 2 ** 26], 3)
      const last = tf.slice(filled, [filled.size - 1], [1])
      try {
        return { rows: batch.sequences, last: (await last.data())[0] }
      } finally {
        filled.dispose()
        last.dispose()
      }
    }),
  (message) => said.push(message),
)
const column = new Int32Array(10)
const batch = { rows: column, actions: column, gaps: column, first: firstOfRows(5, 2, 2), sequences: 5, length: 2 }
const parts = await step.run({ ...batch, at: Int32Array.of(0, 2, 4, 6, 8), targets: new Int32Array(5) })
console.log(JSON.stringify({ parts, said }))
process.exit()
