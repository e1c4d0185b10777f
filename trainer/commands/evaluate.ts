/** `vitrine evaluate`: models side by side on one split, with intervals. */
import { defineCommand } from 'citty'
import { readyBackend } from '../backend.ts'
import { BACKEND_FLAG, backendChoice, describeBackend } from '../backend-flag.ts'
import { loadHistories } from '../datasets/load.ts'
import { type Evaluation, evaluateModels, MODEL_NAMES, type ModelName } from '../evaluation.ts'
import { progressView } from '../progress.ts'
import { PROTOCOLS } from '../protocol.ts'
import { PRESETS, type PresetName } from '../train.ts'
import { UserError } from '../user-error.ts'

export default defineCommand({
  meta: {
    name: 'evaluate',
    description: `Measure models on held-out history: all items ranked, ties against the model, paired intervals.

Examples:
  vitrine evaluate --data online-retail.csv.gz --protocol time-split --models popularity,buy-again,rules,network,blend
  vitrine evaluate --data Beauty.txt.gz --protocol leave-one-out --models rules --json`,
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
      valueHint: PROTOCOLS.join('|'),
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
      valueHint: Object.keys(PRESETS).join('|'),
      description: 'Of the network',
    },
    backend: BACKEND_FLAG,
    json: { type: 'boolean', default: false, description: 'Print one JSON document' },
  },
  async run({ args }) {
    const protocol = oneOf('--protocol', PROTOCOLS, args.protocol)
    const models = args.models.split(',').map((name) => oneOf('--models', MODEL_NAMES, name.trim()))
    const preset = oneOf('--preset', Object.keys(PRESETS) as PresetName[], args.preset)
    const choice = backendChoice(args.backend)
    const histories = await loadHistories(args.data)
    // "auto" waits for a model that trains: counts need none.
    if (choice !== 'auto') console.error(describeBackend(await readyBackend(choice)))
    const view = progressView()
    const evaluation = await evaluateModels(histories, {
      protocol,
      models,
      preset: PRESETS[preset],
      seeds: args.seeds.split(','),
      onProgress: view.show,
    }).finally(view.end)
    console.log(args.json ? JSON.stringify(evaluation) : table(evaluation))
  },
})

function oneOf<T extends string>(flag: string, known: readonly T[], value: string): T {
  const found = known.find((name) => name === value)
  if (!found) throw new UserError(`${flag} ${value}: not known`, `one of ${known.join(', ')}`)
  return found
}

function table(evaluation: Evaluation): string {
  const parts = [
    `${evaluation.dataset}: ${evaluation.split}`,
    section(`${evaluation.queries.toLocaleString('en')} queries`, evaluation.models),
  ]
  if (evaluation.without_repeats) {
    const { queries, models } = evaluation.without_repeats
    parts.push(section(`${queries.toLocaleString('en')} queries, without what the shopper bought before`, models))
  }
  for (const { a, b, repeats, interval } of evaluation.comparisons) {
    const [mean, low, high] = [interval.mean, interval.low, interval.high].map((n) => n.toFixed(4))
    parts.push(`${a} − ${b}${repeats ? '' : ' (without repeats)'}: NDCG@10 ${mean} [${low}, ${high}]`)
  }
  return parts.join('\n\n')
}

function section(title: string, models: Evaluation['models']): string {
  const names = Object.keys(models) as ModelName[]
  const columns = Object.keys(models[names[0]] ?? {}) as (keyof NonNullable<Evaluation['models'][ModelName]>)[]
  const rows = names.map((name) => [name, ...columns.map((column) => models[name]?.[column].toFixed(4) ?? '')])
  const lines = [['', ...columns], ...rows].map((cells) =>
    cells.map((cell, at) => (at === 0 ? cell.padEnd(12) : cell.padStart(14))).join(''),
  )
  return [title, ...lines].join('\n')
}
