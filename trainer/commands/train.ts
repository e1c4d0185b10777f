/** `vitrine train`: histories in, a run folder out. */
import { resolve } from 'node:path'
import { defineCommand } from 'citty'
import { encodeNextCategory } from '../../shared/profile/next-category.ts'
import { encodeProfileChunk } from '../../shared/profile/profile-chunk.ts'
import { encodeSegments } from '../../shared/profile/segments.ts'
import { readyBackend } from '../backend.ts'
import { BACKEND_FLAG, backendChoice, describeBackend } from '../backend-flag.ts'
import { eventsFolder, loadHistories } from '../datasets/load.ts'
import { oneOf, secondsOf, wholeNumber } from '../flags.ts'
import { historyNotes } from '../history-notes.ts'
import { PRESET_NAMES, PRESETS } from '../presets.ts'
import { nextCategoryOf } from '../profile/next-category.ts'
import { profileChunkOf } from '../profile/profile-chunk.ts'
import { fitSegments } from '../profile/segments.ts'
import { readShoppers, type Shoppers } from '../profile/shoppers.ts'
import { progressView } from '../progress.ts'
import { writeParts } from '../run-folder.ts'
import { shopSentiment } from '../shop-sentiment.ts'
import { forgetCheckpoints, trainRun } from '../train-run.ts'
import { UserError } from '../user-error.ts'

const SIGNALS = ['SIGINT', 'SIGTERM'] as const

export default defineCommand({
  meta: {
    name: 'train',
    description: `Train a network up to validation, fit the blend's weights there, and learn again from everything: what ships.

Examples:
  vitrine train --data .vitrine/sample --out .vitrine/run
  vitrine train --data online-retail.csv.gz --out runs/retail --seed 7 --json`,
  },
  args: {
    data: { type: 'string', required: true, valueHint: 'PATH', description: 'Dataset folder, or a file to import' },
    out: { type: 'string', required: true, valueHint: 'FOLDER', description: 'Where the run goes' },
    preset: {
      type: 'string',
      default: 'tiny',
      valueHint: PRESET_NAMES.join('|'),
      description: 'Size and schedule',
    },
    seed: { type: 'string', default: '1', description: 'Of weights, order and dropout' },
    epochs: { type: 'string', valueHint: 'N', description: 'Passes; else the preset’s' },
    'learning-rate': { type: 'string', valueHint: 'RATE', description: 'Of Adam; else the preset’s' },
    anew: { type: 'boolean', default: false, description: 'Forget the checkpoint of a training that was stopped' },
    'max-seconds': { type: 'string', valueHint: 'N', description: 'End when this is reached, half of it for each' },
    backend: BACKEND_FLAG,
    json: { type: 'boolean', default: false, description: 'Print the run as one JSON document' },
  },
  async run({ args }) {
    const preset = PRESETS[oneOf('--preset', PRESET_NAMES, args.preset)]
    const settings = {
      preset: {
        ...preset,
        ...(args.epochs === undefined ? {} : { epochs: wholeNumber('--epochs', args.epochs, 10) }),
        ...(args['learning-rate'] === undefined ? {} : { learningRate: rate(args['learning-rate']) }),
      },
      seed: args.seed,
      ...(args['max-seconds'] === undefined ? {} : { maxSeconds: secondsOf('--max-seconds', args['max-seconds']) }),
    }
    const choice = backendChoice(args.backend)
    if (args.anew) await forgetCheckpoints(args.out)
    const histories = await loadHistories(args.data)
    const notes = historyNotes(histories)
    for (const note of notes) console.error(`note: ${note}`)
    const backend = await readyBackend(choice)
    say(describeBackend(backend))
    const view = progressView()
    const stop = new AbortController()
    const abort = () => stop.abort()
    try {
      // Only while there is something to keep, and once: otherwise Ctrl-C ends the process as it would any other.
      for (const signal of SIGNALS) process.once(signal, abort)
      const info = await trainRun(histories, args.out, {
        ...settings,
        stop: stop.signal,
        say: (message) => console.error(message),
        data: resolve(args.data),
        onProgress(progress) {
          view.show(progress)
          process.send?.({ type: 'progress', progress })
        },
      })
      for (const signal of SIGNALS) process.off(signal, abort)
      view.end()
      const folder = await eventsFolder(args.data)
      if (folder) {
        say('the network is learned; now what profiles are read with')
        const shop = await readShoppers(folder)
        const segments = segmentsOf(shop, args.seed)
        const next = nextCategoryOf(shop, args.seed)
        const sentiment = shopSentiment(shop.shoppers, args.seed)
        await writeParts(args.out, {
          profile: encodeProfileChunk(profileChunkOf(shop, args.seed)),
          ...(segments ? { segments } : {}),
          ...(next ? { next: encodeNextCategory(next) } : {}),
          ...(sentiment ? { sentiment } : {}),
        })
      }
      await forgetCheckpoints(args.out)
      if (args.json)
        console.log(JSON.stringify({ run: args.out, ...info, backendsPassedOver: backend.passedOver, notes }))
      else {
        const { weights, newItems, validationNdcg } = info.blend
        console.log(`network: validation NDCG@10 ${info.best.ndcg.toFixed(4)} after pass ${info.best.epoch}`)
        console.log(`blend:   validation NDCG@10 ${validationNdcg.toFixed(4)} with ${JSON.stringify(weights)}`)
        console.log(`new:     what nobody wanted yet is placed by its title, with strength ${newItems}`)
        console.log(`ships:   learned again from everything, ${info.whole.passes} passes`)
        console.log(`run:     ${args.out}`)
      }
    } finally {
      view.end()
    }
  },
})

/** To a person, and to the parent process that is shown to one. */
function say(said: string): void {
  console.error(said)
  process.send?.({ type: 'said', said })
}

/** Undefined where too few shoppers came lately to tell kinds of them apart. */
function segmentsOf(shop: Shoppers, seed: string): Uint8Array | undefined {
  try {
    return encodeSegments(fitSegments(shop, seed).segments)
  } catch (error) {
    if (error instanceof UserError) return undefined
    throw error
  }
}

function rate(text: string): number {
  const value = Number(text)
  if (!(value > 0 && value < 1)) {
    throw new UserError(`--learning-rate ${text}: not a number between 0 and 1`, 'try --learning-rate 0.001')
  }
  return value
}
