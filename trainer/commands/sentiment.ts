/** `vitrine sentiment`: reviews with verdicts in, a small model of sentiment and its measured quality out. */
import { mkdirSync } from 'node:fs'
import { rename, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { brotliCompressSync } from 'node:zlib'
import { defineCommand } from 'citty'
import { MAX_SENTIMENT_BYTES } from '../../shared/profile/sentiment.ts'
import { type Review, readReviews } from '../datasets/reviews.ts'
import { parseMap } from '../importers/columns.ts'
import {
  distinctReviews,
  evaluateSentiment,
  evaluationTables,
  type LeftOutReport,
  leaveOneCategoryOut,
  MIN_OF_EACH,
  type SeedReport,
} from '../sentiment-evaluation.ts'
import { UserError } from '../user-error.ts'

export default defineCommand({
  meta: {
    name: 'sentiment',
    description: `Teach a small model what shoppers' reviews say, in English and Chinese, and measure it.

A file has one review a row: a column of texts and one of verdicts (1 or 0) or ratings (1 to 5). 75 % of the reviews
teach, 10 % calibrate, 15 % test; the model that is written is the one measured, that of the first seed.

Examples:
  vitrine sentiment --data reviews.csv --out sentiment.vta
  vitrine sentiment --data english.csv,chinese.csv --out sentiment.vta --seeds 1,2,3 --leave-one-out --json
  vitrine sentiment --data export.csv --map "text=Body,rating=Stars" --out sentiment.vta`,
  },
  args: {
    data: { type: 'string', required: true, valueHint: 'FILE,FILE', description: 'Reviews; all teach one model' },
    out: { type: 'string', required: true, valueHint: 'FILE', description: 'Where the model goes' },
    map: { type: 'string', default: '', valueHint: 'ROLE=COLUMN', description: 'text, title, label, rating, category' },
    seeds: { type: 'string', default: '1', valueHint: 'N,N', description: 'Of the split, one model each' },
    'leave-one-out': {
      type: 'boolean',
      default: false,
      description: 'Test each category by a model that saw none of it',
    },
    json: { type: 'boolean', default: false, description: 'Print one JSON document' },
  },
  async run({ args }) {
    const paths = listOf('--data', args.data)
    const seeds = listOf('--seeds', args.seeds)
    const sets = await Promise.all(paths.map((path) => readReviews(path, parseMap(args.map))))
    const all = sets.flatMap(({ reviews }) => reviews)
    const reviews = distinctReviews(all)
    checkVerdicts(reviews)
    const tables = evaluationTables(reviews)
    const runs = seeds.map((seed) => {
      console.error(`seed ${seed}`)
      return evaluateSentiment(tables, seed)
    })
    const leftOut: LeftOutReport[] = []
    for (const report of args['leave-one-out'] ? leaveOneCategoryOut(tables, seeds[0]) : []) {
      console.error(`without ${report.category}`)
      leftOut.push(report)
    }
    const [{ bytes }] = runs
    if (bytes.length > MAX_SENTIMENT_BYTES) throw new Error(`sentiment: ${bytes.length} bytes are too many`)
    mkdirSync(dirname(args.out), { recursive: true })
    await writeFile(`${args.out}.partial`, bytes)
    await rename(`${args.out}.partial`, args.out)
    const report: SentimentReport = {
      out: args.out,
      bytes: bytes.length,
      brotliBytes: brotliCompressSync(bytes).length,
      rowsLeftOut: sets.reduce((sum, set) => sum + set.leftOut, 0),
      repeats: all.length - reviews.length,
      seeds: runs.map((run) => run.report),
      leftOut,
    }
    console.log(args.json ? JSON.stringify(report) : table(report))
  },
})

interface SentimentReport {
  out: string
  bytes: number
  brotliBytes: number
  rowsLeftOut: number
  /** Reviews of a text that is there already. */
  repeats: number
  seeds: SeedReport[]
  leftOut: LeftOutReport[]
}

function table({ out, bytes, brotliBytes, rowsLeftOut, repeats, seeds, leftOut }: SentimentReport): string {
  const width = 2 + Math.max(...seeds[0].sets.map(({ set }) => set.length))
  const columns = [
    'tested',
    'AUROC',
    '95 % interval',
    'unpruned',
    'naive Bayes',
    'accuracy',
    'majority',
    'ECE',
    'unread',
  ]
  const line = (name: string, cells: string[]) =>
    name.padEnd(width) + cells.map((cell, at) => cell.padStart(Math.max(9, columns[at].length + 2))).join('')
  const lines = seeds.flatMap(({ seed, sets }) => [
    '',
    line(`seed ${seed}`, columns),
    ...sets.map((set) =>
      line(set.set, [
        set.tested.toLocaleString('en'),
        set.auroc.mean.toFixed(4),
        `${set.auroc.low.toFixed(4)}–${set.auroc.high.toFixed(4)}`,
        set.fittedAuroc.toFixed(4),
        set.naiveBayesAuroc.toFixed(4),
        set.accuracy.toFixed(4),
        set.majorityAccuracy.toFixed(4),
        set.ece.toFixed(4),
        String(set.unread),
      ]),
    ),
  ])
  const mean = (of: 'auroc' | 'naiveBayesAuroc') =>
    (leftOut.reduce((sum, report) => sum + report[of], 0) / leftOut.length).toFixed(4)
  const categories = leftOut
    .toSorted((a, b) => a.auroc - b.auroc)
    .map(
      ({ category, tested, auroc, naiveBayesAuroc, unread }) =>
        `  ${auroc.toFixed(4)}  naive Bayes ${naiveBayesAuroc.toFixed(4)}  ${category}, ` +
        `${tested.toLocaleString('en')} tested, ${unread} unread`,
    )
  return [
    `${repeats} repeats and ${rowsLeftOut} rows without text or verdict left out`,
    ...lines,
    ...(leftOut.length === 0
      ? []
      : ['', 'AUROC of a category by a model that saw none of it, worst first', ...categories]),
    ...(leftOut.length === 0 ? [] : [`  ${mean('auroc')}  naive Bayes ${mean('naiveBayesAuroc')}  mean`]),
    '',
    `${out}: ${bytes.toLocaleString('en')} bytes, ${brotliBytes.toLocaleString('en')} compressed (brotli)`,
  ].join('\n')
}

/** @throws UserError for a set that cannot be split in three with both verdicts in each */
function checkVerdicts(reviews: readonly Review[]): void {
  for (const set of new Set(reviews.map((review) => review.set))) {
    const own = reviews.filter((review) => review.set === set)
    const inFavour = own.filter(({ favourable }) => favourable).length
    if (Math.min(inFavour, own.length - inFavour) >= MIN_OF_EACH) continue
    throw new UserError(
      `${set}: ${inFavour} distinct reviews in favour and ${own.length - inFavour} not are too few`,
      `give at least ${MIN_OF_EACH} of each, or put files together that are alike`,
    )
  }
}

function listOf(flag: string, text: string): string[] {
  const values = text.split(',').filter((value) => value !== '')
  if (values.length === 0) throw new UserError(`${flag} "${text}": names nothing`, `write ${flag} A,B`)
  return values
}
