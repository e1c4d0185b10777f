/** `vitrine publish`: a bundle from a history and a run, signed, to a folder or to an edge over HTTP. */
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { defineCommand } from 'citty'
import { TABLE_FORMATS } from '../../shared/model/chunks.ts'
import { encodeTextEncoder } from '../../shared/model/text-encoder.ts'
import { decodeSentiment, MAX_SENTIMENT_BYTES } from '../../shared/profile/sentiment.ts'
import { isContact } from '../../shared/service/contact.ts'
import { openCoupons } from '../../shared/service/coupons.ts'
import { buildWeb } from '../child.ts'
import { loadHistories } from '../datasets/load.ts'
import { measureTransfer, type Transfer } from '../deltas.ts'
import { edgeDestination } from '../edge-destination.ts'
import { KEY_FLAGS, openPublisherKey } from '../keys.ts'
import { type Destination, makeBundle, prepare, publish, readPrevious } from '../publish.ts'
import { CONTRIBUTION_FLAGS, contributionTerms } from '../rounds/contribution-flags.ts'
import { networkOf, readParts, readRun } from '../run-folder.ts'
import { folderDestination, pinnedScriptTag, scriptTag } from '../serve.ts'
import { LOG_FLAGS, openShopStore, POLICY_FLAGS, policyTerms } from '../shop-store.ts'
import { readTextEncoder } from '../text/encoder-file.ts'
import { UserError } from '../user-error.ts'

export default defineCommand({
  meta: {
    name: 'publish',
    description: `Make a bundle, put it where browsers fetch it, and put it on record: the tag and its policy too, where they have changed.

Questions that the shop answers are read from faq.jsonl in the dataset folder, one a line:
  {"id":"returns","question":"How do I return something?","answer":"You have 30 days.","language":"en"}

Examples:
  vitrine publish --data data/shop --run runs/shop --to bundles
  VITRINE_TOKEN=… vitrine publish --data data/shop --run runs/shop --edge https://edge.example`,
  },
  args: {
    data: { type: 'string', required: true, valueHint: 'PATH', description: 'Dataset folder, or a file to import' },
    run: { type: 'string', valueHint: 'FOLDER', description: 'A run of "vitrine train"; without it, counts alone' },
    text: {
      type: 'string',
      valueHint: 'FILE',
      description: 'A text encoder of "vitrine text-encoder", for the shop’s answers',
    },
    sentiment: {
      type: 'string',
      valueHint: 'FILE',
      description: 'A model of "vitrine sentiment", for shoppers’ own reviews; without it, the run’s, if it has one',
    },
    coupons: { type: 'string', valueHint: 'FILE', description: 'A signed list of "vitrine coupons"' },
    contact: {
      type: 'string',
      valueHint: 'URL',
      description: 'Where shoppers ask a person when the FAQ has no answer: https:, mailto: or a path of your shop',
    },
    table: {
      type: 'string',
      default: 'int8',
      valueHint: TABLE_FORMATS.join('|'),
      description: 'How item vectors travel; int4 is half the bytes and a measured loss: "vitrine evaluate --tables"',
    },
    to: { type: 'string', valueHint: 'FOLDER', description: 'A folder that "vitrine serve" serves' },
    edge: { type: 'string', valueHint: 'URL', description: 'An edge; its token in VITRINE_TOKEN' },
    ...KEY_FLAGS,
    'previous-key': {
      type: 'string',
      valueHint: 'FILE',
      description: 'The publisher’s key so far, where --key is to take its place: both sign',
    },
    ...POLICY_FLAGS,
    ...CONTRIBUTION_FLAGS,
    ...LOG_FLAGS,
    json: { type: 'boolean', default: false, description: 'Print what was published as one JSON document' },
  },
  async run({ args }) {
    const openDestination = destinationOf(args)
    const terms = { ...(await policyTerms(args)), ...(await contributionTerms(args)) }
    const table = TABLE_FORMATS.find((format) => format === args.table)
    if (!table) throw new UserError(`--table ${args.table}: not known`, `one of ${TABLE_FORMATS.join(', ')}`)
    if (args.contact !== undefined && !isContact(args.contact)) {
      throw new UserError(
        `--contact ${args.contact}: is no link`,
        'such as https://shop.example/help or mailto:help@shop.example',
      )
    }
    const coupons = args.coupons === undefined ? undefined : await readCoupons(args.coupons, args.key, args.name)
    const sentiment = args.sentiment === undefined ? undefined : await readSentiment(args.sentiment)
    const h = await loadHistories(args.data)
    const run = args.run === undefined ? undefined : await readRun(args.run, 'shipped')
    const text = args.text === undefined ? undefined : encodeTextEncoder(await readTextEncoder(args.text))
    const network = run && networkOf(args.run as string, run, h.items)
    const parts = args.run === undefined ? {} : await readParts(args.run)
    if (sentiment) parts.sentiment = sentiment
    // What is read comes before what is made: a wrong path leaves no key and no folder behind.
    const previousKey = args['previous-key'] === undefined ? undefined : await openPublisherKey(args['previous-key'])
    const key = await openPublisherKey(args.key, args.name, previousKey?.name)
    const [destination] = await Promise.all([openDestination(key.name), buildWeb()])
    const { policy, release, said } = await prepare(destination, key, terms, previousKey)
    const previous = await readPrevious(destination)
    const bundle = await makeBundle({
      histories: h,
      ...(network ? { network } : {}),
      parts,
      ...(text ? { text } : {}),
      ...(coupons ? { coupons } : {}),
      ...(args.contact === undefined ? {} : { contact: args.contact }),
      table,
      blend: run?.info.blend.weights ?? COUNTS_ALONE,
      ...(run ? { newItems: run.info.blend.newItems } : {}),
      version: ((await destination.standing()).model?.version ?? 0) + 1,
      now: Date.now(),
      ...(previous ? { previous } : {}),
    })
    await publish(bundle, key, destination)
    if (previous?.manifest.stage) {
      console.error(`bundle ${previous.manifest.version} was for some browsers: this one, for all, takes its place`)
    }
    const { version, items, chunks, deltas = [] } = bundle.manifest
    const transfer = await measureTransfer(bundle.manifest, bundle.chunks, previous?.manifest)
    const edge = args.edge?.replace(/\/$/, '') ?? 'https://EDGE'
    const tag = scriptTag(edge)
    const pinned = pinnedScriptTag(edge, release.files)
    if (args.json) {
      const { manifest } = bundle.entry
      console.log(
        JSON.stringify({ version, items, manifest, chunks, deltas, transfer, onRecord: said, policy, tag, pinned }),
      )
    } else {
      for (const what of said) console.log(`on record: ${what}`)
      console.log(`on record: bundle ${version}, ${items} items`)
      console.log(transferTable(transfer, previous?.manifest.version))
      console.log(`in your pages: ${tag}`)
      console.log(`or, pinned to this release of the tag: ${pinned}`)
      console.log(`for whoever audits: vitrine audit ${edge} --key ${policy.publisher}`)
    }
  },
})

/** @throws UserError for a file that a browser would not read */
async function readSentiment(file: string): Promise<Uint8Array> {
  const remedy = 'make one with "vitrine sentiment --data REVIEWS --out FILE"'
  if (!existsSync(file)) throw new UserError(`${file}: no such file`, remedy)
  const bytes = new Uint8Array(await readFile(file))
  if (bytes.length > MAX_SENTIMENT_BYTES) {
    throw new UserError(`${file}: ${bytes.length} bytes, above ${MAX_SENTIMENT_BYTES}`, remedy)
  }
  try {
    decodeSentiment(bytes)
  } catch (error) {
    throw new UserError(`${file}: is no model of sentiment: ${(error as Error).message}`, remedy)
  }
  return bytes
}

/** @throws UserError for a list that is not signed with the publisher's key */
async function readCoupons(file: string, keyFile: string, name?: string): Promise<Uint8Array> {
  const remedy = 'sign the list with "vitrine coupons LIST --out FILE"'
  if (!existsSync(file)) throw new UserError(`${file}: no such file`, remedy)
  if (!existsSync(keyFile)) throw new UserError(`${file}: there is no ${keyFile} that could have signed it`, remedy)
  const note = new Uint8Array(await readFile(file))
  const { verifierKey } = await openPublisherKey(keyFile, name)
  await checkCoupons(file, note, verifierKey)
  return note
}

/** @throws UserError when a browser would refuse the list */
async function checkCoupons(file: string, note: Uint8Array, verifierKey: string): Promise<void> {
  await openCoupons(note, verifierKey).catch((error: Error) => {
    throw new UserError(
      `${file}: ${error.message}`,
      'sign the list again with "vitrine coupons", with the key that publishes',
    )
  })
}

/** What a first visit fetches, and what a browser that keeps the version before does. */
function transferTable(transfer: readonly Transfer[], previous: number | undefined): string {
  const total = {
    name: 'together',
    whole: transfer.reduce((sum, { whole }) => sum + whole, 0),
    fromPrevious: transfer.reduce((sum, { fromPrevious = 0 }) => sum + fromPrevious, 0),
  }
  const cells = [
    ['bytes, brotli', 'whole', ...(previous === undefined ? [] : [`from bundle ${previous}`])],
    ...[...transfer, total].map(({ name, whole, fromPrevious }) => [
      name,
      ...[whole, ...(previous === undefined ? [] : [fromPrevious ?? whole])].map((bytes) => bytes.toLocaleString('en')),
    ]),
  ]
  return cells
    .map(([name, ...sizes]) => `  ${name.padEnd(13)}${sizes.map((size) => size.padStart(16)).join('')}`)
    .join('\n')
}

/** Nothing was validated: rules lead, and the others settle what rules leave open. */
const COUNTS_ALONE = { network: 0, rules: 1, popularity: 0.1, buyAgain: 0.1 }

/** @throws UserError when the flags name none, before anything is read */
export function destinationOf(
  args: { to?: string; edge?: string } & Parameters<typeof openShopStore>[1],
): (shop: string) => Promise<Destination> {
  const { to, edge } = args
  if (to !== undefined && edge === undefined)
    return async (shop) => folderDestination(await openShopStore(to, args, shop))
  if (edge !== undefined && to === undefined) {
    if (!URL.canParse(edge) || !/^https?:$/.test(new URL(edge).protocol)) {
      throw new UserError(`--edge ${edge}: is no address`, 'write it in full, such as https://edge.example')
    }
    const token = process.env.VITRINE_TOKEN
    if (!token)
      throw new UserError('no VITRINE_TOKEN in the environment', 'set it to the token that the edge was started with')
    return async () => edgeDestination(edge, token)
  }
  throw new UserError('say where to publish', 'either --to FOLDER or --edge URL')
}
