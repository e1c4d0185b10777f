/** A released round becomes a published model, or none where the published network is another one by now. */
import type { Vdaf } from '../../shared/federated/vdaf.ts'
import { foldShared, SHARED } from '../../shared/model/shared-vector.ts'
import type { RoundEntry, TaskEntry } from '../../shared/tlog/entry.ts'
import type { ServerOptimiser } from '../federation/server-step.ts'
import { type Bundle, readPrevious } from '../publish.ts'
import { isOf, meanUpdate, readNetwork, stepOf, withNetwork } from './next-bundle.ts'
import type { Ended, Publisher } from './rounds.ts'

interface Released {
  task: TaskEntry
  round: RoundEntry
  ended: Ended
  vdaf: Vdaf
  optimiser: ServerOptimiser
  /** Of the task's steps. */
  folder: string
}

/** @returns the version that was published; undefined where there was nothing to change, or it was changed before */
export async function applyRound(
  { task, round, ended: { result, aggregate }, vdaf, optimiser, folder }: Released,
  { destination, say = () => {} }: Publisher,
  publish: (bundle: Bundle) => Promise<void>,
): Promise<{ version: number } | undefined> {
  if (result.outcome !== 'released' || !aggregate) return undefined
  const previous = await readPrevious(destination)
  const network = previous && (await readNetwork(previous))
  if (!previous || !network || !(await isOf(previous, round.model))) {
    say(`round ${round.round} was of another network than the one that is published: it is not applied`)
    return undefined
  }
  const change = await stepOf(folder, round.round, meanUpdate(task, vdaf, aggregate, result.reports), optimiser)
  const { model } = await destination.standing()
  const bundle = await withNetwork(previous, foldShared(network, SHARED, change), (model?.version ?? 0) + 1, Date.now())
  if (!bundle) {
    say(`round ${round.round} changes nothing that a browser would notice`)
    return undefined
  }
  await publish(bundle)
  return { version: bundle.manifest.version }
}
