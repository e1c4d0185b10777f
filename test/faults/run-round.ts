/** A publisher in a process of its own, to be killed: run-round.ts FOLDER TASK-JSON SECONDS runs the next round of the task to its end. */
import { openStore } from '../../edge/store.ts'
import { declareTask, endRound, openRound } from '../../trainer/rounds/rounds.ts'
import { folderDestination } from '../../trainer/serve.ts'
import { LOG, SHOP } from '../edge/sample-bundle.ts'

const [folder, task, round, seconds] = process.argv.slice(2)
const publisher = { key: SHOP, destination: folderDestination(await openStore(folder, LOG)) }
const id = await declareTask(JSON.parse(task), publisher)
const known = (await publisher.destination.standing()).tasks?.[id]
const opens = Math.floor(Date.now() / 1000)
// Killed after its end was on record: what is left to do is nothing.
if (known?.round?.round !== Number(round) || !known.result) {
  await openRound(id, { model: 'a'.repeat(64), opens, closes: opens + Number(seconds) }, publisher)
}
await endRound(id, publisher)
process.exit()
