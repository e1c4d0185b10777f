/** `vitrine round`: asks shoppers' browsers to improve the model, and publishes what they made of it. */
import { join } from 'node:path'
import { defineCommand } from 'citty'
import { VDAFS } from '../../shared/federated/counts.ts'
import { vdafOf } from '../../shared/federated/vdaf.ts'
import { SHARED, sharedLength } from '../../shared/model/shared-vector.ts'
import type { ResultEntry, RoundEntry } from '../../shared/tlog/entry.ts'
import { buildWeb } from '../child.ts'
import { loadHistories } from '../datasets/load.ts'
import { FEDERATION } from '../federation/learning.ts'
import { field64 } from '../field64.ts'
import { growingShares, numberBetween, wholeNumber } from '../flags.ts'
import { type Destination, publish, readPrevious } from '../publish.ts'
import { makeRelease } from '../release.ts'
import { type Applied, applyRound } from '../rounds/apply-round.ts'
import { readNetwork, takeBack } from '../rounds/next-bundle.ts'
import { endRound } from '../rounds/rounds.ts'
import { ARM_COUNT, finishStages, type StagePlan } from '../rounds/staged-release.ts'
import { openTask, TASK_FLAGS } from '../rounds/task-flags.ts'
import { UserError } from '../user-error.ts'

export default defineCommand({
  meta: {
    name: 'round',
    description: `Run rounds in which shoppers' browsers improve the shared model: nobody sees what any of them did.
Two aggregators ("vitrine aggregate") add up what comes; the tag must name them ("vitrine publish --leader URL --helper URL").
Stopped anywhere, it goes on from there. "vitrine privacy" says how large and how many the rounds should be.

With --stages a changed model goes to some browsers first. Both they and the others answer, in rounds of counting, whether their model
foretold what they wanted: where it is no worse, it goes to more of them, and where it is worse, it is taken back.

Examples:
  vitrine round --to bundles --leader http://127.0.0.1:8091 --helper http://127.0.0.1:8092 --hours 168
  vitrine round --to bundles --leader https://l.example --helper https://h.example --stages 0.1,0.5 --data orders.csv
  VITRINE_TOKEN=… vitrine round --edge https://edge.example --leader https://l.example --helper https://h.example --rounds 10`,
  },
  args: {
    ...TASK_FLAGS,
    rounds: { type: 'string', default: '1', valueHint: 'N', description: 'One after the other' },
    task: { type: 'string', default: 'model-updates', valueHint: 'NAME', description: 'What the task is called' },
    clip: {
      type: 'string',
      default: String(FEDERATION.clipNorm),
      valueHint: 'S',
      description: 'The largest norm of an update',
    },
    data: {
      type: 'string',
      valueHint: 'PATH',
      description: 'Histories of the shop: what a round makes of the model must not be worse for these shoppers',
    },
    rate: {
      type: 'string',
      default: String(FEDERATION.optimiser.rate),
      valueHint: 'η',
      description: 'Of the server’s step, which is Adam’s',
    },
    state: {
      type: 'string',
      default: join('.vitrine', 'rounds'),
      valueHint: 'FOLDER',
      description: 'Where the server’s steps are kept',
    },
    stages: {
      type: 'string',
      valueHint: '0.1,0.5',
      description: 'Shares of browsers that a changed model goes to first; else to all at once',
    },
    margin: {
      type: 'string',
      default: '0.05',
      valueHint: 'LOSS',
      description: 'Of hit rate (0.05 is 5 points), that a stage must rule out',
    },
    patience: {
      type: 'string',
      default: '4',
      valueHint: 'N',
      description: 'Rounds of counting a stage that release something; what is still unknown then is taken back',
    },
    json: { type: 'boolean', default: false, description: 'Print a line of JSON for each round' },
  },
  async run({ args }) {
    const rounds = wholeNumber('--rounds', args.rounds, 10)
    const rate = numberBetween('--rate', args.rate, [0, 1e6], 1)
    const clipNorm = numberBetween('--clip', args.clip, [Number.MIN_VALUE, 1e6], 1)
    const plan = {
      shares: args.stages === undefined ? [] : growingShares('--stages', args.stages),
      margin: numberBetween('--margin', args.margin, [0, 1], 0.05),
      patience: wholeNumber('--patience', args.patience, 4),
    }
    requireAnswerable(plan, wholeNumber('--participations', args.participations, 10))
    const heldOut = args.data === undefined ? undefined : await loadHistories(args.data)
    const { publisher, task, id, claim, nextRound } = await openTask(args, args.task, async (destination) => {
      const previous = await readPrevious(destination)
      const network = previous && (await readNetwork(previous))
      if (!network) throw new UserError('no network is published', 'publish one first: "vitrine publish --run RUN"')
      const dimension = sharedLength(network.config, SHARED)
      return { kind: 'pine', dimension, clipNorm, fractionBits: FEDERATION.fractionBits }
    })
    if (args.data === undefined && claim.kind !== 'demonstration') {
      throw new UserError(
        'nothing says whether a round makes the model better',
        'name histories of the shop with --data PATH',
      )
    }
    const vectors = await field64()
    const { key, destination } = publisher
    await requireStages(destination, plan)
    const finish = async (round: RoundEntry) => {
      const ended = await endRound(id, publisher)
      const { result } = ended
      const released = {
        ...{ task, round, ended, vdaf: vdafOf(task, vectors), folder: join(args.state, id), heldOut },
        ...{ optimiser: { ...FEDERATION.optimiser, rate }, share: plan.shares[0] },
      }
      const applied = await applyRound(released, publisher, (bundle) => publish(bundle, key, destination))
      if (args.json) console.log(JSON.stringify({ ...result, applied }))
      else console.log(`round ${result.round}: ${outcomeText(result, applied)}`)
    }
    const count = plan.shares.length > 0 ? await openTask(args, ARM_COUNT, async () => VDAFS[ARM_COUNT]) : undefined
    /** @returns whether the release was taken back */
    const finishRelease = async (): Promise<boolean> => {
      const { round, result } = (await destination.standing()).tasks?.[id] ?? {}
      const expected = result?.outcome === 'released' ? result.reports : task.minBatch
      const released =
        count &&
        (await finishStages({
          ...{ publisher, plan, expected, task: count.task, taskId: count.id, nextRound: count.nextRound },
          folder: join(args.state, count.id),
          takeBack: async () => round && takeBack(join(args.state, id), round.round),
        }))
      if (released && args.json) console.log(JSON.stringify(released))
      // What came of the round is undone with it.
      if (released?.outcome === 'rolled-back' && round) await finish(round)
      return released?.outcome === 'rolled-back'
    }
    // One that had ended when this was stopped may not have become a model yet, or not everyone's.
    const last = (await destination.standing()).tasks?.[id]
    if (!(await finishRelease()) && last?.round && last.result?.outcome === 'released') {
      await finish(last.round)
      await finishRelease()
    }
    for (let n = 0; n < rounds; n++) {
      await finish(await nextRound())
      await finishRelease()
    }
  },
})

/** @throws UserError where shoppers may not answer as often as the stages could take */
function requireAnswerable({ shares, patience }: StagePlan, participations: number): void {
  if (shares.length * patience <= participations) return
  throw new UserError(
    `${shares.length} stages of ${patience} rounds ask each shopper more than ${participations} times`,
    `with --patience ${Math.max(1, Math.floor(participations / shares.length))}, or fewer stages, they could all be answered`,
  )
}

/** @throws UserError where a release stands in a stage and nothing says how it goes on, and where browsers cannot know of stages */
async function requireStages(destination: Destination, { shares }: StagePlan): Promise<void> {
  const manifest = (await readPrevious(destination))?.manifest
  if (manifest?.stage && shares.length === 0) {
    const { share, others } = manifest.stage
    throw new UserError(
      `bundle ${manifest.version} is for ${100 * share} % of browsers, and nothing says how it goes on`,
      `name the stages with --stages, or take it back: "vitrine rollback --version ${others.version}"`,
    )
  }
  if (shares.length === 0) return
  const { policy, release } = await destination.standing()
  await buildWeb()
  if (policy && JSON.stringify(release?.files) !== JSON.stringify((await makeRelease(policy)).files)) {
    throw new UserError(
      'the tag on record is of another release than this one, and may not know of stages',
      'publish first: "vitrine publish"',
    )
  }
}

function outcomeText(result: ResultEntry, applied: Applied | undefined): string {
  if (result.outcome === 'aborted') return `nothing is released (${result.reason})`
  const became = applied && 'version' in applied ? `bundle ${applied.version}` : `not published (${applied?.refused})`
  return `${result.reports} reports, ${became}`
}
