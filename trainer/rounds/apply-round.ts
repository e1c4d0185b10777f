/** A released round becomes a published model, or none where the published network is another one by now. */
import type { Vdaf } from '../../shared/federated/vdaf.ts'
import { foldShared, SHARED } from '../../shared/model/shared-vector.ts'
import type { RoundEntry, TaskEntry } from '../../shared/tlog/entry.ts'
import type { Histories } from '../datasets/histories.ts'
import type { ServerOptimiser } from '../federation/server-step.ts'
import { type Bundle, readPrevious } from '../publish.ts'
import { type Gate, gate, heldOutOf } from './gate.ts'
import { isOf, isTaken, isTakenBack, meanUpdate, readNetwork, stepOf, takeBack, withNetwork } from './next-bundle.ts'
import type { Ended, Publisher } from './rounds.ts'
import { withStage } from './staged-release.ts'

interface Released {
  task: TaskEntry
  round: RoundEntry
  ended: Ended
  vdaf: Vdaf
  optimiser: ServerOptimiser
  /** Of the task's steps. */
  folder: string
  /** Of browsers, that a changed network is for at first; absent where it is for all. */
  share?: number
  /** Whose wishes the changed network must not foretell worse; absent only in a demonstration. */
  heldOut?: Histories
}

/** What was published, or why nothing was. */
export type Applied =
  | { version: number; gate?: Gate }
  | { refused: 'stale-model' | 'rolled-back' | 'no-change' | 'gate'; gate?: Gate }

export async function applyRound(
  { task, round, ended: { result, aggregate }, vdaf, optimiser, folder, share, heldOut }: Released,
  { destination, say = () => {} }: Publisher,
  publish: (bundle: Bundle) => Promise<void>,
): Promise<Applied | undefined> {
  if (result.outcome !== 'released' || !aggregate) return undefined
  const previous = await readPrevious(destination)
  const network = previous && (await readNetwork(previous))
  if (!previous || !network || !(await isOf(previous, round.model))) {
    say(`round ${round.round} was of another network than the one that is published: it is not applied`)
    return { refused: 'stale-model' }
  }
  const { model } = await destination.standing()
  // By hand: the network is again what it was, and the round has had its try.
  const isUndone = model?.type === 'rollback' && Date.parse(previous.manifest.created) >= 1000 * round.closes
  if (isUndone && (await isTaken(folder, round.round))) await takeBack(folder, round.round)
  if (await isTakenBack(folder, round.round)) {
    say(`what round ${round.round} made of the network was taken back: it is not applied`)
    return { refused: 'rolled-back' }
  }
  const { change, keep } = await stepOf(
    folder,
    round.round,
    meanUpdate(task, vdaf, aggregate, result.reports),
    optimiser,
  )
  const changed = foldShared(network, SHARED, change)
  const tried = heldOut && gate(await heldOutOf(heldOut, previous), network, changed)
  if (tried && !tried.passes) {
    say(`round ${round.round} makes the network worse for held-out shoppers: it is not published`)
    return { refused: 'gate', gate: tried }
  }
  const bundle = await withNetwork(previous, changed, (model?.version ?? 0) + 1, Date.now())
  if (!bundle) {
    say(`round ${round.round} changes nothing that a browser would notice`)
    return { refused: 'no-change' }
  }
  await keep()
  const others = model && { version: model.version, manifest: model.manifest }
  await publish(share !== undefined && others ? await withStage(bundle, { share, others }) : bundle)
  return { version: bundle.manifest.version, ...(tried ? { gate: tried } : {}) }
}
