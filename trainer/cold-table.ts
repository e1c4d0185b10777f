/** What `vitrine evaluate --protocol cold-items` says to people. */
import type { ContentWeights } from './cold-content.ts'
import { COLD_MODELS, type ColdEvaluation, type ColdTable } from './cold-items.ts'
import type { VisitGain } from './cold-visits.ts'
import { intervalText } from './evaluate.ts'

export function coldTable(evaluation: ColdEvaluation): string {
  const { dataset, simulated, split, seeds, queries, among_hidden, among_all, every_visit, tried, passed } = evaluation
  const hidden = seeds.map(
    ({ seed, hidden, items, queries, decay, weights, new_items, epochs }) =>
      `seed ${seed}: hidden ${hidden}, ${items} items, ${queries} queries; ${epochs} passes; new items placed with strength ${new_items}; among the hidden ${fit(decay.hidden, weights.hidden)}, among all ${fit(decay.all, weights.all)}`,
  )
  return [
    `${dataset}${simulated ? ' (simulated)' : ''}: ${split}`,
    hidden.join('\n'),
    section(`${queries.toLocaleString('en')} queries, among the hidden items`, among_hidden),
    section(`${queries.toLocaleString('en')} queries, among all items`, among_all),
    visitLines(every_visit),
    ...(tried ? [triedLines(tried)] : []),
    `content ${passed ? 'beats' : 'does not beat'} random and TF-IDF neighbours in both`,
  ].join('\n\n')
}

function fit(decay: number, weights: ContentWeights): string {
  const parts = Object.entries(weights).map(([name, weight]) => `${name} ${weight}`)
  return `TF-IDF decay ${decay}, content ${parts.join(' + ')}`
}

function section(title: string, { models, content_minus, blend_minus_tf_idf }: ColdTable): string {
  const row = (cells: string[]) => cells.map((cell, at) => (at === 0 ? cell.padEnd(12) : cell.padStart(14))).join('')
  return [
    title,
    row(['', 'hr@10', 'ndcg@10', 'mrr@10', 'recall@10']),
    ...COLD_MODELS.map((name) => {
      const { hr, ndcg, mrr, recall } = models[name]
      return row([name, ...[hr, ndcg, mrr, recall].map((value) => value.toFixed(4))])
    }),
    ...Object.entries(content_minus).map(([name, interval]) => `content − ${name}: NDCG@10 ${intervalText(interval)}`),
    `blend, which ships − tf-idf: NDCG@10 ${intervalText(blend_minus_tf_idf)}`,
  ].join('\n')
}

function visitLines({ wanted, unwanted }: ColdEvaluation['every_visit']): string {
  const line = ({ queries, ndcg, placed_minus_not }: VisitGain) =>
    `${queries.toLocaleString('en')} visits, blend's NDCG@10 ${ndcg.toFixed(4)}; placed − not placed ${intervalText(placed_minus_not)}`
  return `every visit, the hidden items wanted as they were: ${line(wanted)}\nevery visit, nobody wanting them: ${line(unwanted)}`
}

function triedLines({ what, among_hidden, among_all, kept }: NonNullable<ColdEvaluation['tried']>): string {
  return [
    `content with ${what} − without, among the hidden items: NDCG@10 ${intervalText(among_hidden)}`,
    `content with ${what} − without, among all items: NDCG@10 ${intervalText(among_all)}`,
    `${what}: ${kept ? 'helps' : 'does not help'} to place cold items`,
  ].join('\n')
}
