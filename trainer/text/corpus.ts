/** What a shop says and is asked: the texts that a text encoder is taught on. */
import { existsSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { Faq, Product } from '../../shared/data/catalog.ts'
import { itemsOf } from '../../shared/data/events.ts'
import { isUnspaced, unitsOf } from '../../shared/data/subwords.ts'
import { type HistoryEvent, readLines } from '../datasets/dataset.ts'
import { datasetFolder } from '../datasets/load.ts'
import { UserError } from '../user-error.ts'

/** A description's first sentences; a teacher reads no more of it. */
const MAX_CHARS = 300
const MAX_REVIEWS = 20_000
/** What is looked at this soon after a search is what was meant by it. */
const CLICK_WINDOW_MS = 10 * 60_000
const CLICK_EVENTS = new Set(['select_item', 'view_item', 'add_to_cart', 'purchase'])
const MAX_CLICKS_A_QUERY = 20

export interface Sentence {
  text: string
  /** Texts that say the same: its translations, or the titles that a query led to. */
  meanings: string[]
}

export interface Corpus {
  name: string
  languages: string[]
  /** Distinct texts. */
  sentences: Sentence[]
  /** One a product: all that belongs to it, in every language. What co-occurs is counted here. */
  documents: string[]
}

/**
 * The products of a path: a dataset folder, a catalogue or history file, or a search collection.
 * @throws UserError when there is no product
 */
export async function readProducts(path: string): Promise<{ folder: string; products: Product[] }> {
  const folder = await datasetFolder(catalogueOf(path))
  const products: Product[] = []
  for await (const product of readLines<Product>(folder, 'catalog.jsonl')) products.push(product)
  if (products.length === 0) throw new UserError(`${path}: has no product`, 'give a shop’s data, or its catalogue')
  return { folder, products }
}

function catalogueOf(path: string): string {
  if (!existsSync(path) || !statSync(path).isDirectory() || existsSync(join(path, 'dataset.json'))) return path
  const names = ['products.jsonl.gz', 'products.jsonl', 'products.csv.gz', 'products.csv']
  const found = names.map((name) => join(path, name)).find((file) => existsSync(file))
  return found ?? path
}

/** @throws UserError when the texts hold no word */
export async function readCorpus(path: string): Promise<Corpus> {
  const { folder, products } = await readProducts(path)
  const corpus = corpusBuilder()
  for (const product of products) corpus.product(product)
  for await (const faq of readLines<Faq>(folder, 'faq.jsonl')) {
    corpus.sentence(faq.question)
    corpus.sentence(faq.answer)
  }
  for await (const event of readLines<HistoryEvent>(folder, 'events.jsonl')) corpus.event(event)
  return corpus.finish(basename(path), path)
}

/** The same from products at hand. */
export function corpusOfProducts(name: string, products: readonly Product[]): Corpus {
  const corpus = corpusBuilder()
  for (const product of products) corpus.product(product)
  return corpus.finish(name, name)
}

function corpusBuilder() {
  const meaningsOf = new Map<string, Set<string>>()
  const documents = new Map<string, string[]>()
  const titles = new Map<string, string>()
  const languages = new Set<string>()
  const searches = new Map<string, { query: string; time: number }>()
  let reviews = 0
  const sentence = (text: string | undefined, meanings: readonly (string | undefined)[] = []) => {
    const cut = cleaned(text)
    if (cut === '') return
    const known = meaningsOf.get(cut) ?? new Set()
    meaningsOf.set(cut, known)
    for (const meaning of meanings) {
      const other = cleaned(meaning)
      if (other !== '' && other !== cut && known.size < MAX_CLICKS_A_QUERY) known.add(other)
    }
  }
  /** One field in all its languages: each says what the others do. */
  const inLanguages = (texts: readonly (string | undefined)[]) => {
    texts.forEach((text, at) => {
      sentence(text, texts.toSpliced(at, 1))
    })
  }
  return {
    sentence,
    product(product: Product) {
      const translations = Object.values(product.translations ?? {})
      for (const language of [product.language ?? 'en', ...Object.keys(product.translations ?? {})]) {
        languages.add(language)
      }
      inLanguages([product.title, ...translations.map(({ title }) => title)])
      inLanguages([product.description, ...translations.map(({ description }) => description)])
      product.category.forEach((name, depth) => {
        inLanguages([name, ...translations.map(({ category }) => category?.[depth])])
      })
      const all = [
        product.title,
        product.brand,
        ...product.category,
        product.description,
        ...Object.values(product.attributes ?? {}),
        ...translations.flatMap(({ title, category = [], description }) => [title, ...category, description]),
      ]
      documents.set(product.item_id, all.map(cleaned).filter(Boolean))
      titles.set(product.item_id, product.title)
    },
    /** A review is a text of its own; a search means what was looked at right after it. */
    event(event: HistoryEvent) {
      if (event.name === 'review' && event.text !== undefined && reviews < MAX_REVIEWS) {
        reviews++
        sentence(event.text)
      } else if ((event.name === 'search' || event.name === 'view_search_results') && event.search_term) {
        sentence(event.search_term)
        searches.set(event.shopper, { query: event.search_term, time: event.time })
      } else if (CLICK_EVENTS.has(event.name)) {
        const search = searches.get(event.shopper)
        if (!search || event.time < search.time || event.time - search.time > CLICK_WINDOW_MS) return
        for (const { item_id } of itemsOf(event).slice(0, 1)) {
          const title = titles.get(item_id)
          if (title === undefined) continue
          sentence(search.query, [title])
          const document = documents.get(item_id)!
          if (!document.includes(search.query)) document.push(search.query)
        }
      }
    },
    finish(name: string, path: string): Corpus {
      const sentences = [...meaningsOf].map(([text, meanings]) => ({ text, meanings: [...meanings] }))
      if (sentences.length === 0) {
        throw new UserError(`${path}: no product’s text holds a word`, 'give a catalogue with titles')
      }
      return {
        name,
        languages: [...languages].sort(),
        sentences,
        documents: [...documents.values()].map((texts) => texts.join(' · ')),
      }
    },
  }
}

/** Empty where there is nothing to learn from. */
function cleaned(text: string | undefined): string {
  const cut = (text ?? '').replace(/\s+/g, ' ').trim().slice(0, MAX_CHARS)
  return unitsOf(cut).length > 0 ? cut : ''
}

/** Written in a script without spaces, for the most part. */
export function isUnspacedText(text: string): boolean {
  const units = unitsOf(text)
  return units.filter(isUnspaced).length * 2 > units.length
}

/** The share of all units of the catalogue that a unit is. */
export function unitShares(corpus: Corpus): (unit: string) => number {
  const counts = new Map<string, number>()
  let total = 0
  for (const document of corpus.documents) {
    for (const unit of unitsOf(document)) {
      counts.set(unit, (counts.get(unit) ?? 0) + 1)
      total++
    }
  }
  return (unit) => (counts.get(unit) ?? 0) / total
}

/** In how many products or sentences a unit is, at least two; words beside them count as if they were in one. */
export function unitCounts(corpus: Corpus, words: ReadonlySet<string> = new Set()): Map<string, number> {
  const counts = new Map<string, number>()
  // A title that many products share is one sentence; a query that many ask is in no product.
  for (const texts of [corpus.documents, corpus.sentences.map(({ text }) => text)]) {
    const found = new Map<string, number>()
    for (const text of texts) for (const unit of new Set(unitsOf(text))) found.set(unit, (found.get(unit) ?? 0) + 1)
    for (const [unit, count] of found) if (count >= 2) counts.set(unit, Math.max(count, counts.get(unit) ?? 0))
  }
  for (const word of words) if (!counts.has(word)) counts.set(word, 1)
  return counts
}
