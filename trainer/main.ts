/** The `vitrine` command: an operator's day, one subcommand each. */
import { type CommandDef, runCommand } from 'citty'
import packageJson from '../package.json' with { type: 'json' }
import { COMMANDS, help } from './help.ts'
import { nearest } from './nearest.ts'
import { UserError } from './user-error.ts'

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
