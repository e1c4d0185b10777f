/** `vitrine evaluate-search`: search by words, by meaning and by both, on judged queries. */
import { basename } from 'node:path'
import { defineCommand } from 'citty'
import { textVector } from '../../shared/data/text.ts'
import { encodeText } from '../../shared/model/text-encoder.ts'
import { readCollection } from '../search-collection.ts'
import { evaluateSearch, type SearchEvaluation } from '../search-evaluation.ts'
import { readTextEncoder } from '../text/encoder-file.ts'
import { UserError } from '../user-error.ts'

const SHOWN = 8
const HASHED_NAME = 'hashed'

export default defineCommand({
  meta: {
    name: 'evaluate-search',
    description: `Measure search by words (minisearch), by meaning (a text encoder) and by both, on judged queries.

A folder has products.jsonl (or .csv) and a file that ends in rated.csv with query,docid,rating. Settings are chosen on
one half of the queries and measured on the other; an item that was not judged counts as wrong.

Examples:
  vitrine evaluate-search --data judged --encoder text.vta
  vitrine evaluate-search --data judged --encoder text.vta,other.vta --json`,
  },
  args: {
    data: { type: 'string', required: true, valueHint: 'DIR', description: 'Products and judgements' },
    encoder: {
      type: 'string',
      default: HASHED_NAME,
      valueHint: 'FILE,FILE',
      description: `Text encoders; "${HASHED_NAME}" is hashed subwords, which nobody taught`,
    },
    halvings: { type: 'string', default: '10', valueHint: 'N', description: 'Random halvings of the queries' },
    seed: { type: 'string', default: '1', description: 'Of the halvings and the bootstrap' },
    json: { type: 'boolean', default: false, description: 'Print one JSON document' },
  },
  async run({ args }) {
    const halvings = Number(args.halvings)
    if (!Number.isInteger(halvings) || halvings < 1) {
      throw new UserError(`--halvings ${args.halvings}: not a whole number above 0`, 'try --halvings 10')
    }
    const encoders: Record<string, (text: string) => Float32Array> = {}
    for (const file of args.encoder.split(',').filter((name) => name !== '')) {
      if (file === HASHED_NAME) encoders[file] = textVector
      else {
        const encoder = await readTextEncoder(file)
        encoders[basename(file).replace(/\.vta$/, '')] = (text) => encodeText(encoder, text)
      }
    }
    const collection = await readCollection(args.data)
    const evaluation = evaluateSearch(collection, {
      encoders,
      halvings,
      seed: args.seed,
      onProgress: (done) => console.error(`halvings ${Math.round(100 * done)} %`),
    })
    const report = { ...evaluation, unknownItems: collection.unknownItems }
    console.log(args.json ? JSON.stringify(report) : table(evaluation))
  },
})

function table(evaluation: SearchEvaluation): string {
  const { systems, comparisons, perQuery, chosen } = evaluation
  const width = Math.max(...Object.keys(systems).map((name) => name.length)) + 2
  const signed = (value: number) => (value < 0 ? '' : '+') + value.toFixed(4)
  const lines = [
    `${evaluation.collection}: ${evaluation.items.toLocaleString('en')} items, ${evaluation.queries} queries, ` +
      `${evaluation.halvings} halvings; ${evaluation.leftOut.length} queries left out: no judged item is right`,
    '',
    `${''.padEnd(width)}${'ndcg@10'.padStart(12)}${'condensed@10'.padStart(14)}${'judged'.padStart(10)}`,
    ...Object.entries(systems).map(
      ([name, report]) =>
        name.padEnd(width) +
        report['ndcg@10'].toFixed(4).padStart(12) +
        report['condensed@10'].toFixed(4).padStart(14) +
        report.judged.toFixed(3).padStart(10),
    ),
    '',
    'unjudged items count as wrong; condensed: they are taken out of the lists; judged: share of the first ten',
    '',
    ...comparisons.map(
      ({ a, b, interval, wins, losses, ties }) =>
        `${a} − ${b}: ${signed(interval.mean)} [${signed(interval.low)}, ${signed(interval.high)}], ` +
        `${wins} won, ${losses} lost, ${ties} even`,
    ),
  ]
  for (const name of Object.keys(chosen.encoders)) {
    const differences = perQuery
      .map(({ query, ndcg }) => ({ query, difference: ndcg[`both: ${name}`] - ndcg.lexical }))
      .sort((a, b) => b.difference - a.difference)
    const shown = (entries: typeof differences) =>
      entries.map(({ query, difference }) => `${query} ${signed(difference)}`).join(', ')
    lines.push(
      '',
      `both: ${name} against lexical`,
      `  won most:  ${shown(differences.slice(0, SHOWN).filter(({ difference }) => difference > 0))}`,
      `  lost most: ${shown(
        differences
          .slice(-SHOWN)
          .reverse()
          .filter(({ difference }) => difference < 0),
      )}`,
    )
  }
  return [...lines, '', `chosen on all queries: ${JSON.stringify(chosen)}`, `default: ${evaluation.default}`].join('\n')
}
