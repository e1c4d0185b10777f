/** JSON lines, and one JSON array of objects, each read one value at a time. */
import { UserError } from '../user-error.ts'
import { excerpt, MAX_RECORD_CHARS, type Row } from './row.ts'

/**
 * JSON lines: a line that does not parse is yielded as bad and reading goes on.
 * @throws UserError at a line that never ends.
 */
export async function* readJsonLines(path: string, text: AsyncIterable<string>): AsyncGenerator<Row> {
  let line = 0
  for await (const content of readLinesOf(path, text)) {
    line++
    if (content.trim() !== '') yield parseRow(content, line)
  }
}

/** Lines without their ends, whatever the chunks are. @throws UserError at a line longer than MAX_RECORD_CHARS. */
export async function* readLinesOf(path: string, text: AsyncIterable<string>): AsyncGenerator<string> {
  let rest = ''
  let line = 0
  for await (const chunk of text) {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop() as string
    for (const whole of lines) {
      line++
      yield whole.endsWith('\r') ? whole.slice(0, -1) : whole
    }
    if (rest.length > MAX_RECORD_CHARS) {
      throw new UserError(`${path} line ${line + 1}: is longer than ${MAX_RECORD_CHARS} characters`, 'split it')
    }
  }
  if (rest !== '') yield rest.endsWith('\r') ? rest.slice(0, -1) : rest
}

/**
 * The objects of one array. Braces outside strings are counted, so that only one object is held at a time.
 * @throws UserError when the array breaks off or holds something else than objects.
 */
export async function* readJsonArray(path: string, text: AsyncIterable<string>): AsyncGenerator<Row> {
  let line = 1
  let depth = 0
  let startLine = 1
  let object = ''
  let inString = false
  let escaped = false
  let state: 'before' | 'inside' | 'after' = 'before'
  for await (const chunk of text) {
    let from = 0
    for (let i = 0; i < chunk.length; i++) {
      const c = chunk.charCodeAt(i)
      if (c === 0x0a) line++
      if (inString) {
        if (escaped) escaped = false
        else if (c === 0x5c) escaped = true
        else if (c === 0x22) inString = false
        continue
      }
      if (depth > 0) {
        if (c === 0x22) inString = true
        else if (c === 0x7b || c === 0x5b) depth++
        else if (c === 0x7d || c === 0x5d) {
          depth--
          if (depth === 0) {
            yield parseRow(object + chunk.slice(from, i + 1), startLine)
            object = ''
          }
        }
        continue
      }
      if (c === 0x7b && state === 'inside') {
        depth = 1
        from = i
        startLine = line
      } else if (c === 0x5b && state === 'before') state = 'inside'
      else if (c === 0x5d && state === 'inside') state = 'after'
      else if (c > 0x20 && !(c === 0x2c && state === 'inside')) {
        const value = excerpt(chunk.slice(i, i + 80))
        throw new UserError(
          `${path} line ${line}: "${value}" is no object of the array`,
          'write [{…}, {…}] or JSON lines',
        )
      }
    }
    if (depth > 0) object += chunk.slice(from)
    if (object.length > MAX_RECORD_CHARS) {
      throw new UserError(
        `${path} line ${startLine}: an object is longer than ${MAX_RECORD_CHARS} characters`,
        'split it',
      )
    }
  }
  if (state !== 'after') {
    throw new UserError(`${path} line ${line}: the array breaks off`, 'export the file again')
  }
}

function parseRow(text: string, line: number): Row {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return { line, reason: 'the line is no JSON', value: excerpt(text) }
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { line, reason: 'the line is no JSON object', value: excerpt(text) }
  }
  return { line, record: value as Record<string, unknown> }
}
