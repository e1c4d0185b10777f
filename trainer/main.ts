/** The `vitrine` command: an operator's day, one subcommand each. */
import { stripVTControlCharacters } from 'node:util'
import { type CommandDef, defineCommand, renderUsage, runCommand } from 'citty'
import packageJson from '../package.json' with { type: 'json' }
import { layOutHelp } from './help-layout.ts'
import { nearest } from './nearest.ts'
import { UserError } from './user-error.ts'

type Loader = () => Promise<CommandDef>
/** Loaded when called: `vitrine import` needs neither TF.js nor a browser. */
const load =
  // biome-ignore lint/suspicious/noExplicitAny: citty's own type for a command with any arguments
  (module: Promise<{ default: CommandDef<any> }>) => module.then((loaded) => loaded.default as CommandDef)

const COMMANDS: Record<string, Loader> = {
  start: () => load(import('./commands/start.ts')),
  sample: () => load(import('./commands/sample.ts')),
  import: () => load(import('./commands/import.ts')),
  train: () => load(import('./commands/train.ts')),
  evaluate: () => load(import('./commands/evaluate.ts')),
  'text-encoder': () => load(import('./commands/text-encoder.ts')),
  'evaluate-search': () => load(import('./commands/evaluate-search.ts')),
  'evaluate-profile': () => load(import('./commands/evaluate-profile.ts')),
  'evaluate-service': () => load(import('./commands/evaluate-service.ts')),
  'evaluate-demographics': () => load(import('./commands/evaluate-demographics.ts')),
  'evaluate-learning': () => load(import('./commands/evaluate-learning.ts')),
  'evaluate-exploration': () => load(import('./commands/evaluate-exploration.ts')),
  'evaluate-explanations': () => load(import('./commands/evaluate-explanations.ts')),
  sentiment: () => load(import('./commands/sentiment.ts')),
  report: () => load(import('./commands/report.ts')),
  coupons: () => load(import('./commands/coupons.ts')),
  publish: () => load(import('./commands/publish.ts')),
  serve: () => load(import('./commands/serve.ts')),
  verify: () => load(import('./commands/verify.ts')),
  doctor: () => load(import('./commands/doctor.ts')),
}

/** In the overview a command has one line; what it can do, with examples, is in its own help. */
const overview = defineCommand({
  meta: {
    name: 'vitrine',
    version: packageJson.version,
    description: 'Recommendations that are computed in the shopper’s own browser',
  },
  subCommands: Object.fromEntries(
    Object.entries(COMMANDS).map(([name, loader]) => [name, async () => (await summarised(loader)).command]),
  ),
})

/** A command described by the first line of its description, and the lines after it. */
async function summarised(loader: Loader): Promise<{ command: CommandDef; rest: string }> {
  const command = await loader()
  const meta = await (typeof command.meta === 'function' ? command.meta() : command.meta)
  const [description, ...rest] = (meta?.description ?? '').split('\n')
  return { command: { ...command, meta: { ...meta, description } }, rest: rest.join('\n').trim() }
}

/** Of help that no terminal shows. */
const HELP_WIDTH = 100

async function help(loader?: Loader): Promise<string> {
  const { command, rest } = loader ? await summarised(loader) : { command: overview, rest: '' }
  const width = process.stdout.columns ?? HELP_WIDTH
  const laidOut = layOutHelp((await renderUsage(command, loader && overview)).trimEnd(), width)
  const usage = `${laidOut}\n${rest && `\n${rest}\n`}`
  return process.stdout.isTTY ? usage : stripVTControlCharacters(usage)
}

/** @throws UserError for what the command would pass over in silence: a misspelt flag, a flag without its value, a stray word */
async function checkArguments(name: string, command: CommandDef, rawArgs: readonly string[]): Promise<void> {
  const args = (await (typeof command.args === 'function' ? command.args() : command.args)) ?? {}
  const takesWords = Object.values(args).some(({ type }) => type === 'positional')
  for (let at = 0; at < rawArgs.length; at++) {
    const arg = rawArgs[at]
    if (arg === '--') return
    const [, flag, value] = /^--?([^-=][^=]*)(?:=(.*))?$/s.exec(arg) ?? []
    if (flag === undefined) {
      if (!takesWords) throw new UserError(`${name} does not take "${arg}"`, `vitrine ${name} --help shows how`)
      continue
    }
    const definition = arg.startsWith('--') ? (args[flag] ?? args[flag.replace(/^no-/, '')]) : undefined
    if (!definition) {
      const [given] = arg.split('=')
      const meant = nearest(
        given,
        Object.keys(args).map((known) => `--${known}`),
      )
      throw new UserError(
        `${name} has no flag ${given}`,
        `${meant ? `did you mean ${meant}? ` : ''}vitrine ${name} --help lists those it has`,
      )
    }
    if (definition.type === 'boolean') continue
    const given = value ?? rawArgs[++at]
    if (!given || given.startsWith('--')) {
      throw new UserError(`--${flag} has no value`, `write --${flag} ${definition.valueHint ?? 'VALUE'}`)
    }
  }
}

async function run(rawArgs: string[]): Promise<void> {
  const [name, ...rest] = rawArgs
  if (name === '--version') return console.log(packageJson.version)
  const loader = name === undefined ? undefined : COMMANDS[name]
  if (!loader) {
    if (name !== undefined && name !== '--help' && name !== '-h') {
      const known = Object.keys(COMMANDS)
      const meant = nearest(name, known)
      throw new UserError(`no command "${name}"`, meant ? `did you mean ${meant}?` : `one of ${known.join(', ')}`)
    }
    return console.log(await help())
  }
  if (rest.includes('--help') || rest.includes('-h')) return console.log(await help(loader))
  const command = await loader()
  await checkArguments(name, command, rest)
  await runCommand(command, { rawArgs: rest })
}

/** What the system says when it refuses, in words. */
const SYSTEM_ERRORS: Record<string, { what: string; remedy: string }> = {
  EACCES: { what: 'permission denied', remedy: 'choose a folder that you may write to' },
  EPERM: { what: 'permission denied', remedy: 'choose a folder that you may write to' },
  EROFS: { what: 'the file system is read-only', remedy: 'choose another folder' },
  // Node's recursive mkdir says so of a read-only file system too.
  ENOENT: { what: 'is not there and cannot be made', remedy: 'check the path, and that its disk is writable' },
  ENOTDIR: { what: 'a part of the path is a file', remedy: 'choose another folder' },
  EEXIST: { what: 'there is a file of that name', remedy: 'choose another folder' },
  EISDIR: { what: 'is a folder', remedy: 'name a file' },
  ENOSPC: { what: 'the disk is full', remedy: 'make room, or choose another folder' },
  EDQUOT: { what: 'the disk quota is used up', remedy: 'make room, or choose another folder' },
  EFBIG: { what: 'a file grew beyond what is allowed here', remedy: 'raise the limit ("ulimit -f" shows it)' },
}

/** Of an error or of what caused it. A failed write does not say to which file; the command says to which folder. */
function systemError(error: unknown): { where: string; what: string; remedy: string } | undefined {
  for (let next = error; next instanceof Error; next = next.cause) {
    const { code = '', path } = next as NodeJS.ErrnoException
    if (SYSTEM_ERRORS[code]) return { where: path ?? process.argv.slice(2).join(' '), ...SYSTEM_ERRORS[code] }
  }
  return undefined
}

function fail(error: unknown): void {
  process.exitCode = 2
  const system = systemError(error)
  if (error instanceof UserError) {
    console.error(`vitrine: ${error.message}\n  → ${error.remedy}`)
  } else if (system) {
    console.error(`vitrine: ${system.where}: ${system.what}\n  → ${system.remedy}`)
  } else if (error instanceof Error && error.name === 'CLIError') {
    console.error(`vitrine: ${error.message}\n  → vitrine ${process.argv[2]} --help shows how`)
  } else {
    console.error(error)
    process.exitCode = 1
  }
}

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // Whoever reads our output may stop early, as "head" does: that is no failure of ours to speak of.
  if (error.code !== 'EPIPE') fail(Object.assign(error, { path: 'stdout' }))
  process.exit()
})

await run(process.argv.slice(2)).catch(fail)

// Dawn, where it lends a GPU to this process, may keep it from ending by itself (crbug.com/387965810).
if ('gpu' in (globalThis.navigator ?? {})) process.stdout.write('', () => process.exit())
