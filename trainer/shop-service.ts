/** What a history knows of a shop beside its products, as the bundle's `service` chunk. */
import { CATEGORY_SEPARATOR, type Faq, type Product } from '../shared/data/catalog.ts'
import {
  MAX_ANSWER_LENGTH,
  MAX_FAQ_ENTRIES,
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
    categoryNames: categoryNames(h.items),
    faq: faq.map(({ id, question, answer, language }) => ({ id, question, answer, language })),
    ...(contact === undefined ? {} : { contact }),
  }
  const { popularQueries: queries, categoryNames: names } = service
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

/** Of every category that has a name in another language. */
function categoryNames(products: readonly Product[]): ShopService['categoryNames'] {
  // A category may be called "constructor".
  const names = new Map<string, Map<string, string>>()
  for (const { category, translations = {} } of products) {
    for (const [language, { category: translated }] of Object.entries(translations)) {
      // A path of another depth does not say which of its parts is which.
      if (translated?.length !== category.length) continue
      translated.forEach((name, depth) => {
        if (name === '') return
        const path = category.slice(0, depth + 1).join(CATEGORY_SEPARATOR)
        const known = names.get(path)
        if (known) known.set(language, name)
        else names.set(path, new Map([[language, name]]))
      })
    }
  }
  return Object.fromEntries([...names].map(([path, known]) => [path, Object.fromEntries(known)]))
}
