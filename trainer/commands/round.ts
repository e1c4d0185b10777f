/** `vitrine round`: asks shoppers' browsers to improve the model, and publishes what they made of it. */
import { join } from 'node:path'
import { defineCommand } from 'citty'
import { claimOf, policyProblem } from '../../shared/federated/policy.ts'
import { vdafOf } from '../../shared/federated/vdaf.ts'
import { networkHash } from '../../shared/model/bundle.ts'
import { SHARED, sharedLength } from '../../shared/model/shared-vector.ts'
import type { ResultEntry, RoundEntry, TaskEntry } from '../../shared/tlog/entry.ts'
import { loadHistories } from '../datasets/load.ts'
import { FEDERATION } from '../federation/learning.ts'
import { field64 } from '../field64.ts'
import { numberBetween, wholeNumber } from '../flags.ts'
import { KEY_FLAGS, openPublisherKey } from '../keys.ts'
import { publish, readPrevious, requirePublisher } from '../publish.ts'
import { aggregatorClient } from '../rounds/aggregator-client.ts'
import { type Applied, applyRound } from '../rounds/apply-round.ts'
import { readNetwork } from '../rounds/next-bundle.ts'
import { declareTask, endRound, openRound } from '../rounds/rounds.ts'
import { LOG_FLAGS } from '../shop-store.ts'
import { UserError } from '../user-error.ts'
import { destinationOf } from './publish.ts'

export default defineCommand({
  meta: {
    name: 'round',
    description: `Run rounds in which shoppers' browsers improve the shared model: nobody sees what any of them did.
Two aggregators ("vitrine aggregate") add up what comes; the tag must name them ("vitrine publish --leader URL --helper URL").
Stopped anywhere, it goes on from there. "vitrine privacy" says how large and how many the rounds should be.

Examples:
  vitrine round --to bundles --leader http://127.0.0.1:8091 --helper http://127.0.0.1:8092 --hours 168
  VITRINE_TOKEN=… vitrine round --edge https://edge.example --leader https://l.example --helper https://h.example --rounds 10`,
  },
  args: {
    to: { type: 'string', valueHint: 'FOLDER', description: 'A folder that "vitrine serve" serves' },
    edge: { type: 'string', valueHint: 'URL', description: 'An edge; its token in VITRINE_TOKEN' },
    leader: {
      type: 'string',
      required: true,
      valueHint: 'URL',
      description: 'The aggregator that reports are sent to',
    },
    helper: { type: 'string', required: true, valueHint: 'URL', description: 'The other one' },
    rounds: { type: 'string', default: '1', valueHint: 'N', description: 'One after the other' },
    hours: { type: 'string', default: '168', valueHint: 'N', description: 'That a round is open; parts of one too' },
    task: { type: 'string', default: 'model-updates', valueHint: 'NAME', description: 'What the task is called' },
    'min-batch': { type: 'string', default: '1000', valueHint: 'N', description: 'Fewer reports are never released' },
    noise: {
      type: 'string',
      default: '1',
      valueHint: 'Z',
      description: 'Of each aggregator, in clip norms: "vitrine privacy"',
    },
    clip: {
      type: 'string',
      default: String(FEDERATION.clipNorm),
      valueHint: 'S',
      description: 'The largest norm of an update',
    },
    participations: { type: 'string', default: '10', valueHint: 'K', description: 'Of a shopper, in an epoch at most' },
    separation: {
      type: 'string',
      default: '1',
      valueHint: 'N',
      description: 'Rounds from one of a shopper’s to the next',
    },
    'epoch-rounds': { type: 'string', default: '200', valueHint: 'T', description: 'Rounds of an epoch' },
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
    ...KEY_FLAGS,
    ...LOG_FLAGS,
    json: { type: 'boolean', default: false, description: 'Print a line of JSON for each round' },
  },
  async run({ args }) {
    const openDestination = destinationOf(args)
    const rounds = wholeNumber('--rounds', args.rounds, 10)
    const seconds = Math.round(3600 * numberBetween('--hours', args.hours, [1 / 3600, 24 * 365], 168))
    const rate = numberBetween('--rate', args.rate, [0, 1e6], 1)
    const clipNorm = numberBetween('--clip', args.clip, [Number.MIN_VALUE, 1e6], 1)
    const noiseMultiplier = numberBetween('--noise', args.noise, [0, 1e6], 1)
    const say = (message: string) => console.error(message)
    const key = await openPublisherKey(args.key, args.name)
    const destination = await openDestination(key.name)
    const publisher = { key, destination, say }
    const { policy } = await destination.standing()
    requirePublisher(policy, key)
    const parties = await Promise.all([args.leader, args.helper].map((url) => partyAt(url, key)))
    const [leader, helper] = parties
    const previous = await readPrevious(destination)
    const network = previous && (await readNetwork(previous))
    if (!network) throw new UserError('no network is published', 'publish one first: "vitrine publish --run RUN"')
    const task: TaskEntry = {
      type: 'task',
      name: args.task,
      vdaf: {
        kind: 'pine',
        dimension: sharedLength(network.config, SHARED),
        clipNorm,
        fractionBits: FEDERATION.fractionBits,
      },
      minBatch: wholeNumber('--min-batch', args['min-batch'], 1000),
      noiseMultiplier,
      participations: wholeNumber('--participations', args.participations, 10),
      separation: args.separation === '0' ? 0 : wholeNumber('--separation', args.separation, 10),
      epochRounds: wholeNumber('--epoch-rounds', args['epoch-rounds'], 200),
      leader,
      helper,
    }
    if (!policy?.contribution) {
      throw new UserError(
        'the tag names no aggregators, so that browsers contribute to nothing',
        `vitrine publish … --leader ${args.leader} --helper ${args.helper}`,
      )
    }
    const problem = policyProblem(task, policy.contribution)
    if (problem)
      throw new UserError(
        `browsers would refuse the task: ${problem}`,
        'the tag’s policy says otherwise: publish it anew, or change the task',
      )
    const claim = claimOf(task, task.noiseMultiplier)
    if (args.data === undefined && claim.kind !== 'demonstration') {
      throw new UserError(
        'nothing says whether a round makes the model better',
        'name histories of the shop with --data PATH',
      )
    }
    const heldOut = args.data === undefined ? undefined : await loadHistories(args.data)
    say(`privacy: ${CLAIMS[claim.kind](leader.operator, helper.operator)}`)
    const vectors = await field64()
    const id = await declareTask(task, publisher)
    const finish = async (round: RoundEntry) => {
      const ended = await endRound(id, publisher)
      const { result } = ended
      const released = {
        ...{ task, round, ended, vdaf: vdafOf(task, vectors), folder: join(args.state, id), heldOut },
        optimiser: { ...FEDERATION.optimiser, rate },
      }
      const applied = await applyRound(released, publisher, (bundle) => publish(bundle, key, destination))
      if (args.json) console.log(JSON.stringify({ ...result, applied }))
      else console.log(`round ${result.round}: ${outcomeText(result, applied)}`)
    }
    // One that had ended when this was stopped may not have become a model yet.
    const last = (await destination.standing()).tasks?.[id]
    if (last?.round && last.result) await finish(last.round)
    for (let n = 0; n < rounds; n++) {
      const now = await readPrevious(destination)
      if (!now) throw new UserError('the published bundle cannot be read', 'publish it again')
      const opens = Math.floor(Date.now() / 1000)
      const round = await openRound(
        id,
        { model: await networkHash(now.manifest), opens, closes: opens + seconds },
        publisher,
      )
      say(`round ${round.round} is open until ${new Date(1000 * round.closes).toISOString()}`)
      await finish(round)
    }
  },
})

function outcomeText(result: ResultEntry, applied: Applied | undefined): string {
  if (result.outcome === 'aborted') return `nothing is released (${result.reason})`
  const became = applied && 'version' in applied ? `bundle ${applied.version}` : `not published (${applied?.refused})`
  return `${result.reports} reports, ${became}`
}

/** Who answers there, by its own word: what browsers go by is pinned in the tag. */
async function partyAt(url: string, key: Parameters<typeof aggregatorClient>[1]): Promise<TaskEntry['leader']> {
  const { operator, key: own } = await aggregatorClient(url, key).identity()
  return { operator, url, key: own }
}

const CLAIMS: Record<ReturnType<typeof claimOf>['kind'], (leader: string, helper: string) => string> = {
  demonstration: () => 'a demonstration: too few reports or no noise, no privacy claim',
  'one-operator': () => 'one operator: no privacy claim',
  claimed: (leader, helper) => `claimed by ${leader} and ${helper}`,
}
