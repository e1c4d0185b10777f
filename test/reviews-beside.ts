/** The two public sets of reviews that sentiment is measured on, from beside the repository, where they are packed with xz. */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { type Review, readReviews } from '../trainer/datasets/reviews.ts'
import { distinctReviews } from '../trainer/sentiment-evaluation.ts'
import { besideRepository } from './shared-data.ts'

const SETS = [
  ['womens-clothing-reviews', 'womens_clothing_reviews.csv.xz'],
  ['chinese-reviews', 'online_shopping_10_cats.csv.xz'],
]

/** English first; undefined, and a line that says so, where the data or xz are not there. */
export async function reviewsBeside(): Promise<Review[] | undefined> {
  const packed = SETS.map((path) => besideRepository('data', ...path))
  if (spawnSync('xz', ['--version']).error) {
    console.log('skipped: there is no xz to unpack reviews with')
    return undefined
  }
  const reviews: Review[] = []
  for (const path of packed) {
    if (!path) return undefined
    const folder = mkdtempSync(join(tmpdir(), 'vitrine-reviews-'))
    const file = join(folder, basename(path, '.xz'))
    writeFileSync(file, execFileSync('xz', ['-dc', path], { maxBuffer: 2 ** 28 }))
    reviews.push(...(await readReviews(file)).reviews)
    rmSync(folder, { recursive: true })
  }
  return distinctReviews(reviews)
}
