/** `npm run check`: types of each part with its own libraries, lint, and code that nobody uses. Two at a time. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'

const BIN = join(import.meta.dirname, '..', 'node_modules', '.bin')
const CHECKS: [string, string[]][] = [
  ['biome', ['ci', '--colors=off', '--error-on-warnings', '.']],
  ['svelte-check', ['--tsconfig', 'web/tsconfig.json', '--fail-on-warnings', '--output', 'human']],
  ...['shared', 'shared/kernels', 'edge', 'web/worker', 'trainer', 'trainer/report/page', 'test'].map(
    (part): [string, string[]] => ['tsc', ['-p', part]],
  ),
  ['knip', ['--no-progress']],
]

function run([command, args]: [string, string[]]): Promise<{ name: string; code: number; output: string }> {
  return new Promise((resolve) => {
    const child = spawn(join(BIN, command), args, { stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    const keep = (text: Buffer) => {
      output += text.toString()
    }
    child.stdout.on('data', keep)
    child.stderr.on('data', keep)
    child.once('error', (error) => resolve({ name: command, code: 1, output: String(error) }))
    child.once('exit', (code) => resolve({ name: [command, ...args].join(' '), code: code ?? 1, output }))
  })
}

const waiting = [...CHECKS]
async function work(): Promise<void> {
  for (let check = waiting.shift(); check; check = waiting.shift()) {
    const { name, code, output } = await run(check)
    console.log(`${code === 0 ? 'ok    ' : 'FAILED'} ${name}`)
    if (code !== 0) {
      console.log(output)
      process.exitCode = 1
    }
  }
}
await Promise.all([work(), work()])
