/**
 * What the documents at the root and in docs/ name is there: paths, links, scripts, commands with their flags, and the
 * command CI runs.
 */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { CommandDef } from 'citty'
import { describe, expect, it } from 'vitest'
import { SHELF_KINDS } from '../shared/data/shelf-kinds.ts'

const ROOT = join(import.meta.dirname, '..')
const documents = [...readdirSync(ROOT), ...readdirSync(join(ROOT, 'docs')).map((name) => `docs/${name}`)].filter(
  (name) => name.endsWith('.md'),
)
const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { scripts: Record<string, string> }

interface Found {
  document: string
  text: string
}

const documentTexts: Found[] = documents.map((document) => ({
  document,
  text: readFileSync(join(ROOT, document), 'utf8'),
}))

const FENCED = /^```[^\n]*\n(.*?)^```/gms
/** Code spans, which may go over a line end, and the lines of code blocks. */
const code: Found[] = documentTexts.flatMap(({ document, text }) => [
  ...[...text.matchAll(FENCED)].flatMap(([, block]) => block.split('\n')).map((line) => ({ document, text: line })),
  ...[...text.replaceAll(FENCED, '').matchAll(/`([^`]+)`/g)].map(([, span]) => ({
    document,
    text: span.replaceAll('\n', ' '),
  })),
])

/** What `pattern` captures in code, with its document. */
const inCode = (pattern: RegExp) =>
  code.flatMap(({ document, text }) => [...text.matchAll(pattern)].map(([, ...groups]) => ({ document, groups })))

describe('what the documents name exists', () => {
  it('README and CONTRIBUTING are there', () => {
    expect(documents).toEqual(expect.arrayContaining(['README.md', 'CONTRIBUTING.md']))
  })

  it('relative links', () => {
    const links = documentTexts.flatMap(({ document, text }) =>
      [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, to]) => ({ document, to: to.split('#')[0] })),
    )
    const broken = links.filter(
      ({ document, to }) => to !== '' && !/^\w+:/.test(to) && !existsSync(join(ROOT, dirname(document), to)),
    )
    expect(broken).toEqual([])
  })

  it('paths', () => {
    const below = inCode(/(?<![\w./-])((?:web|edge|trainer|shared|test|docs|\.ci)\/[\w./-]*)/g)
    const atRoot = inCode(/^([\w-]+\.(?:md|json|ts))$/g)
    expect(below.length).toBeGreaterThan(15)
    const missing = [...below, ...atRoot].filter(({ groups: [path] }) => !existsSync(join(ROOT, path)))
    expect(missing).toEqual([])
    for (const { groups } of below.filter(({ groups: [path] }) => path.endsWith('/'))) {
      expect(statSync(join(ROOT, groups[0])).isDirectory()).toBe(true)
    }
  })

  it('npm scripts, and the names that are given to bench', () => {
    const named = [...inCode(/npm run ([\w-]+)/g), ...inCode(/npm (start|test)\b/g)]
    expect(named.length).toBeGreaterThan(4)
    expect(named.filter(({ groups: [name] }) => !(name in scripts))).toEqual([])
    const benches = inCode(/npm run bench -- ([\w-]+)/g)
    expect(benches.filter(({ groups: [name] }) => !existsSync(join(ROOT, 'test/bench', `${name}.ts`)))).toEqual([])
  })

  it('vitrine commands, and their flags', async () => {
    const named = [
      ...inCode(/\bvitrine ([a-z-]+)\b([^#]*)/g),
      ...inCode(/\bnode trainer\/bin\.js ([a-z-]+)\b([^#]*)/g),
      ...inCode(/\bnpm (start) -- ([^#]*)/g),
    ]
    expect(named.length).toBeGreaterThan(5)
    for (const { document, groups } of named) {
      const [name, rest] = groups
      const file = join(ROOT, 'trainer/commands', `${name}.ts`)
      expect(existsSync(file), `${document}: vitrine ${name}`).toBe(true)
      const { default: command } = (await import(file)) as { default: CommandDef }
      const args = Object.keys(command.args ?? {})
      for (const [, flag] of rest.matchAll(/--([a-z][a-z-]*)/g)) {
        expect(args, `${document}: vitrine ${name} --${flag}`).toContain(flag.replace(/^no-/, ''))
      }
    }
  })

  it('flags that are named without their command', async () => {
    const known = new Set<string>()
    for (const file of readdirSync(join(ROOT, 'trainer/commands'))) {
      const { default: command } = (await import(join(ROOT, 'trainer/commands', file))) as { default: CommandDef }
      for (const name of Object.keys(command.args ?? {})) known.add(name)
    }
    const benches = readdirSync(join(ROOT, 'test/bench')).map((file) =>
      readFileSync(join(ROOT, 'test/bench', file), 'utf8'),
    )
    for (const [, flag] of benches.join('\n').matchAll(/--([a-z][a-z-]*)/g)) known.add(flag)
    const named = inCode(/^--([a-z][a-z-]*)/g)
    expect(named.length).toBeGreaterThan(3)
    expect(named.filter(({ groups: [flag] }) => !known.has(flag.replace(/^no-/, '')))).toEqual([])
  })

  it('kinds of shelves', () => {
    const kinds = inCode(/<vitrine-shelf kind="([\w-]+)"/g).map(({ groups: [kind] }) => kind)
    expect(kinds.length).toBeGreaterThan(0)
    for (const kind of kinds) expect(SHELF_KINDS).toContain(kind)
  })
})

it('CI runs the README’s test command and nothing else', () => {
  const file = join(ROOT, '.ci/run')
  const [shebang, ...lines] = readFileSync(file, 'utf8').split('\n')
  expect(shebang).toBe('#!/usr/bin/env bash')
  const commands = lines.filter((line) => line !== '' && !/^(#|set )/.test(line))
  expect(commands).toEqual(['npm ci && npm test'])
  const readme = documentTexts.find(({ document }) => document === 'README.md')!
  const blocks = [...readme.text.matchAll(FENCED)].map(([, block]) => block.trim().split('\n'))
  expect(blocks.some((block) => block.includes(commands[0]))).toBe(true)
  if (process.platform !== 'win32') expect(statSync(file).mode & 0o111, 'executable').not.toBe(0)
})
