/** What a browser fetches, by component. */
import type { Phase } from '../../shared/model/bundle.ts'
import { bar } from './bar.ts'
import { type Html, html } from './html.ts'
import { kilobytes } from './numbers.ts'
import type { ChunkSize, RunView } from './run-view.ts'
import { panels, section, table } from './table.ts'

const ABOUT: Record<string, string> = {
  shelf: 'the first shelf, ready to show',
  items: 'what items are called, cost and look like',
  rules: 'what follows what, and what is popular',
  vectors: 'the item table, int8',
  encoder: 'the network’s blocks',
  probes: 'questions with known answers, asked before use',
  profile: 'what a shopper’s profile is read with',
  segments: 'kinds of shoppers',
  next: 'what visits begin with',
  sentiment: 'what reads reviews',
  text: 'what words mean',
  service: 'questions, answers and names',
  coupons: 'signed coupons',
}
const WHEN: Record<Phase, string> = { first: 'before the first shelf', rank: 'before ranking', idle: 'when idle' }

export function sizes(runs: readonly RunView[]): Html {
  return section(
    'sizes',
    'Size by component',
    'The chunks of the bundle that “vitrine publish” makes of this run, in the order in which every browser fetches them.',
    panels(runs.map((run) => ({ name: run.name, body: sizeTable(run.sizes, `Sizes of ${run.name}`) }))),
  )
}

function sizeTable(chunks: readonly ChunkSize[], caption: string): Html {
  const most = Math.max(1, ...chunks.map(({ bytes }) => bytes))
  const sum = (of: 'bytes' | 'brotliBytes') => kilobytes(chunks.reduce((all, chunk) => all + chunk[of], 0))
  return table(
    caption,
    ['', 'fetched', 'raw', 'brotli'],
    [
      ...chunks.map(({ name, phase, bytes, brotliBytes }) => [
        html`${name}${ABOUT[name] && html`<small>${ABOUT[name]}</small>`}`,
        WHEN[phase],
        html`${kilobytes(bytes)}${bar(bytes / most)}`,
        html`${kilobytes(brotliBytes)}${bar(brotliBytes / most)}`,
      ]),
      ['all of it', '', html`<strong>${sum('bytes')}</strong>`, html`<strong>${sum('brotliBytes')}</strong>`],
    ],
  )
}
