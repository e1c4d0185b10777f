/** Runs another of our programs beside this one, so that two cores are used and a server goes on answering. */
import { type ChildProcess, fork } from 'node:child_process'
import { join } from 'node:path'
import { UserError } from './user-error.ts'

const ROOT = join(import.meta.dirname, '..')
/** Enough of what it said last to find its error in. */
const KEPT_OUTPUT_CHARS = 4000

export interface Child {
  process: ChildProcess
  /** Resolves when it has ended well. @throws UserError with its own words when it ended with code 2, else Error */
  done: Promise<void>
  /** What it said last on stderr. */
  said(): string
}

function start(script: string, args: string[], onMessage?: (message: unknown) => void): Child {
  const child = fork(join(ROOT, script), args, {
    // By its address: a bare name would be looked for in the folder that the operator stands in.
    execArgv: ['--import', import.meta.resolve('tsx')],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
  let said = ''
  child.stderr?.on('data', (text: Buffer) => {
    said = (said + text.toString()).slice(-KEPT_OUTPUT_CHARS)
  })
  if (onMessage) child.on('message', onMessage)
  const done = new Promise<void>((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code, signal) => {
      if (code === 0) return resolve()
      const [, what, remedy] = /vitrine: ([\s\S]*)\n {2}→ ([^\n]*)/.exec(said) ?? []
      if (code === 2 && what) return reject(new UserError(what, remedy))
      reject(new Error(`${script} ${args[0] ?? ''} ended with ${signal ?? `code ${code}`}: ${said.trim()}`))
    })
  })
  return { process: child, done, said: () => said }
}

/** A `vitrine` command. */
export const startCommand = (args: string[], onMessage?: (message: unknown) => void): Child =>
  start(join('trainer', 'main.ts'), args, onMessage)

/** Tries a back end in a process of its own, because a driver may take its process down with it. */
export const startProbe = (args: string[], onMessage: (message: unknown) => void): Child =>
  start(join('trainer', 'doctor', 'probe.ts'), args, onMessage)

/** Builds the tag and the shop when their sources have changed; called by name, because trainer does not import web. */
export const buildWeb = (): Promise<void> => start(join('web', 'build.ts'), []).done
