/** A task as commands are told of it: who aggregates, how many take part, and how much noise; put on record where it is not. */
import { type Claim, claimOf, policyProblem } from '../../shared/federated/policy.ts'
import { networkHash } from '../../shared/model/bundle.ts'
import type { RoundEntry, TaskEntry } from '../../shared/tlog/entry.ts'
import { destinationOf } from '../commands/publish.ts'
import { numberBetween, wholeNumber } from '../flags.ts'
import { KEY_FLAGS, openPublisherKey, type PublisherKey } from '../keys.ts'
import { type Destination, readPrevious, requirePublisher } from '../publish.ts'
import { LOG_FLAGS } from '../shop-store.ts'
import { UserError } from '../user-error.ts'
import { aggregatorClient } from './aggregator-client.ts'
import { declareTask, openRound, type Publisher } from './rounds.ts'

export const TASK_FLAGS = {
  to: { type: 'string', valueHint: 'FOLDER', description: 'A folder that "vitrine serve" serves' },
  edge: { type: 'string', valueHint: 'URL', description: 'An edge; its token in VITRINE_TOKEN' },
  leader: { type: 'string', required: true, valueHint: 'URL', description: 'The aggregator that reports are sent to' },
  helper: { type: 'string', required: true, valueHint: 'URL', description: 'The other one' },
  hours: { type: 'string', default: '168', valueHint: 'N', description: 'That a round is open; parts of one too' },
  'min-batch': { type: 'string', default: '1000', valueHint: 'N', description: 'Fewer reports are never released' },
  noise: {
    type: 'string',
    default: '1',
    valueHint: 'Z',
    description: 'Of each aggregator, in what one report can change: "vitrine privacy"',
  },
  participations: { type: 'string', default: '10', valueHint: 'K', description: 'Of a shopper, in an epoch at most' },
  separation: {
    type: 'string',
    default: '1',
    valueHint: 'N',
    description: 'Rounds from one of a shopper’s to the next',
  },
  'epoch-rounds': { type: 'string', default: '200', valueHint: 'T', description: 'Rounds of an epoch' },
  ...KEY_FLAGS,
  ...LOG_FLAGS,
} as const

type TaskArgs = { [Flag in 'leader' | 'helper' | 'hours' | 'min-batch' | 'noise']: string } & {
  [Flag in 'participations' | 'separation' | 'epoch-rounds' | 'key']: string
} & { name?: string } & Parameters<typeof destinationOf>[0]

export interface OpenedTask {
  publisher: Publisher & { key: PublisherKey }
  task: TaskEntry
  id: string
  claim: Claim
  /** Opens the next round, of the network that is published, for as long as the flags say; one that is open stays. */
  nextRound(): Promise<RoundEntry>
}

/**
 * @param name of the task
 * @param vdafOf what it sums, where that is published
 * @throws UserError where browsers would take no part, or an aggregator refuses
 */
export async function openTask(
  args: TaskArgs,
  name: string,
  vdafOf: (destination: Destination) => Promise<TaskEntry['vdaf']>,
): Promise<OpenedTask> {
  const openDestination = destinationOf(args)
  const seconds = Math.round(3600 * numberBetween('--hours', args.hours, [1 / 3600, 24 * 365], 168))
  const numbers = {
    minBatch: wholeNumber('--min-batch', args['min-batch'], 1000),
    noiseMultiplier: numberBetween('--noise', args.noise, [0, 1e6], 1),
    participations: wholeNumber('--participations', args.participations, 10),
    separation: args.separation === '0' ? 0 : wholeNumber('--separation', args.separation, 10),
    epochRounds: wholeNumber('--epoch-rounds', args['epoch-rounds'], 200),
  }
  const say = (message: string) => console.error(message)
  const key = await openPublisherKey(args.key, args.name)
  const destination = await openDestination(key.name)
  const publisher = { key, destination, say }
  const { policy } = await destination.standing()
  requirePublisher(policy, key)
  const [leader, helper] = await Promise.all([args.leader, args.helper].map((url) => partyAt(url, key)))
  const task: TaskEntry = { type: 'task', name, vdaf: await vdafOf(destination), ...numbers, leader, helper }
  if (!policy?.contribution) {
    throw new UserError(
      'the tag names no aggregators, so that browsers contribute to nothing',
      `vitrine publish … --leader ${args.leader} --helper ${args.helper}`,
    )
  }
  const problem = policyProblem(task, policy.contribution)
  if (problem) {
    const remedy = 'the tag’s policy says otherwise: publish it anew, or change the task'
    throw new UserError(`browsers would refuse the task: ${problem}`, remedy)
  }
  const claim = claimOf(task, task.noiseMultiplier)
  say(`privacy: ${CLAIMS[claim.kind](leader.operator, helper.operator)}`)
  const id = await declareTask(task, publisher)
  return {
    ...{ publisher, task, id, claim },
    async nextRound() {
      const previous = await readPrevious(destination)
      if (!previous) throw new UserError('the published bundle cannot be read', 'publish it again')
      const opens = Math.floor(Date.now() / 1000)
      const model = await networkHash(previous.manifest)
      const round = await openRound(id, { model, opens, closes: opens + seconds }, publisher)
      say(`round ${round.round} is open until ${new Date(1000 * round.closes).toISOString()}`)
      return round
    },
  }
}

/** Who answers there, by its own word: what browsers go by is pinned in the tag. */
async function partyAt(url: string, key: PublisherKey): Promise<TaskEntry['leader']> {
  const { operator, key: own } = await aggregatorClient(url, key).identity()
  return { operator, url, key: own }
}

const CLAIMS: Record<Claim['kind'], (leader: string, helper: string) => string> = {
  demonstration: () => 'a demonstration: too few reports or no noise, no privacy claim',
  'one-operator': () => 'one operator: no privacy claim',
  claimed: (leader, helper) => `claimed by ${leader} and ${helper}`,
}
