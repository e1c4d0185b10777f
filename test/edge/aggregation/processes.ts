/** Aggregators as the documentation starts them: two processes, two keys, two folders. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import type { TaskEntry } from '../../../shared/tlog/entry.ts'
import { openKey } from '../../../trainer/keys.ts'

const ROOT = join(import.meta.dirname, '..', '..', '..')

export const spawnVitrine = (args: readonly string[]): ChildProcess =>
  spawn(process.execPath, ['--import', 'tsx', join(ROOT, 'trainer', 'main.ts'), ...args], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'inherit'],
  })

export interface AggregatorProcess {
  party: TaskEntry['leader']
  /** Resolves when it answers. */
  start(): Promise<void>
  /** As `kill -9` does. */
  kill(): Promise<void>
}

/** @param folder in which its key and its state are made */
export async function aggregatorProcess(
  folder: string,
  name: string,
  operator: string,
  publisher: string,
): Promise<AggregatorProcess> {
  const port = await freePort()
  const [key, state] = [join(folder, `${name}.json`), join(folder, name)]
  const { verifierKey } = await openKey(key, { name, kind: 'aggregator' })
  await mkdir(state) // a key that is there has been used, and then there is a folder
  const flags = {
    ...{ publisher, operator, key, state, port: String(port) },
    ...{ 'min-batch': '1', 'min-noise': '0', 'network-limit': '1000000' },
  }
  const args = ['aggregate', '--quiet', ...Object.entries(flags).flatMap(([flag, value]) => [`--${flag}`, value])]
  let child: ChildProcess | undefined
  return {
    party: { operator, url: `http://127.0.0.1:${port}`, key: verifierKey },
    async start() {
      child = spawnVitrine(args)
      await Promise.race([once(child.stdout as NodeJS.ReadableStream, 'data'), once(child, 'exit')])
    },
    async kill() {
      if (!child || child.exitCode !== null || child.signalCode !== null) return
      const gone = once(child, 'exit')
      child.kill('SIGKILL')
      await gone
    },
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  return port
}
