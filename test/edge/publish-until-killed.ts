/** Publishes version after version into the folder it is given, and says each one that is on record, until it is killed. */
import { Problem } from '../../edge/problem.ts'
import { openSample, publish, putAll, sampleBundle } from './sample-bundle.ts'

const [folder, mode, salt] = process.argv.slice(2)
const store = await openSample(folder)
const next = async () => ((await store.log.head()).standing.model?.version ?? 0) + 1
if (mode === 'chunks-only') {
  await putAll(store, await sampleBundle(await next(), salt))
  console.log('put')
  await new Promise((resolve) => setTimeout(resolve, 60_000))
}
for (;;) {
  const bundle = await sampleBundle(await next(), salt)
  try {
    await publish(store, bundle)
    console.log(JSON.stringify(bundle.latest))
  } catch (error) {
    // Another publisher was first: then ours is the one after.
    if (!(error instanceof Problem && error.status === 409)) throw error
  }
}
