/** The `vitrine` command: an operator's day, one subcommand each. */
import { type CommandDef, defineCommand, renderUsage, runCommand } from 'citty'
import packageJson from '../package.json' with { type: 'json' }
import { UserError } from './user-error.ts'

type Loader = () => Promise<CommandDef>
/** Loaded when called: `vitrine --help` needs neither TF.js nor a browser. */
const load =
  // biome-ignore lint/suspicious/noExplicitAny: citty's own type for a command with any arguments
  (module: Promise<{ default: CommandDef<any> }>) => module.then((loaded) => loaded.default as CommandDef)

const COMMANDS: Record<string, Loader> = {
  start: () => load(import('./commands/start.ts')),
  sample: () => load(import('./commands/sample.ts')),
  import: () => load(import('./commands/import.ts')),
  train: () => load(import('./commands/train.ts')),
  evaluate: () => load(import('./commands/evaluate.ts')),
  publish: () => load(import('./commands/publish.ts')),
  serve: () => load(import('./commands/serve.ts')),
  verify: () => load(import('./commands/verify.ts')),
}

const main = defineCommand({
  meta: {
    name: 'vitrine',
    version: packageJson.version,
    description: 'Recommendations that are computed in the shopper’s own browser',
  },
  subCommands: COMMANDS,
})

/** @throws UserError for a flag that the command does not have: a misspelt one must not be passed over */
async function checkFlags(name: string, command: CommandDef, rawArgs: readonly string[]): Promise<void> {
  const args = (await (typeof command.args === 'function' ? command.args() : command.args)) ?? {}
  const known = new Set(Object.keys(args))
  for (const arg of rawArgs) {
    if (arg === '--') return
    const flag = /^--(?:no-)?([^=]+)/.exec(arg)?.[1]
    if (flag !== undefined && !known.has(flag) && !known.has(`no-${flag}`)) {
      throw new UserError(`${name} has no flag --${flag}`, `vitrine ${name} --help lists those it has`)
    }
  }
}

async function run(rawArgs: string[]): Promise<void> {
  const [name, ...rest] = rawArgs
  if (name === '--version') return console.log(packageJson.version)
  const loader = name === undefined ? undefined : COMMANDS[name]
  if (!loader) {
    if (name !== undefined && name !== '--help' && name !== '-h') {
      throw new UserError(`no command "${name}"`, `one of ${Object.keys(COMMANDS).join(', ')}`)
    }
    return console.log(await renderUsage(main))
  }
  const command = await loader()
  if (rest.includes('--help') || rest.includes('-h')) return console.log(await renderUsage(command, main))
  await checkFlags(name, command, rest)
  await runCommand(command, { rawArgs: rest })
}

/** What the system says when it refuses, in words. */
const SYSTEM_ERRORS: Record<string, string> = {
  EACCES: 'permission denied: choose a folder that you may write to',
  EROFS: 'the file system is read-only: choose another folder',
  ENOSPC: 'the disk is full: make room, or choose another folder',
  EDQUOT: 'the disk quota is used up: make room, or choose another folder',
}

try {
  await run(process.argv.slice(2))
} catch (error) {
  const system = SYSTEM_ERRORS[(error as NodeJS.ErrnoException).code ?? '']
  if (error instanceof UserError) {
    console.error(`vitrine: ${error.message}\n  → ${error.remedy}`)
    process.exitCode = 2
  } else if (system) {
    console.error(`vitrine: ${(error as NodeJS.ErrnoException).path ?? (error as Error).message}\n  → ${system}`)
    process.exitCode = 2
  } else if (error instanceof Error && error.name === 'CLIError') {
    console.error(`vitrine: ${error.message}\n  → vitrine ${process.argv[2]} --help shows how`)
    process.exitCode = 2
  } else {
    console.error(error)
    process.exitCode = 1
  }
}
