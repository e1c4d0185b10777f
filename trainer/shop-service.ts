/** What a history knows of a shop beside its products, as the bundle's `service` chunk. */
import { CATEGORY_SEPARATOR, type Faq, type Product } from '../shared/data/catalog.ts'
import { traitsIn, valuesIn } from '../shared/model/content.ts'
import {
  MAX_ANSWER_LENGTH,
  MAX_FAQ_ENTRIES,
  MAX_LABEL_LENGTH,
  MAX_LABELS,
  MAX_QUESTION_LENGTH,
  type ShopService,
} from '../shared/service/shop-service.ts'
import type { Histories } from './datasets/histories.ts'
import { popularQueries } from './popular-queries.ts'
import { UserError } from './user-error.ts'

/** Undefined for a shop that says nothing. @throws UserError when a question or answer is too long to be one */
export function shopServiceOf(h: Histories, contact: string | undefined): ShopService | undefined {
  const { faq = [] } = h
  if (faq.length > MAX_FAQ_ENTRIES) {
    throw new UserError(
      `faq.jsonl: ${faq.length} questions, more than ${MAX_FAQ_ENTRIES}`,
      'leave out what is rarely asked',
    )
  }
  faq.forEach(checkFaq)
  const service: ShopService = {
    popularQueries: popularQueries(h),
    labelNames: labelNames(h.items),
    faq: faq.map(({ id, question, answer, language }) => ({ id, question, answer, language })),
    ...(contact === undefined ? {} : { contact }),
  }
  const { popularQueries: queries, labelNames: names } = service
  const silent = queries.length + faq.length + Object.keys(names).length === 0 && contact === undefined
  return silent ? undefined : service
}

function checkFaq(entry: Faq, n: number): void {
  const most = { id: 256, question: MAX_QUESTION_LENGTH, answer: MAX_ANSWER_LENGTH, language: 35 }
  for (const [field, length] of Object.entries(most) as [keyof Faq, number][]) {
    const value: unknown = entry[field]
    if (typeof value !== 'string' || value === '' || value.length > length) {
      const shown = typeof value === 'string' ? `${value.length} characters` : JSON.stringify(value)
      throw new UserError(
        `faq.jsonl line ${n + 1}, field "${field}": ${shown}, not a text of 1 to ${length}`,
        'mend or leave out that line',
      )
    }
  }
}

/** Of the categories and traits that have a name in another language, those of most products. */
function labelNames(products: readonly Product[]): ShopService['labelNames'] {
  // A category may be called "constructor".
  const names = new Map<string, { products: number; called: Map<string, string> }>()
  // Paths of another depth, and lists of another length, do not say which of their parts is which.
  const add = (language: string, labels: readonly string[], called: readonly string[]) => {
    if (called.length !== labels.length) return
    called.forEach((name, at) => {
      if (name === '' || Math.max(name.length, labels[at].length) > MAX_LABEL_LENGTH) return
      const known = names.get(labels[at]) ?? { products: 0, called: new Map() }
      known.products++
      known.called.set(language, name)
      names.set(labels[at], known)
    })
  }
  for (const { category, attributes = {}, translations = {} } of products) {
    const paths = category.map((_, depth) => category.slice(0, depth + 1).join(CATEGORY_SEPARATOR))
    for (const [language, translated] of Object.entries(translations)) {
      add(language, paths, translated.category ?? [])
      for (const [name, values] of Object.entries(translated.attributes ?? {})) {
        add(language, traitsIn(name, attributes[name] ?? ''), valuesIn(values))
      }
    }
  }
  const shown = [...names].sort(([, a], [, b]) => b.products - a.products).slice(0, MAX_LABELS)
  return Object.fromEntries(shown.map(([label, { called }]) => [label, Object.fromEntries(called)]))
}
