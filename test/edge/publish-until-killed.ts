/** Publishes version after version into the folder it is given, and says each one that is committed, until it is killed. */
import { openBundles } from '../../edge/bundles.ts'
import { publish, putAll, sampleBundle } from './sample-bundle.ts'

const [folder, mode] = process.argv.slice(2)
const store = await openBundles(folder)
const first = ((await store.latest())?.version ?? 0) + 1
if (mode === 'chunks-only') {
  await putAll(store, await sampleBundle(first))
  console.log('put')
  await new Promise((resolve) => setTimeout(resolve, 60_000))
}
for (let version = first; ; version++) {
  await publish(store, await sampleBundle(version))
  console.log(version)
}
