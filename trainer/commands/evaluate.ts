/** `vitrine evaluate`: models side by side on one split, with intervals. */
import { defineCommand } from 'citty'
import { textOf } from '../../shared/model/content.ts'
import { sparseMatrix } from '../../shared/model/sparse.ts'
import { encodeText } from '../../shared/model/text-encoder.ts'
import { readyBackend } from '../backend.ts'
import { BACKEND_FLAG, backendChoice, describeBackend } from '../backend-flag.ts'
import { evaluateColdItems, type Tried } from '../cold-items.ts'
import { coldTable } from '../cold-table.ts'
import type { Histories } from '../datasets/histories.ts'
import { loadHistories } from '../datasets/load.ts'
import { type Evaluation, evaluateModels, type Measured, MODEL_NAMES, type ModelName } from '../evaluation.ts'
import { oneOf, secondsOf, wholeNumber } from '../flags.ts'
import { historyNotes } from '../history-notes.ts'
import { pictureFeatures } from '../picture-features.ts'
import { PRESET_NAMES, PRESETS } from '../presets.ts'
import { progressView } from '../progress.ts'
import { PROTOCOLS } from '../protocol.ts'
import { TABLE_NAMES, type TableReport } from '../tables.ts'
import { readTextEncoder } from '../text/encoder-file.ts'
import { openThumbnails } from '../thumbnails.ts'
import { UserError } from '../user-error.ts'

/** Its models are fixed: what is asked is whether content alone beats random and TF-IDF neighbours. */
const COLD = 'cold-items'

export default defineCommand({
  meta: {
    name: 'evaluate',
    description: `Measure models on held-out history: all items ranked, ties against the model, paired intervals.

Examples:
  vitrine evaluate --data online-retail.csv.gz --protocol time-split --models popularity,buy-again,rules,network,blend
  vitrine evaluate --data Beauty.txt.gz --protocol leave-one-out --models rules,item-knn,mf,gru,cnn,autoencoder --json
  vitrine evaluate --data diginetica.train-sessions.txt.gz --protocol sessions --models markov,rules,item-knn
  vitrine evaluate --data online-retail.csv.gz --protocol cold-items --seeds 1,2,3
  vitrine evaluate --data .vitrine/sample --protocol cold-items --hide-category "Mugs & cups"
  vitrine evaluate --data Beauty.txt.gz --protocol leave-one-out --models network --tables float32,int8,int4`,
  },
  args: {
    data: {
      type: 'string',
      required: true,
      valueHint: 'PATH',
      description: 'Dataset folder, history file or benchmark sequences',
    },
    protocol: {
      type: 'string',
      default: 'time-split',
      valueHint: [...PROTOCOLS, COLD].join('|'),
      description: 'How the history is cut',
    },
    models: {
      type: 'string',
      default: 'popularity,buy-again,rules',
      valueHint: MODEL_NAMES.join(','),
      description: 'Which to measure',
    },
    seeds: {
      type: 'string',
      default: '1',
      valueHint: '1,2,3',
      description: 'Of the network; measures are means over them',
    },
    preset: {
      type: 'string',
      default: 'tiny',
      valueHint: PRESET_NAMES.join('|'),
      description: 'Of the network',
    },
    refit: {
      type: 'boolean',
      default: false,
      description: 'Measure once more what would ship: learned from everything before the test',
    },
    'max-seconds': {
      type: 'string',
      valueHint: 'SECONDS',
      description: 'Ends each training of a network; measures then depend on the machine',
    },
    checkpoints: {
      type: 'string',
      valueHint: 'FOLDER',
      description: 'Keeps the networks’ trainings: asked again, what is there is not trained again',
    },
    epochs: { type: 'string', valueHint: 'N', description: 'Passes; else the preset’s (cold-items)' },
    'hide-category': {
      type: 'string',
      valueHint: 'NAME',
      description: 'Category that training does not see; else a tenth of the items (cold-items)',
    },
    thumbnails: {
      type: 'string',
      valueHint: 'PATH',
      description: 'Folder or tar of pictures, to see whether they help (cold-items)',
    },
    text: {
      type: 'string',
      valueHint: 'FILE',
      description: 'An encoder of "vitrine text-encoder", to see whether it helps (cold-items)',
    },
    backend: BACKEND_FLAG,
    tables: {
      type: 'string',
      valueHint: TABLE_NAMES.join(','),
      description: 'Formats of the network’s item vectors: what each loses against float32',
    },
    json: { type: 'boolean', default: false, description: 'Print one JSON document' },
  },
  async run({ args }) {
    const preset = oneOf('--preset', PRESET_NAMES, args.preset)
    const choice = backendChoice(args.backend)
    const protocol = oneOf('--protocol', [...PROTOCOLS, COLD], args.protocol)
    const models = args.models.split(',').map((name) => oneOf('--models', MODEL_NAMES, name.trim()))
    const tables = args.tables?.split(',').map((name) => oneOf('--tables', TABLE_NAMES, name.trim()))
    const maxSeconds = args['max-seconds'] === undefined ? undefined : secondsOf('--max-seconds', args['max-seconds'])
    // "auto" waits for a model that trains: counts need none.
    if (choice !== 'auto') console.error(describeBackend(await readyBackend(choice)))
    if (protocol === COLD) {
      for (const flag of ['tables', 'checkpoints'] as const) {
        if (args[flag] !== undefined) {
          throw new UserError(`--${flag}: is not for --protocol ${COLD}`, 'leave it out, or ask by another protocol')
        }
      }
      const histories = await notedHistories(args.data)
      const tried = await triedContent(args, histories)
      const view = progressView()
      const evaluation = await evaluateColdItems(histories, {
        ...(tried ? { tried } : {}),
        preset: {
          ...PRESETS[preset],
          ...(args.epochs === undefined ? {} : { epochs: wholeNumber('--epochs', args.epochs, 5) }),
        },
        seeds: args.seeds.split(','),
        ...(args['hide-category'] === undefined ? {} : { hideCategory: args['hide-category'] }),
        onProgress: view.show,
      }).finally(view.end)
      console.log(args.json ? JSON.stringify(evaluation) : coldTable(evaluation))
      return
    }
    for (const flag of ['epochs', 'hide-category', 'thumbnails', 'text'] as const) {
      if (args[flag] !== undefined) {
        throw new UserError(`--${flag}: is for --protocol ${COLD} alone`, `leave it out, or add --protocol ${COLD}`)
      }
    }
    const histories = await notedHistories(args.data)
    const view = progressView()
    const evaluation = await evaluateModels(histories, {
      protocol,
      models,
      remedy: 'import a longer history, or choose another --protocol',
      preset: PRESETS[preset],
      seeds: args.seeds.split(','),
      refit: args.refit,
      maxSeconds,
      ...(tables ? { tables } : {}),
      ...(args.checkpoints === undefined ? {} : { checkpoints: args.checkpoints }),
      onProgress: view.show,
    }).finally(view.end)
    console.log(args.json ? JSON.stringify(evaluation) : table(evaluation))
  },
})

async function triedContent(
  { thumbnails, text }: { thumbnails?: string; text?: string },
  { items }: Histories,
): Promise<Tried | undefined> {
  if (thumbnails !== undefined && text !== undefined) {
    throw new UserError('--thumbnails and --text: are tried one at a time', 'leave one of them out')
  }
  if (text !== undefined) {
    const encoder = await readTextEncoder(text)
    const vectors = items.map((item) => encodeText(encoder, textOf(item)).entries())
    return { what: 'text encoder', content: sparseMatrix(encoder.info.width, vectors) }
  }
  if (thumbnails === undefined) return undefined
  const { pictures, found } = await pictureFeatures(items, openThumbnails(thumbnails))
  if (found === 0) {
    throw new UserError(
      `--thumbnails ${thumbnails}: no picture is named by a product's handle or id`,
      'name them by the last part of the product’s link, or by its id: mug-1.jpg',
    )
  }
  return { what: 'pictures', content: pictures }
}

async function notedHistories(path: string): Promise<Histories> {
  const histories = await loadHistories(path)
  for (const note of historyNotes(histories)) console.error(`note: ${note}`)
  return histories
}

function table(evaluation: Evaluation): string {
  const parts = [
    `${evaluation.dataset}: ${evaluation.split}`,
    ...sections(`${evaluation.queries.toLocaleString('en')} queries`, evaluation, evaluation.k),
  ]
  if (evaluation.test_file) {
    const { lines, unknown_targets, empty_prefixes, unknown_prefix_items } = evaluation.test_file
    parts.push(
      `${lines} test lines; left out: ${unknown_targets} whose next item and ${unknown_prefix_items} earlier items that training never saw, ${empty_prefixes} with nothing before`,
    )
  }
  if (evaluation.refitted) {
    parts.push(...sections('learned from everything before the test', evaluation.refitted, evaluation.k))
  }
  if (evaluation.without_repeats) {
    const title = `${evaluation.without_repeats.queries.toLocaleString('en')} queries, without what the shopper bought before`
    parts.push(...sections(title, evaluation.without_repeats, evaluation.k))
  }
  if (evaluation.tables) parts.push(tablesSection(evaluation.tables))
  const differences = evaluation.comparisons.map(({ a, b, metric, repeats, seed, interval }) => {
    const [mean, low, high] = [interval.mean, interval.low, interval.high].map((n) => n.toFixed(4))
    const about = [repeats ? '' : 'without repeats', seed === undefined ? '' : `seed ${seed}`]
      .filter(Boolean)
      .join(', ')
    return `${a} − ${b}${about && ` (${about})`}: ${metric.toUpperCase()} ${mean} [${low}, ${high}]`
  })
  if (differences.length > 0) parts.push(differences.join('\n'))
  return parts.join('\n\n')
}

/** The models, then the slices, then who is shown. */
function sections(title: string, { models, slices, exposure, calibration }: Measured, k: number): string[] {
  const names = Object.keys(models) as ModelName[]
  const columns = Object.keys(models[names[0]] ?? {}) as (keyof NonNullable<Measured['models'][ModelName]>)[]
  const four = (value: number | undefined) => value?.toFixed(4) ?? ''
  const percent = (share: number) => `${(share * 100).toFixed(1)} %`
  const found = [
    grid(
      [title, ...columns],
      names.map((name) => [name, ...columns.map((column) => four(models[name]?.[column]))]),
    ),
    grid(
      [`NDCG@${k} by slice`, 'queries', ...names],
      slices.map(({ label, queries, models: within }) => [
        label,
        queries.toLocaleString('en'),
        ...names.map((name) => (queries > 0 ? four(within[name][`ndcg@${k}`]) : '–')),
      ]),
    ),
    grid(
      ['share of list places', 'catalogue', 'wanted', ...names],
      [
        ...exposure.groups.map(({ label, catalogue, wanted, listed }) => [
          label,
          percent(catalogue),
          percent(wanted),
          ...names.map((name) => percent(listed[name])),
        ]),
        [
          'mean popularity percentile',
          percent(0.5),
          percent(exposure.popularity.wanted),
          ...names.map((name) => percent(exposure.popularity.listed[name])),
        ],
      ],
    ),
  ]
  if (calibration.length > 0) {
    const errors = calibration.map(({ seed, k, ece }) => `top ${k} ${ece.toFixed(4)} (seed ${seed})`)
    found.push(`calibration of the network, expected error: ${errors.join(', ')}`)
  }
  return found
}

function grid(head: string[], rows: string[][]): string {
  const first = Math.max(...[head, ...rows].map(([cell]) => cell.length)) + 2
  return [head, ...rows]
    .map((cells) => cells.map((cell, at) => (at === 0 ? cell.padEnd(first) : cell.padStart(13))).join(''))
    .join('\n')
}

/** What each format loses: the interval of NDCG, as a share of float32's. */
function tablesSection(tables: readonly TableReport[]): string {
  const percent = (value: number) => `${(100 * value).toFixed(2)} %`
  const { k } = tables[0]
  return grid(
    ['item vectors', `hr@${k}`, `ndcg@${k}`, 'same items', 'brotli bytes', 'change', 'from', 'to'],
    tables.map(({ table, hr, ndcg, overlap, bytes, ndcg_change: { mean, low, high } }) => [
      table,
      hr.toFixed(4),
      ndcg.toFixed(4),
      percent(overlap),
      bytes.toLocaleString('en'),
      ...[mean, low, high].map((change) => percent(change / (ndcg - mean))),
    ]),
  )
}
