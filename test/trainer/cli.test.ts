/**
 * The `vitrine` command as an operator meets it: a child process, its exit code, and what it prints on which stream. What
 * goes wrong is named with its remedy; what is printed with --json is one document; a token is in no output.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sha256Hex } from '../../shared/model/bundle.ts'
import { decodeModelEntry } from '../../shared/tlog/entry.ts'
import { decodeProof } from '../../shared/tlog/proof.ts'
import { readLines } from '../../trainer/datasets/dataset.ts'
import { COMMANDS, help } from '../../trainer/help.ts'
import { openPublisherKey } from '../../trainer/keys.ts'

const BIN = join(import.meta.dirname, '../../trainer/bin.js')
const NAMES = Object.keys(COMMANDS)
const EVENTS = 'shopper,item,time\nu,a,1700000000\nv,b,1700000001\n'
const root = mkdtempSync(join(tmpdir(), 'vitrine-cli-'))

interface Ended {
  code: number | null
  stdout: string
  stderr: string
}
interface Around {
  env?: Record<string, string>
  /** Open for writing; else stdout is read here. */
  stdout?: number
  /** A shell that runs "$@". */
  shell?: string
}

function start(args: string[], folder: string, { env = {}, stdout, shell }: Around = {}): ChildProcess {
  const { VITRINE_TOKEN: _, ...inherited } = process.env
  const command = [process.execPath, BIN, ...args]
  const [program, ...rest] = shell === undefined ? command : ['bash', '-c', shell, 'bash', ...command]
  return spawn(program, rest, {
    cwd: folder,
    env: { ...inherited, ...env },
    stdio: ['ignore', stdout ?? 'pipe', 'pipe'],
  })
}

async function vitrine(args: string[], folder: string, around: Around = {}): Promise<Ended> {
  const child = start(args, folder, around)
  const said = { stdout: '', stderr: '' }
  child.stdout?.on('data', (text: Buffer) => (said.stdout += text))
  child.stderr?.on('data', (text: Buffer) => (said.stderr += text))
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, ...said }
}

function newFolder(files: Record<string, string | Uint8Array> = {}): string {
  const folder = mkdtempSync(join(root, 'case-'))
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content)
  return folder
}

const inside = (folder: string) => readdirSync(folder, { recursive: true }).map(String).sort()

/** Runs a command that must fail in a way the operator can mend, and returns what it said. */
async function refusal(args: string[], folder: string, around: Around = {}): Promise<string> {
  const { code, stdout, stderr } = await vitrine(args, folder, around)
  expect({ code, stdout }, stderr).toEqual({ code: 2, stdout: '' })
  expect(stderr).toMatch(/(^|\n)vitrine: [^\n]+\n {2}→ [^\n]+\n$/)
  // Before it failed it may have said what it was about to do.
  return stderr.slice(stderr.lastIndexOf('vitrine: '))
}

/** The one JSON document that is all of stdout, on one line. */
async function document<T>(args: string[], folder: string, exitCode = 0, around: Around = {}): Promise<T> {
  const { code, stdout, stderr } = await vitrine([...args, '--json'], folder, around)
  expect(code, stderr.slice(0, 600)).toBe(exitCode)
  expect(stdout).toMatch(/^[^\n]+\n$/)
  return JSON.parse(stdout) as T
}

const busy = createServer((_, response) => {
  response.setHeader('content-type', 'text/html').end('<!doctype html><title>A shop without a tag</title><p>Mugs</p>')
})
const portOf = (server: Server) => (server.address() as AddressInfo).port

/** One that was free a moment ago. */
async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const port = portOf(server)
  await new Promise((resolve) => server.close(resolve))
  return port
}

beforeAll(async () => {
  busy.listen(0, '127.0.0.1')
  await once(busy, 'listening')
})

afterAll(() => {
  busy.close()
  busy.closeAllConnections()
  rmSync(root, { recursive: true, force: true })
})

describe('help', () => {
  it.each(NAMES)('of %s shows examples and every flag, as plain text', async (name) => {
    const stdout = await help(COMMANDS[name])
    const examples = stdout.split('Examples:\n')[1]?.trimEnd().split('\n') ?? []
    expect(examples.length).toBeGreaterThan(1)
    const flags = new Set([...stdout.split('Examples:')[0].matchAll(/--[a-z-]+/g)].map(([flag]) => flag))
    for (const example of examples) {
      expect(example).toMatch(name === 'start' ? /^ {2}npm start/ : new RegExp(`^ {2}.*vitrine ${name}( |$)`))
      for (const [flag] of example
        .split('npm start -- ')
        .pop()!
        .matchAll(/--[a-z-]+/g))
        expect(flags).toContain(flag)
    }
    expect(stdout).not.toContain('\x1b')
  })

  it.concurrent('is printed for the command that it is asked of', async () => {
    const asked = await vitrine(['train', '--help'], root)
    expect(asked).toEqual({ code: 0, stdout: `${await help(COMMANDS.train)}\n`, stderr: '' })
  })

  it.concurrent('without a command lists all of them', async () => {
    const { stdout } = await vitrine([], root)
    for (const name of NAMES) expect(stdout).toMatch(new RegExp(`^ +${name} {4}\\S`, 'm'))
  })
})

/**
 * Args; files in the folder they run in; what must be named; what must be advised. What else an importer refuses is in
 * importers/bad-input.test.ts, without a process for each.
 */
const BAD: Record<string, [args: string[], files: Record<string, string>, what: RegExp, remedy: RegExp]> = {
  'an unknown command': [['improve'], {}, /no command "improve"/, /one of start, sample, import/],
  'a misspelt command': [['trian'], {}, /no command "trian"/, /did you mean train\?/],
  'a misspelt flag': [['train', '--prest', 'long'], {}, /no flag --prest/, /did you mean --preset\? .*train --help/],
  'an unknown flag': [['import', 'e.csv', '--ot', 'o'], {}, /no flag --ot/, /import --help/],
  'an unknown letter': [['import', 'e.csv', '-o', 'x'], {}, /no flag -o/, /import --help/],
  'a flag without its value': [['import', 'e.csv', '--out', '--json'], {}, /--out has no value/, /--out FOLDER/],
  'a flag that is missing': [['import', 'e.csv'], {}, /--out/, /import --help/],
  'a stray word': [['sample', 'here'], {}, /"here"/, /sample --help/],
  'no file to import': [['import', 'none.csv', '--out', 'o'], {}, /none\.csv: there is no such file/, /path/],
  'no file to train on': [['train', '--data', 'none', '--out', 'r'], {}, /none: no such file/, /--data/],
  'a run that is not there': [['report', 'none'], {}, /none: no such folder/, /vitrine train/],
  'a folder that is no run': [['report', '.'], {}, /\.: no run\.json/, /vitrine train/],
  'a dataset that is not there': [['evaluate-profile', '--data', 'none'], {}, /none: no such folder/, /--data/],
  'an evaluation that is none': [
    ['report', 'run', '--evaluation', 'e.json'],
    { 'e.json': '{"models":{}}' },
    /e\.json: is no evaluation/,
    /vitrine evaluate/,
  ],
  'a folder that is no dataset': [
    ['publish', '--data', '.', '--to', 'b'],
    {},
    /\.: no dataset\.json/,
    /vitrine import/,
  ],
  'the wrong delimiter': [
    ['import', 'e.csv', '--delimiter', ';', '--out', 'o'],
    { 'e.csv': EVENTS },
    /e\.csv line 1: .*"shopper,item,time"/,
    /--delimiter ","/,
  ],
  'an empty file': [['import', 'e.csv', '--out', 'o'], { 'e.csv': '' }, /e\.csv: is empty/, /export/],
  'an id of 10,000 characters': [
    ['import', 'e.csv', '--out', 'o'],
    { 'e.csv': `${EVENTS}w,${'9'.repeat(10_000)},1700000002\n` },
    /e\.csv line 4: .*"?9{10,80}…/,
    /--max-refused/,
  ],
  'a number that is none': [
    ['sample', '--out', 'o', '--days', '1.5'],
    {},
    /--days 1\.5: not a whole number/,
    /--days 180/,
  ],
  'a back end that does not exist': [
    ['train', '--data', 'e.csv', '--out', 'r', '--backend', 'cuda'],
    { 'e.csv': EVENTS },
    /--backend cuda: not known/,
    /one of auto, tfjs-node-gpu, webgpu, wasm/,
  ],
  'nowhere to publish': [['publish', '--data', 'e.csv'], {}, /where to publish/, /--to FOLDER or --edge URL/],
  'nowhere to roll back': [['rollback', '--version', '1'], {}, /where to publish/, /--to FOLDER or --edge URL/],
  'a rollback of what is not there': [['rollback', '--version', '1', '--to', 'b'], {}, /b: is not there/, /path/],
  'a witness that is none': [
    ['publish', '--data', 'e.csv', '--to', 'b', '--witness', 'w'],
    { 'e.csv': EVENTS },
    /--witness w: verifier key: not of the form/,
    /vitrine witness/,
  ],
  'a log to watch that is none': [['witness', '--log', 'l'], {}, /--log l: verifier key: not of the form/, /serve/],
  'a table of no known format': [
    ['publish', '--data', 'e.csv', '--to', 'b', '--table', 'int3'],
    {},
    /--table int3: not known/,
    /int8, int4/,
  ],
  'a contact that no page may follow': [
    ['publish', '--data', 'e.csv', '--to', 'b', '--contact', 'javascript:alert(1)'],
    {},
    /--contact javascript:alert\(1\): is no link/,
    /mailto:/,
  ],
  'a model of sentiment that is none': [
    ['publish', '--data', 'e.csv', '--to', 'b', '--sentiment', 'e.csv'],
    { 'e.csv': EVENTS },
    /e\.csv: is no model of sentiment/,
    /vitrine sentiment --data REVIEWS --out FILE/,
  ],
  'coupons that are none': [
    ['coupons', 'c.json', '--out', 'c.note'],
    { 'c.json': '{"format":"vitrine-coupons/1","coupons":[{"id":7}]}' },
    /c\.json: coupons: field "coupons\.0\.id": .*received 7/,
    /coupons --help/,
  ],
  'coupons without a format': [
    ['coupons', 'c.json', '--out', 'c.note'],
    { 'c.json': '{"coupons":[]}' },
    /c\.json: coupons: field "format": is missing: add "format":"vitrine-coupons\/1"/,
    /coupons --help/,
  ],
  'coupons that nobody signed': [
    ['publish', '--data', 'e.csv', '--to', 'b', '--coupons', 'c.json'],
    { 'e.csv': EVENTS, 'c.json': '{}\n' },
    /c\.json: there is no .*publisher\.json that could have signed it/,
    /vitrine coupons/,
  ],
  'tables of no known format': [
    ['evaluate', '--data', 'e.csv', '--tables', 'int8,int3'],
    {},
    /--tables int3: not known/,
    /float32, int8, int4/,
  ],
  'a protocol of no known name': [
    ['evaluate', '--data', 'e.csv', '--protocol', 'loo'],
    {},
    /--protocol loo: not known/,
    /time-split, leave-one-out, sessions, cold-items/,
  ],
  'a number of seconds that is none': [
    ['evaluate', '--data', 'none', '--max-seconds', 'sixty', '--backend', 'wasm'],
    {},
    /^vitrine: --max-seconds sixty: is no number of seconds/,
    /--max-seconds 600/,
  ],
  'the same of a training': [
    ['train', '--data', 'none', '--out', 'r', '--max-seconds', 'sixty'],
    {},
    /^vitrine: --max-seconds sixty: is no number of seconds/,
    /--max-seconds 600/,
  ],
  'a role by another name': [
    ['import', 'e.csv', '--out', 'o', '--map', 'user_id=who'],
    { 'e.csv': EVENTS },
    /--map user_id: not known/,
    /did you mean shopper\?/,
  ],
  'a misspelt value': [['train', '--data', 'e.csv', '--out', 'r', '--preset', 'tinny'], {}, /--preset tinny/, /tiny\?/],
  'an output below a file': [['import', 'e.csv', '--out', 'e.csv/o'], { 'e.csv': EVENTS }, /e\.csv\/o: /, /folder/],
  'a home below a file': [['start', '--home', 'e.csv/h', '--no-open'], { 'e.csv': EVENTS }, /e\.csv\/h: /, /folder/],
  // Linux refuses new folders there to everyone, root included; elsewhere there is no /sys, and none can be made.
  'a folder of the system': [['sample', '--out', '/sys/vitrine/o'], {}, /\/sys\/vitrine\/.*: /, /folder|disk/],
}

describe('bad input ends with code 2, a sentence and a remedy, and leaves nothing behind', () => {
  it.concurrent.each(Object.keys(BAD))('%s', async (promise) => {
    const [args, files, what, remedy] = BAD[promise]
    const folder = newFolder(files)
    const [first, second] = (await refusal(args, folder)).split('\n')
    expect(first).toMatch(what)
    expect(first.length).toBeLessThan(400)
    expect(second).toMatch(remedy)
    expect(inside(folder)).toEqual(Object.keys(files).sort())
  })

  it.concurrent('a port in use', async () => {
    const port = portOf(busy)
    const said = await refusal(['serve', '--bundles', 'b', '--port', String(port)], newFolder())
    expect(said).toMatch(new RegExp(`port ${port} is in use\\n.*--port`))
  })

  it.concurrent('an edge without a token, without an address, or that does not answer', async () => {
    const folder = newFolder({ 'e.csv': EVENTS })
    const around = { env: { VITRINE_TOKEN: `secret-${randomUUID()}` } }
    const publish = ['publish', '--data', 'e.csv', '--edge']
    expect(await refusal([...publish, 'http://127.0.0.1:1'], folder)).toMatch(/VITRINE_TOKEN.*\n.*edge was started/)
    // Port 1 is not one that somebody's server gets by chance.
    const silent = await refusal([...publish, 'http://127.0.0.1:1'], folder, around)
    expect(silent).toMatch(/http:\/\/127\.0\.0\.1:1: does not answer/)
    const closed = await refusal([...publish, `http://127.0.0.1:${await closedPort()}`], folder, around)
    expect(closed).toMatch(/does not answer \(connect ECONNREFUSED 127\.0\.0\.1:\d+\)/)
    const nowhere = await refusal([...publish, 'edge.example'], folder, around)
    expect(nowhere).toMatch(/--edge edge\.example: is no address/)
    expect(silent + nowhere).not.toContain(around.env.VITRINE_TOKEN)
  })
})

/** True where this user may mount a small disk of its own, as root may in most containers. */
const mounts = spawnSync('bash', ['-c', `unshare -rm mount -t tmpfs tmpfs '${root}'`]).status === 0
const MANY = `shopper,item,time\n${Array.from({ length: 6000 }, (_, n) => `u${n % 300},i${n % 211},${1.7e9 + n * 60}\n`).join('')}`

describe('a disk that takes no more', () => {
  const onDisk = (options: string) =>
    `mount -t tmpfs -o ${options} tmpfs disk && "$@"; code=$?; find disk -type f >&2; exit $code`
  const cases: [string, string[]][] = [
    ['import', ['import', 'many.csv', '--out', 'disk/o']],
    ['sample', ['sample', '--products', '60', '--shoppers', '30', '--days', '30', '--out', 'disk/o']],
    ['publish', ['publish', '--data', 'many.csv', '--to', 'disk/b', '--key', 'disk/k']],
  ]

  it.skipIf(!mounts).concurrent.each(cases)('full: %s says so, and no file is half-written', async (_, args) => {
    const folder = newFolder({ 'many.csv': MANY })
    mkdirSync(join(folder, 'disk'))
    const shell = `unshare -rm bash -c '${onDisk('size=16k')}' bash "$@"`
    const { code, stdout, stderr } = await vitrine(args, folder, { shell })
    expect({ code, stdout }, stderr).toEqual({ code: 2, stdout: '' })
    const [what, remedy, ...left] = stderr.trimEnd().split('\n')
    expect(what).toMatch(/^vitrine: .*disk\/.*the disk is full/)
    expect(remedy).toMatch(/^ {2}→ .*(room|space)/)
    // A key is whole, a chunk that nothing points to is not published, and what is committed is published when there is room.
    const whole =
      /^disk\/(k|b\.log-key(\.signed)?\.json|b\/(chunks\/[0-9a-f]{64}|log\/(commits\/after-\d+\.json|tile\/[\w./]+\/\d+)))$/
    expect(left.filter((path) => !whole.test(path))).toEqual([])
  })

  it.skipIf(!mounts).concurrent('full in the midst of a publication: with room, the next one goes on', async () => {
    const folder = newFolder({ 'many.csv': MANY })
    mkdirSync(join(folder, 'disk'))
    const twice = 'mount -t tmpfs -o size=16k tmpfs disk && ! "$@" && mount -o remount,size=64m disk && "$@"'
    const shell = `unshare -rm bash -c '${twice} && cp -r disk/b kept' bash "$@"`
    const publish = ['publish', '--data', 'many.csv', '--to', 'disk/b', '--key', 'k']
    const { code, stdout, stderr } = await vitrine(publish, folder, { shell })
    expect(code, stderr).toBe(0)
    expect(stderr).toContain('the disk is full')
    expect(stdout).toContain('on record: bundle 1')
    const audited = await document<{ entries: object }>(['audit', 'kept'], folder)
    expect(audited.entries).toEqual({ policy: 1, release: 1, bundle: 1 })
  })

  it.skipIf(!mounts).concurrent.each(cases.slice(1))('read-only: %s says so', async (_, args) => {
    const folder = newFolder({ 'many.csv': MANY })
    mkdirSync(join(folder, 'disk'))
    const said = await refusal(args, folder, { shell: `unshare -rm bash -c '${onDisk('ro')}' bash "$@"` })
    expect(said).toMatch(/disk\/.*\n.*(writable|another folder)/)
  })

  it.concurrent('a limit on the size of files', async () => {
    const folder = newFolder({ 'many.csv': MANY })
    const said = await refusal(['import', 'many.csv', '--out', 'o'], folder, { shell: 'ulimit -f 64; exec "$@"' })
    expect(said).toMatch(/--out o: a file grew .*\n.*ulimit/)
    expect(inside(folder)).toEqual(['many.csv'])
  })

  it.skipIf(!existsSync('/dev/full')).concurrent('full below stdout', async () => {
    const folder = newFolder({ 'e.csv': EVENTS })
    const stdout = openSync('/dev/full', 'w')
    const said = await refusal(['import', 'e.csv', '--out', 'o', '--json'], folder, { stdout })
    expect(said).toMatch(/stdout: the disk is full/)
  })
})

describe('unusual and right', () => {
  it.concurrent('ids with quotes and emoji go through import and publish', async () => {
    const ids = ['12" ruler', "l'été", '☕️ mug', '👩🏽‍🚀', '=cmd|"x"', 'ü'.repeat(256)]
    const cell = (text: string) => `"${text.replaceAll('"', '""')}"`
    const rows = ids.flatMap((id, n) => [0, 1].map((shopper) => `${shopper},${cell(id)},${1_700_000_000 + n * 60}\n`))
    const folder = newFolder({ 'e.csv': `shopper,item,time\n${rows.join('')}` })
    const report = await document<{ items: number }>(['import', 'e.csv', '--out', 'o'], folder)
    expect(report.items).toBe(ids.length)
    const products: string[] = []
    for await (const product of readLines<{ item_id: string }>(join(folder, 'o'), 'catalog.jsonl')) {
      products.push(product.item_id)
    }
    expect(products.sort()).toEqual(ids.sort())
    const bundle = await document<{ items: number }>(['publish', '--data', 'o', '--to', 'b'], folder)
    expect(bundle.items).toBe(ids.length)
  })

  it.concurrent('one shopper and one item are imported with a warning, published, and not trained on', async () => {
    const one = { 'e.csv': 'shopper,item,time\nu,a,1700000000\n' }
    const folder = newFolder(one)
    const report = await document<{ warnings: string[] }>(['import', 'e.csv', '--out', 'o'], folder)
    expect(report.warnings.join()).toMatch(/one shopper.*one item/)
    const [what, remedy] = (await refusal(['train', '--data', 'o', '--out', 'r'], folder)).split('\n')
    expect(what).toMatch(/e: 0 validation and 1 test queries|nothing to learn/)
    expect(remedy).toMatch(/longer history/)
    expect(existsSync(join(folder, 'r'))).toBe(false)
    expect(await document(['publish', '--data', 'o', '--to', 'b'], folder)).toMatchObject({ version: 1, items: 1 })
  })

  it.concurrent('one visit that is nearly all of it is named before it fails, with what its command can do', async () => {
    const giant = Array.from({ length: 150 }, (_, n) => `u,i${n % 9},${1.7e9 + n * 10}\n`).join('')
    const folder = newFolder({ 'e.csv': `shopper,item,time\nv,i1,1600000000\n${giant}` })
    await document(['import', 'e.csv', '--out', 'o'], folder)
    for (const [args, remedy] of [
      [['train', '--data', 'o', '--out', 'r'], /import a longer history, of several visits.*--map shopper=COLUMN/],
      [['evaluate', '--data', 'o'], /import a longer history, or choose another --protocol/],
    ] as const) {
      const { code, stdout, stderr } = await vitrine([...args], folder)
      expect({ code, stdout }, stderr).toEqual({ code: 2, stdout: '' })
      const [note, what] = ['note: one visit, of "u", is 99 %', 'test queries are left'].map((s) => stderr.indexOf(s))
      expect(note).toBeGreaterThanOrEqual(0)
      expect(what).toBeGreaterThan(note)
      expect(stderr.split('→')[1]).toMatch(remedy)
    }
  })

  it.concurrent('a reader that stops early, as "head" does, is no failure', async () => {
    const folder = newFolder({ 'e.csv': EVENTS })
    const shell = 'set -o pipefail; "$@" | true'
    const { code, stderr } = await vitrine(['import', 'e.csv', '--out', 'o'], folder, { shell })
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  })
})

describe('an operator’s day', () => {
  it('each step prints one JSON document; the edge takes a bundle with its token only, and the token is nowhere', async () => {
    const folder = newFolder()
    const size = ['--products', '60', '--shoppers', '60', '--days', '60']
    const sample = await document<{ items: number; events: number }>(['sample', '--out', 's', ...size], folder)
    expect(sample).toMatchObject({ items: 60, simulated: true })

    const token = `token-${randomUUID()}`
    const edge = start(['serve', '--bundles', 'bundles', '--port', '0'], folder, { env: { VITRINE_TOKEN: token } })
    let edgeSaid = ''
    for (const stream of [edge.stdout, edge.stderr]) stream?.on('data', (text: Buffer) => (edgeSaid += text))
    const ended = once(edge, 'close')
    try {
      const train = ['train', '--data', 's', '--out', 'r', '--epochs', '1']
      const evaluate = ['evaluate', '--data', 's', '--models', 'popularity,rules']
      const [run, evaluation] = await Promise.all([
        document<{ epochs: object[]; blend: { weights: object } }>(train, folder),
        document<{ models: Record<string, Record<string, number>> }>(evaluate, folder),
      ])
      expect(run.epochs).toHaveLength(1)
      expect(Object.keys(evaluation.models)).toEqual(['popularity', 'rules'])
      const measures = ['hr@10', 'ndcg@10', 'mrr@10', 'recall@10', 'coverage@10', 'diversity@10', 'novelty@10']
      for (const model of Object.values(evaluation.models)) expect(Object.keys(model)).toEqual(measures)

      await expect.poll(() => edgeSaid, { timeout: 30_000 }).toMatch(/edge: http/)
      const url = /edge: (http:\S+)/.exec(edgeSaid)![1]
      const toEdge = ['publish', '--data', 's', '--run', 'r', '--edge', url]
      const wrong = `wrong-${randomUUID()}`
      const refused = await refusal(toEdge, folder, { env: { VITRINE_TOKEN: wrong } })
      expect(refused).toMatch(/401.*\n.*VITRINE_TOKEN/)
      expect(refused).not.toMatch(/[0-9a-f]{64}/)
      expect((await fetch(`${url}/v1/latest`)).ok).toBe(false)

      const right = { env: { VITRINE_TOKEN: token } }
      type Published = { version: number; manifest: string; chunks: { name: string; sha256: string }[]; tag: string }
      const published = await document<Published>(toEdge, folder, 0, right)
      expect(published.chunks.map(({ name }) => name)).toContain('encoder')
      expect(published.tag).toContain(`src="${url}/vitrine.js"`)
      const { version, manifest } = published
      const { record } = decodeProof(await (await fetch(`${url}/v1/latest`)).text())
      expect(decodeModelEntry(record).entry).toEqual({ type: 'bundle', version, manifest })
      for (const { sha256 } of published.chunks) {
        const bytes = await (await fetch(`${url}/v1/chunks/${sha256}`)).arrayBuffer()
        expect(await sha256Hex(new Uint8Array(bytes))).toBe(sha256)
      }
      expect((await document<Published>(toEdge, folder, 0, right)).version).toBe(version + 1)
      const back = await vitrine(['rollback', '--version', String(version), '--edge', url], folder, right)
      expect(back, back.stderr).toMatchObject({ code: 0, stdout: 'on record: bundle 3, which restores 1\n' })
      const audited = await document<{ entries: object }>(['audit', url], folder)
      expect(audited.entries).toEqual({ policy: 1, release: 1, bundle: 2, rollback: 1 })

      edge.kill('SIGTERM')
      expect((await ended)[0]).toBe(0)
      for (const secret of [token, wrong]) {
        for (const said of [edgeSaid, refused, JSON.stringify(published)]) expect(said).not.toContain(secret)
        for (const path of inside(folder).filter((name) => /\.(json|jsonl)$/.test(name))) {
          expect(readFileSync(join(folder, path), 'utf8')).not.toContain(secret)
        }
      }
      expect(edgeSaid).toContain('/v1/operator/records')
    } finally {
      edge.kill('SIGKILL')
    }
  }, 90_000)

  it('what was published is audited: one wrong byte of it is named, and ends with code 1', async () => {
    const folder = newFolder({ 'many.csv': MANY })
    type Published = { chunks: { name: string; sha256: string }[] }
    const { chunks } = await document<Published>(['publish', '--data', 'many.csv', '--to', 'f'], folder)
    const { verifierKey } = await openPublisherKey(join(folder, '.vitrine', 'keys', 'publisher.json'))
    const audit = ['audit', 'f', '--key', verifierKey]
    type Audited = { entries: object; findings: { code: string; severity: string; where: string }[] }
    const whole = await document<Audited>(audit, folder)
    expect(whole.entries).toEqual({ policy: 1, release: 1, bundle: 1 })
    expect(whole.findings.map(({ code }) => code)).toEqual(['no-witnesses'])

    const rules = chunks.find(({ name }) => name === 'rules')?.sha256
    const entries = readFileSync(join(folder, 'f/log/tile/entries/000.p/3'))
    const second = 2 + entries.readUInt16BE(0)
    const turned: [path: string, at: number, named: string][] = [
      [`chunks/${rules}`, 30, `chunk-differs v1/chunks/${rules}`],
      ['log/tile/entries/000.p/3', second + 2 + 40, 'malformed-entry entry 1'],
      ['log/tile/entries/000.p/3', second, 'tile-malformed tile/entries/000.p/3'],
      ['log/tile/0/000.p/3', 70, 'tile-differs tile/0/000.p/3'],
    ]
    for (const [path, at, named] of turned) {
      const file = join(folder, 'f', path)
      const bytes = readFileSync(file)
      writeFileSync(file, bytes.with(at, bytes[at] ^ 1))
      const { findings } = await document<Audited>(audit, folder, 1)
      const critical = findings.filter(({ severity }) => severity === 'critical')
      expect(critical.map(({ code, where }) => `${code} ${where}`)).toContain(named)
      writeFileSync(file, bytes)
    }
    expect(await document<Audited>(audit, folder)).toEqual(whole)
  })

  it('verify prints one JSON document, and ends with code 1 where something must be mended', async () => {
    const page = `http://127.0.0.1:${portOf(busy)}/`
    const list = await document<{ fail: number; checks: { id: string }[] }>(['verify', page, '--timeout', '2'], root, 1)
    expect(list.fail).toBeGreaterThan(0)
  })
})
