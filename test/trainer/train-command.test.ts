/** `vitrine train` as a process that is killed, or asked to stop: what was learned is not lost. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { generateSample } from '../../trainer/sample/sample.ts'

const BIN = join(import.meta.dirname, '../../trainer/bin.js')
const home = mkdtempSync(join(tmpdir(), 'vitrine-train-command-'))
const data = join(home, 'sample')

beforeAll(async () => {
  await generateSample({ out: data, products: 60, shoppers: 300, days: 60 })
}, 60_000)
afterAll(() => rmSync(home, { recursive: true }))

function train(run: string): { child: ChildProcess; ended: Promise<{ code: number | null; stderr: string }> } {
  const args = ['train', '--data', data, '--out', join(home, run), '--epochs', '6', '--backend', 'wasm']
  const child = spawn(process.execPath, [BIN, ...args], { stdio: ['ignore', 'ignore', 'pipe'] })
  let stderr = ''
  child.stderr?.on('data', (text: Buffer) => (stderr += text))
  return { child, ended: once(child, 'close').then(([code]) => ({ code, stderr })) }
}

/** Once a pass is done, and there is something to lose. */
async function interrupted(run: string, file: string, signal: NodeJS.Signals) {
  const { child, ended } = train(run)
  const checkpoint = join(home, run, file)
  while (!existsSync(checkpoint) && child.exitCode === null) await new Promise((next) => setTimeout(next, 5))
  child.kill(signal)
  const { code, stderr } = await ended
  expect(existsSync(join(home, run, 'run.json')), stderr).toBe(false)
  return { code, stderr }
}

const networks = (run: string) => ['measured.vta', 'network.vta'].map((file) => readFileSync(join(home, run, file)))

it('killed in either of its trainings, goes on to what it would have been', async () => {
  expect((await train('whole').ended).code).toBe(0)
  await interrupted('killed', 'checkpoint.vta', 'SIGKILL')
  await interrupted('killed', 'checkpoint-whole.vta', 'SIGKILL')
  expect((await train('killed').ended).code).toBe(0)
  expect(networks('killed')).toEqual(networks('whole'))
  const left = ['measured.vta', 'network.vta', 'next.vta', 'profile.json', 'run.json', 'segments.vta', 'sentiment.vta']
  expect(readdirSync(join(home, 'killed')).sort()).toEqual(readdirSync(join(home, 'whole')).sort())
  expect(left).toEqual(expect.arrayContaining(readdirSync(join(home, 'killed'))))
}, 180_000)

it('asked to stop, says where the checkpoint is and how to go on', async () => {
  const { code, stderr } = await interrupted('stopped', 'checkpoint.vta', 'SIGINT')
  expect(code).toBe(2)
  expect(stderr).toMatch(
    /vitrine: training: stopped at step \d+.*checkpoint.*\n {2}→ the same command goes on from there/,
  )
}, 90_000)
