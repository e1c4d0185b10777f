/** Prints, as one line of JSON, the loss curves of a back end of the trainer in a process of its own. */
import * as tf from '@tensorflow/tfjs-core'
import { type BackendName, readyBackend } from '../../../trainer/backend.ts'
import { lossCurve } from './loss-curve.ts'

const [name, steps] = process.argv.slice(2)
const { checked } = await readyBackend(name as BackendName)
// Small tensors would run on the CPU behind our back, and the CPU would be compared with itself.
if (name === 'webgpu') tf.env().set('WEBGPU_CPU_FORWARD', false)
const curves = await checked(async () => ({
  full: await lossCurve('full', Number(steps)),
  sampled: await lossCurve('sampled', Number(steps)),
}))
console.log(JSON.stringify(curves))
process.exit()
