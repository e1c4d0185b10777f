/**
 * Session benchmarks as they are published (Diginetica and its like): two files side by side, plain or gzipped.
 *
 *     NAME.train-sessions.txt         a session a line, "item item item", oldest first; the lines in the order of time
 *     NAME.test-prefix-target.txt     "item item<TAB>item": what came before, and what came next
 *
 * Test lines of one session follow each other, longest prefix first. What training does not know cannot be ranked: such
 * lines are left out of the test, and counted.
 */
import { existsSync, readdirSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { VIEW } from '../../shared/data/sequence.ts'
import { readLinesOf } from '../importers/json-rows.ts'
import { excerpt } from '../importers/row.ts'
import { openSource, readText } from '../importers/source.ts'
import type { Query } from '../queries.ts'
import { UserError } from '../user-error.ts'
import { type Histories, readSequenceHistories } from './histories.ts'

/** What the test file held, and what of it is asked. */
export interface TestFileReport {
  lines: number
  asked: number
  /** Left out: training never saw what came next. */
  unknown_targets: number
  /** Left out: nothing came before, or nothing that training knows. */
  empty_prefixes: number
  /** Items of prefixes that training never saw; the rest of their prefix is asked. */
  unknown_prefix_items: number
}

interface BenchmarkFiles {
  name: string
  train: string
  test: string
}

const FILE = /^(.+)\.(train-sessions|test-prefix-target)\.txt(\.gz)?$/

/**
 * The two files that a path means: their folder, or either of them. Undefined when it is no session benchmark.
 * @throws UserError when one of the two is missing, or a folder holds several benchmarks
 */
export function sessionBenchmarkFiles(path: string): BenchmarkFiles | undefined {
  const isFolder = statSync(path).isDirectory()
  const folder = isFolder ? path : dirname(path)
  const own = FILE.exec(basename(path))?.[1]
  if (!isFolder && own === undefined) return undefined
  const matches = readdirSync(folder).flatMap((file) => {
    const [, name, part] = FILE.exec(file) ?? []
    return name !== undefined && (own === undefined || name === own) ? [{ file, name, part }] : []
  })
  const names = [...new Set(matches.map(({ name }) => name))]
  if (names.length === 0) return undefined
  if (names.length > 1) {
    throw new UserError(
      `${folder}: holds ${names.length} session benchmarks: ${names.join(', ')}`,
      `name one by its file, for example --data ${join(folder, matches[0].file)}`,
    )
  }
  const fileOf = (part: string) => {
    const found = matches.find((match) => match.part === part)
    if (!found) throw new UserError(`${folder}: has no ${names[0]}.${part}.txt`, 'put both files in one folder')
    return join(folder, found.file)
  }
  return { name: names[0], train: fileOf('train-sessions'), test: fileOf('test-prefix-target') }
}

/** @throws UserError naming the line that is no session, or no prefix and target */
export async function readSessionBenchmark({ name, train, test }: BenchmarkFiles): Promise<Histories> {
  const h = await readSequenceHistories(name, readSessions(train))
  if (h.items.length === 0) throw new UserError(`${train}: holds no session`, 'check the file')
  return { ...h, selfTransitions: true, test: await readTest(test, h) }
}

async function* readSessions(path: string): AsyncGenerator<{ shopper: string; items: string[] }> {
  for await (const { line, text } of readNumbered(path)) {
    if (text.trim() === '') continue
    if (!/^[^\t,;|"{<]+$/.test(text)) {
      throw new UserError(
        `${path} line ${line}: "${excerpt(text)}" is no session`,
        'write "item item item", with spaces',
      )
    }
    yield { shopper: `session-${line}`, items: text.trim().split(/ +/) }
  }
}

async function readTest(path: string, h: Histories): Promise<NonNullable<Histories['test']>> {
  const numbers = new Map(h.items.map(({ item_id }, number) => [item_id, number]))
  const report: TestFileReport = { lines: 0, asked: 0, unknown_targets: 0, empty_prefixes: 0, unknown_prefix_items: 0 }
  const queries: Query[] = []
  let session = h.shoppers.length
  let before = ''
  for await (const { line, text } of readNumbered(path)) {
    if (text === '') continue
    const [prefix, target, ...rest] = text.split('\t').map((part) => part.trim())
    if (target === undefined || target === '' || rest.length > 0 || /[\s,;|"{<]/.test(target)) {
      throw new UserError(
        `${path} line ${line}: "${excerpt(text)}" is no prefix and target`,
        'write "item item<TAB>item": what came before with spaces, a tab, the one item that came next',
      )
    }
    report.lines++
    if (`${prefix} ${target}` !== before) session++
    before = prefix
    const relevant = numbers.get(target)
    const given = prefix === '' ? [] : prefix.split(/ +/)
    const items = given.flatMap((id) => numbers.get(id) ?? [])
    report.unknown_prefix_items += given.length - items.length
    if (relevant === undefined) report.unknown_targets++
    else if (items.length === 0) report.empty_prefixes++
    else queries.push(sessionQuery(session, Int32Array.from(items), relevant))
  }
  return { queries, report: { ...report, asked: queries.length } }
}

/** A question without times: a step is a millisecond, as in every history without them. Nothing is excluded. */
export function sessionQuery(session: number, items: Int32Array, target: number): Query {
  return {
    shopper: session,
    items,
    actions: new Uint8Array(items.length).fill(VIEW),
    times: Float64Array.from(items.keys()),
    time: items.length,
    relevant: new Set([target]),
    excluded: new Set(),
  }
}

async function* readNumbered(path: string): AsyncGenerator<{ line: number; text: string }> {
  if (!existsSync(path)) throw new UserError(`${path}: no such file`, 'check the path given to --data')
  let line = 0
  for await (const text of readLinesOf(path, readText(openSource(path)))) yield { line: ++line, text }
}
