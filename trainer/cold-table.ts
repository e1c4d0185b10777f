/** What `vitrine evaluate --protocol cold-items` says to people. */
import type { ContentWeights } from './cold-content.ts'
import { COLD_MODELS, type ColdEvaluation, type ColdTable } from './cold-items.ts'
import { intervalText } from './evaluate.ts'

export function coldTable(evaluation: ColdEvaluation): string {
  const { dataset, simulated, split, seeds, queries, among_hidden, among_all, pictures, passed } = evaluation
  const hidden = seeds.map(
    ({ seed, hidden, items, queries, decay, weights, epochs }) =>
      `seed ${seed}: hidden ${hidden}, ${items} items, ${queries} queries; ${epochs} passes; among the hidden ${fit(decay.hidden, weights.hidden)}, among all ${fit(decay.all, weights.all)}`,
  )
  return [
    `${dataset}${simulated ? ' (simulated)' : ''}: ${split}`,
    hidden.join('\n'),
    section(`${queries.toLocaleString('en')} queries, among the hidden items`, among_hidden),
    section(`${queries.toLocaleString('en')} queries, among all items`, among_all),
    ...(pictures ? [pictureLines(pictures)] : []),
    `content ${passed ? 'beats' : 'does not beat'} random and TF-IDF neighbours in both`,
  ].join('\n\n')
}

function fit(decay: number, weights: ContentWeights): string {
  const parts = Object.entries(weights).map(([name, weight]) => `${name} ${weight}`)
  return `TF-IDF decay ${decay}, content ${parts.join(' + ')}`
}

function section(title: string, { models, content_minus }: ColdTable): string {
  const row = (cells: string[]) => cells.map((cell, at) => (at === 0 ? cell.padEnd(12) : cell.padStart(14))).join('')
  return [
    title,
    row(['', 'hr@10', 'ndcg@10', 'mrr@10', 'recall@10']),
    ...COLD_MODELS.map((name) => {
      const { hr, ndcg, mrr, recall } = models[name]
      return row([name, ...[hr, ndcg, mrr, recall].map((value) => value.toFixed(4))])
    }),
    ...Object.entries(content_minus).map(([name, interval]) => `content − ${name}: NDCG@10 ${intervalText(interval)}`),
  ].join('\n')
}

function pictureLines({ among_hidden, among_all, kept }: NonNullable<ColdEvaluation['pictures']>): string {
  return [
    `pictures, among the hidden items: NDCG@10 ${intervalText(among_hidden)}`,
    `pictures, among all items: NDCG@10 ${intervalText(among_all)}`,
    kept ? 'pictures help cold items: kept' : 'pictures do not help cold items: not kept',
  ].join('\n')
}
