/** TensorFlow on an NVIDIA GPU, by the optional peer @tensorflow/tfjs-node-gpu. */
import * as tf from '@tensorflow/tfjs-core'
import { type Opening, refused } from './opening.ts'
import { importPeer, isRefused } from './peer.ts'

const PACKAGE = '@tensorflow/tfjs-node-gpu'
const INSTALL = `with an NVIDIA GPU: npm install --no-save ${PACKAGE}@4.22.0 (its binary needs CUDA 11 and cuDNN 8)`

/** @param allowSoftware also where no GPU is found, and TensorFlow runs on the CPU */
export async function openCuda(allowSoftware: boolean): Promise<Opening> {
  const loaded = await importPeer<object>(PACKAGE, INSTALL)
  if (isRefused(loaded)) return loaded
  // Loading registers and selects "tensorflow", in the TF.js that the package itself depends on.
  if (!tf.engine().registryFactory.tensorflow) {
    return refused('the package brings another TF.js with it than Vitrine uses', `install the same one: ${INSTALL}`)
  }
  await tf.setBackend('tensorflow')
  await tf.ready()
  const { isUsingGpuDevice } = tf.backend() as tf.KernelBackend & { isUsingGpuDevice?: boolean }
  if (!isUsingGpuDevice && !allowSoftware) {
    return refused(
      'TensorFlow loads, and sees no CUDA device',
      'check that nvidia-smi lists the GPU and that CUDA 11 and cuDNN 8 are on the library path',
    )
  }
  return {
    opened: true,
    device: isUsingGpuDevice ? 'TensorFlow on a CUDA device' : 'TensorFlow on the CPU: no CUDA device is seen',
    software: !isUsingGpuDevice,
    threads: 1,
    checked: (run) => run(),
  }
}
