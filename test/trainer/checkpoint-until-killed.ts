/** Writes checkpoint after checkpoint into the file it is given, and says each step that is written, until it is killed. */
import { readCheckpoint, writeCheckpoint } from '../../trainer/checkpoint.ts'

const [file] = process.argv.slice(2)
const first = ((await readCheckpoint(file, {}))?.position.step ?? 0) + 1
for (let step = first; ; step++) {
  const numbers = () => new Float32Array(200_000).fill(step)
  await writeCheckpoint(file, {
    about: {},
    position: { step, pass: 1, batches: step },
    record: null,
    params: numbers(),
    moments: { means: numbers(), squares: numbers() },
  })
  console.log(step)
}
