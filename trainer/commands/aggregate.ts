/** `vitrine aggregate`: takes part in rounds, as one of the two aggregators of a task. */
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { defineCommand } from 'citty'
import { pino } from 'pino'
import { DEFAULT_TERMS } from '../../shared/federated/policy.ts'
import { vdafOf } from '../../shared/federated/vdaf.ts'
import { ED25519, parseVerifierKey } from '../../shared/tlog/note.ts'
import { field64 } from '../field64.ts'
import { numberBetween, portOf, wholeNumber } from '../flags.ts'
import { DEMO_NAME, openKey } from '../keys.ts'
import { serveAggregator } from '../serve.ts'
import { UserError } from '../user-error.ts'

export default defineCommand({
  meta: {
    name: 'aggregate',
    description: `Add up what shoppers contribute, as one of two aggregators: neither sees more than its share of a report.
A task names two. Run by one operator they claim no privacy; two operators who do not share their --state do.

Examples:
  vitrine aggregate --publisher shop.example+0a1b2c3d+AbC… --operator "Shop Ltd" --name leader.shop.example --port 8091
  vitrine aggregate --publisher shop.example+0a1b2c3d+AbC… --operator "Other Ltd" --name other.example --port 8092`,
  },
  args: {
    publisher: {
      type: 'string',
      required: true,
      valueHint: 'KEY',
      description: 'Verifier key of the shop whose rounds these are, as "vitrine publish" prints it',
    },
    operator: { type: 'string', required: true, valueHint: 'NAME', description: 'Who runs it, as tasks name them' },
    state: {
      type: 'string',
      default: join('.vitrine', 'aggregator'),
      valueHint: 'FOLDER',
      description: 'Where reports are kept until a round is over; no other process may use it',
    },
    key: {
      type: 'string',
      default: join('.vitrine', 'keys', 'aggregator.json'),
      valueHint: 'FILE',
      description: 'The aggregator’s key; made when absent',
    },
    name: { type: 'string', valueHint: 'NAME', description: `Of a new key; else ${DEMO_NAME}/aggregator` },
    'min-batch': {
      type: 'string',
      default: String(DEFAULT_TERMS.minBatch),
      valueHint: 'N',
      description: 'Takes part in no task that releases sums of fewer reports',
    },
    'min-noise': {
      type: 'string',
      default: String(DEFAULT_TERMS.minNoiseMultiplier),
      valueHint: 'Z',
      description: 'Nor in one with less noise than this many times what one report can change',
    },
    'max-dimension': {
      type: 'string',
      default: String(DEFAULT_TERMS.maxDimension),
      valueHint: 'D',
      description: 'Nor in one with longer vectors',
    },
    'max-participations': {
      type: 'string',
      default: String(DEFAULT_TERMS.maxParticipations),
      valueHint: 'K',
      description: 'Nor in one that a shopper takes part in more often in an epoch',
    },
    'max-reports': { type: 'string', default: '100000', valueHint: 'N', description: 'Of a round; more are put off' },
    'network-limit': {
      type: 'string',
      default: '600',
      valueHint: 'N',
      description: 'Reports an hour from one network (24 bits of IPv4, 48 of IPv6)',
    },
    port: { type: 'string', default: '8091', description: '0 takes any free one' },
    host: { type: 'string', default: '127.0.0.1', description: 'Address to listen on' },
    quiet: { type: 'boolean', default: false, description: 'Log nothing' },
  },
  async run({ args }) {
    const port = portOf(args.port)
    const { type } = await parseVerifierKey(args.publisher).catch((error: Error) => {
      throw new UserError(`--publisher ${args.publisher}: ${error.message}`, 'as "vitrine publish" prints it')
    })
    if (type !== ED25519) throw new UserError(`--publisher ${args.publisher}: is a witness’s key`, 'name the shop’s')
    if (existsSync(args.key) && !existsSync(args.state)) {
      // What it has signed is in there: it could sign a second round of one number.
      throw new UserError(
        `${args.key} has been used, and there is no ${args.state} with what it has signed`,
        'name that folder with --state FOLDER; where it is lost, make a new key with --key FILE',
      )
    }
    const terms = {
      ...DEFAULT_TERMS,
      minBatch: wholeNumber('--min-batch', args['min-batch'], 500),
      minNoiseMultiplier: numberBetween('--min-noise', args['min-noise'], [0, 1e6], 0.5),
      maxDimension: wholeNumber('--max-dimension', args['max-dimension'], 16_384),
      maxParticipations: wholeNumber('--max-participations', args['max-participations'], 10),
    }
    const maxReports = wholeNumber('--max-reports', args['max-reports'], 100_000)
    const requests = wholeNumber('--network-limit', args['network-limit'], 600)
    mkdirSync(args.state, { recursive: true })
    const { name, keys } = await openKey(args.key, {
      name: args.name,
      otherwise: `${DEMO_NAME}/aggregator`,
      kind: 'aggregator',
    })
    const vectors = await field64()
    const served = await serveAggregator({
      folder: args.state,
      signer: { name, keys },
      operator: args.operator,
      publisher: args.publisher,
      terms,
      vdafOf: (task) => vdafOf(task, vectors),
      maxReports,
      limit: { requests, windowSeconds: 3600 },
      port,
      host: args.host,
      log: pino({ level: args.quiet ? 'silent' : 'info' }, pino.destination(2)),
    })
    console.log(`aggregator: ${served.url}  (operator: ${args.operator})`)
    console.log(`key:        ${served.key}`)
    const stop = () => void served.close().then(() => process.exit(0))
    process.once('SIGINT', stop)
    process.once('SIGTERM', stop)
  },
})
