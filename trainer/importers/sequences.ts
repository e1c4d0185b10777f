/** Benchmark sequences: "user item item …" a line, items in time order, optionally gzipped. */
import { UserError } from '../user-error.ts'
import { readLinesOf } from './json-rows.ts'
import { excerpt } from './row.ts'
import { openSource, readText } from './source.ts'

/**
 * One shopper at a time; lines without an item are left out.
 * @throws UserError when the file cannot be read or a line is no sequence.
 */
export async function* readSequences(path: string): AsyncGenerator<{ shopper: string; items: string[] }> {
  let line = 0
  for await (const text of readLinesOf(path, readText(openSource(path)))) {
    line++
    const [shopper, ...items] = text.trim().split(/\s+/)
    if (shopper === '') continue
    if (/[,;|"{<]/.test(text)) {
      throw new UserError(
        `${path} line ${line}: "${excerpt(text)}" is no sequence`,
        'write "user item item …", with spaces',
      )
    }
    if (items.length > 0) yield { shopper, items }
  }
}
