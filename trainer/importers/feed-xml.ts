/**
 * A Google Merchant feed in RSS 2.0 or Atom, by saxes: one <item> or <entry> at a time, so that memory does not grow with
 * the feed. The prefix "g:" is dropped, so that `g:id` and a TSV feed's `id` are the same column.
 *
 *     <item><g:id>MUG-1</g:id><title>Mug</title><g:price>4.50 GBP</g:price>…</item>
 *
 * Entity declarations are refused: a kilobyte of them can expand to gigabytes, and no feed needs one.
 */
import { SaxesParser } from 'saxes'
import { UserError } from '../user-error.ts'
import { excerpt, MAX_RECORD_CHARS, type Row } from './row.ts'

/** saxes holds text until the next tag: beyond this the file is no feed. */
const MAX_CHARS_WITHOUT_EVENT = 4 * MAX_RECORD_CHARS

export async function* readFeedXml(path: string, text: AsyncIterable<string>): AsyncGenerator<Row> {
  const parser = new SaxesParser()
  let rows: Row[] = []
  let record: Record<string, unknown> | undefined
  let startLine = 1
  let depth = 0
  let name = ''
  let value = ''
  let lastEventAt = 0
  let size = 0
  const seen = () => {
    lastEventAt = parser.position
  }
  parser.on('doctype', (doctype) => {
    if (/<!ENTITY/i.test(doctype)) {
      throw new UserError(
        `${path} line ${parser.line}: the document declares entities`,
        'export a feed without DOCTYPE',
      )
    }
  })
  parser.on('comment', seen)
  parser.on('opentag', (tag) => {
    seen()
    if (!record) {
      if (tag.name === 'item' || tag.name === 'entry') {
        record = {}
        startLine = parser.line
        depth = 0
        size = 0
      }
      return
    }
    depth++
    if (depth !== 1) return
    name = tag.name.replace(/^g:/, '')
    value = ''
    // Atom writes <link href="…"/>
    if (name === 'link' && typeof tag.attributes.href === 'string') value = tag.attributes.href
  })
  const characters = (part: string) => {
    seen()
    if (!record || depth === 0) return
    size += part.length
    if (size > MAX_RECORD_CHARS) {
      throw new UserError(
        `${path} line ${startLine}: an item is longer than ${MAX_RECORD_CHARS} characters`,
        'split it',
      )
    }
    value += part
  }
  parser.on('text', characters)
  parser.on('cdata', characters)
  parser.on('closetag', () => {
    seen()
    if (!record) return
    if (depth === 0) {
      rows.push({ line: startLine, record })
      record = undefined
      return
    }
    // The first of a repeated element counts: the feed specification calls it the most relevant.
    if (depth === 1 && record[name] === undefined) record[name] = value
    depth--
  })
  parser.on('error', (error) => {
    const what = excerpt(error.message.replace(/^\d+:\d+: /, ''))
    throw new UserError(
      `${path} line ${parser.line}: the XML breaks off or is not well formed: ${what}`,
      'export it again',
    )
  })
  for await (const chunk of text) {
    parser.write(chunk)
    if (parser.position - lastEventAt > MAX_CHARS_WITHOUT_EVENT) {
      throw new UserError(
        `${path} line ${parser.line}: no tag in ${MAX_CHARS_WITHOUT_EVENT} characters`,
        'check the file',
      )
    }
    yield* rows
    rows = []
  }
  parser.close()
  yield* rows
}
