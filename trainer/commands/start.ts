/**
 * `npm start`: the main job on a fresh machine. Makes or loads a shop, serves it with suggestions from counts within a
 * minute, trains a network in a second process, and swaps it in while the shop is open.
 */
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { defineCommand } from 'citty'
import type { Product } from '../../shared/data/catalog.ts'
import { productPath, type ShopStatus } from '../../shared/data/storefront.ts'
import { signCoupons } from '../../shared/service/coupons.ts'
import { BACKEND_FLAG, backendChoice } from '../backend-flag.ts'
import { fitBlend } from '../blend.ts'
import { buildWeb, type Child, startCommand } from '../child.ts'
import { type Histories, readHistories } from '../datasets/histories.ts'
import { datasetFolder } from '../datasets/load.ts'
import { portOf } from '../flags.ts'
import { historyNotes } from '../history-notes.ts'
import { openPublisherKey } from '../keys.ts'
import { type ProgressView, progressView } from '../progress.ts'
import { type BundleInput, makeBundle, prepare, publish } from '../publish.ts'
import { modelsAt } from '../ranking.ts'
import { networkOf, readParts, readRun } from '../run-folder.ts'
import { redeem, SAMPLE_CONTACT, sampleCoupons } from '../sample/coupons.ts'
import { checkPort, folderDestination, scriptTag, serve } from '../serve.ts'
import { createShop } from '../shop-server.ts'
import { openShopStore } from '../shop-store.ts'
import { openThumbnails, thumbnailOf } from '../thumbnails.ts'
import type { TrainProgress } from '../train.ts'
import { tuningSplit } from '../train-run.ts'
import { UserError } from '../user-error.ts'

const DIST = join(import.meta.dirname, '..', '..', 'dist')
/** The demo swaps a new bundle in quickly; a shop's own default is a quarter of an hour. */
const REFRESH_SECONDS = 5

export default defineCommand({
  meta: {
    name: 'start',
    description: `Serve the demo shop with suggestions, train behind it, swap the network in.

Examples:
  npm start
  npm start -- --data online-retail.csv.gz --port 9000
  npm start -- --catalog products.jsonl --thumbnails thumbnails.tar`,
  },
  args: {
    data: {
      type: 'string',
      valueHint: 'PATH',
      description: 'A history to import, or a dataset folder; else the sample shop',
    },
    catalog: { type: 'string', valueHint: 'FILE', description: 'Put the simulated shoppers in this catalogue' },
    thumbnails: { type: 'string', valueHint: 'PATH', description: 'Folder or tar of the catalogue’s pictures' },
    port: { type: 'string', default: '8080', description: 'Where the shop answers; 0 takes any free one' },
    host: { type: 'string', default: '127.0.0.1', description: 'Address to listen on' },
    home: {
      type: 'string',
      default: '.vitrine',
      valueHint: 'FOLDER',
      description: 'Where datasets, runs, keys and bundles are kept',
    },
    seed: { type: 'string', default: '1', description: 'Of the sample shop and of training' },
    backend: BACKEND_FLAG,
    open: {
      type: 'boolean',
      default: true,
      description: 'Open the shop in a browser',
      negativeDescription: 'Do not open a browser',
    },
    train: {
      type: 'boolean',
      default: true,
      description: 'Train a network',
      negativeDescription: 'Serve counts alone',
    },
  },
  async run({ args }) {
    const port = portOf(args.port)
    const choice = backendChoice(args.backend)
    const began = Date.now()
    const say = (text: string) => console.log(`${((Date.now() - began) / 1000).toFixed(1).padStart(6)} s  ${text}`)
    await checkPort(port, args.host)
    mkdirSync(args.home, { recursive: true })

    const [folder] = await Promise.all([shopData(args, say), buildWeb()])
    const h = await readHistories(folder)
    h.items = inThisShop(h.items, args.thumbnails)
    say(
      `${h.name}: ${h.items.length.toLocaleString('en')} products, ${h.shoppers.length.toLocaleString('en')} shoppers, ${h.item.length.toLocaleString('en')} acts${h.simulated ? ' (simulated)' : ''}`,
    )
    for (const note of historyNotes(h)) say(`note: ${note}`)

    const key = await openPublisherKey(join(args.home, 'keys', 'publisher.json'))
    const store = await openShopStore(join(args.home, 'bundles'), { 'log-key': join(args.home, 'keys', 'log.json') })
    const destination = folderDestination(store)
    await prepare(destination, key)
    const offered = h.simulated ? sampleCoupons(began) : undefined
    const publishNext = async (input: Pick<BundleInput, 'network' | 'blend' | 'newItems' | 'parts'>) => {
      const version = ((await destination.standing()).model?.version ?? 0) + 1
      const now = Date.now()
      const coupons = offered && (await signCoupons(offered, key.name, key.keys))
      const bundle = await makeBundle({
        histories: h,
        version,
        now,
        ...(coupons ? { coupons, contact: SAMPLE_CONTACT } : {}),
        ...input,
      })
      await publish(bundle, key, destination)
      return version
    }

    const tuning = tuningOf(h)
    const counted = tuning
      ? fitBlend(modelsAt(h, tuning.trainEnds), tuning.validation.slice(0, 300), h.queries).weights
      : { network: 0, rules: 1, popularity: 0.1, buyAgain: 0.1 }
    const status: ShopStatus = {
      name: h.name,
      simulated: h.simulated,
      phase: 'rules',
      version: await publishNext({ blend: counted }),
      progress: 0,
      message: '',
    }
    const shop = await createShop({
      folder,
      dist: join(DIST, 'shop'),
      status: () => status,
      tag: { src: '/edge/vitrine.js', refreshSeconds: REFRESH_SECONDS },
      ...(offered ? { redeem: (code) => redeem(offered, code, Date.now()) } : {}),
      ...(args.thumbnails ? { thumbnails: args.thumbnails } : {}),
    })
    const served = await serve({ store, port, host: args.host, shop })
    say(`${served.url}/ answers with suggestions from rules (bundle ${status.version})`)
    say(`the tag: ${scriptTag(`${served.url}/edge`)}`)
    if (args.open) openBrowser(served.url)

    let trainer: Child | undefined
    const stop = () => {
      trainer?.process.kill()
      void served.close().then(() => process.exit(0))
    }
    process.once('SIGINT', stop)
    process.once('SIGTERM', stop)
    if (!args.train || !tuning) {
      if (!tuning) say('this history is too short to train and to validate: counts alone')
      return
    }

    const run = join(args.home, 'runs', h.name.replace(/[^\w-]+/g, '-'))
    status.phase = 'training'
    let view: ProgressView | undefined
    const endView = () => {
      view?.end()
      view = undefined
    }
    trainer = startCommand(
      [
        'train',
        '--data',
        folder,
        '--out',
        run,
        '--seed',
        args.seed,
        // The shop's data may be another by now.
        '--anew',
        '--backend',
        choice,
        '--max-seconds',
        String(args.data ? MAX_TRAINING_SECONDS.data : MAX_TRAINING_SECONDS.sample),
      ],
      (message) => {
        const { progress, said } = message as { progress?: TrainProgress; said?: string }
        if (said) {
          endView()
          say(said)
        }
        if (!progress) return
        status.progress = progress.done
        status.message = `pass ${progress.epoch} of ${progress.epochs}`
        view ??= progressView()
        view.show(progress)
      },
    )
    try {
      await trainer.done
    } catch (error) {
      status.phase = 'rules'
      status.message = 'training stopped; suggestions go on from rules'
      say(`${status.message}: ${(error as Error).message}`)
      return
    } finally {
      endView()
    }
    const made = await readRun(run, 'shipped')
    const { blend } = made.info
    status.version = await publishNext({
      network: networkOf(run, made, h.items),
      blend: blend.weights,
      newItems: blend.newItems,
      parts: await readParts(run),
    })
    status.phase = 'ready'
    status.progress = 1
    status.message = ''
    say(
      `network live (bundle ${status.version}): validation NDCG@10 ${blend.validationNdcg.toFixed(4)}; pages open now take it within ${REFRESH_SECONDS} s`,
    )
  },
})

/** In the demo an item's page and its picture are here, not where the catalogue came from. */
function inThisShop(items: Product[], thumbnailPath: string | undefined): Product[] {
  const thumbnails = thumbnailPath === undefined ? undefined : openThumbnails(thumbnailPath)
  return items.map(({ image_link: _, ...item }) => {
    const thumbnail = thumbnails && thumbnailOf(item, thumbnails)
    const picture = thumbnail === undefined ? {} : { image_link: `/shop/pictures/${encodeURIComponent(thumbnail)}` }
    return { ...item, ...picture, url: productPath(item.item_id) }
  })
}

/** A guide or a video for the larger half of the sample shop's categories. */
const GUIDES = 30

/** So that the demo has its network within three minutes of its start; a real history is larger, and gets longer. */
const MAX_TRAINING_SECONDS = { sample: 90, data: 300 }

async function shopData(
  args: { data?: string; catalog?: string; home: string; seed: string },
  say: (text: string) => void,
): Promise<string> {
  if (args.data) {
    say(`reading ${args.data}`)
    return datasetFolder(args.data)
  }
  const folder = join(args.home, args.catalog ? 'sample-in-catalogue' : `sample-${args.seed}`)
  if (!existsSync(join(folder, 'dataset.json')) || args.catalog) {
    say('making the sample shop: products and shoppers are simulated')
    const stock = args.catalog ? ['--catalog', args.catalog] : ['--guides', String(GUIDES)]
    await startCommand(['sample', '--out', folder, '--seed', args.seed, ...stock]).done
  }
  return folder
}

/** Undefined when the history is too short to hold anything back. */
function tuningOf(h: Histories) {
  try {
    return tuningSplit(h)
  } catch (error) {
    if (error instanceof UserError) return undefined
    throw error
  }
}

function openBrowser(url: string): void {
  const command = { darwin: 'open', win32: 'explorer' }[process.platform as string] ?? 'xdg-open'
  // A machine without a browser serves the shop all the same.
  spawn(command, [url], { stdio: 'ignore', detached: true })
    .once('error', () => {})
    .unref()
}
