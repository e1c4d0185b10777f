import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { checkChromium, checkCores, checkDisk, checkMemory, checkNode } from '../../trainer/doctor/machine.ts'
import { renderDiagnosis } from '../../trainer/doctor/report.ts'
import type { Diagnosis } from '../../trainer/doctor.ts'
import { softwareGpu } from './software-gpu.ts'

const BIN = join(import.meta.dirname, '../../trainer/bin.js')
const root = mkdtempSync(join(tmpdir(), 'vitrine-doctor-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

async function doctor(args: string[], env: Record<string, string>): Promise<{ code: number | null; found: Diagnosis }> {
  const child = spawn(process.execPath, [BIN, 'doctor', '--json', '--seconds', '0.5', ...args], {
    cwd: root,
    env: { ...process.env, NODE_PATH: '', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let stdout = ''
  child.stdout.on('data', (text: Buffer) => (stdout += text))
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, found: JSON.parse(stdout) as Diagnosis }
}

const stateOf = ({ machine }: Diagnosis, id: string) => machine.find((check) => check.id === id)?.state

// Each back end is tried in a process of its own, and WASM on all cores.
describe('vitrine doctor', { timeout: 240_000 }, () => {
  it('finds that WASM trains, how fast, and why the others do not, even where a driver kills its process', async () => {
    const packages = join(root, 'packages')
    const write = (name: string, code: string) => {
      mkdirSync(join(packages, name), { recursive: true })
      writeFileSync(join(packages, name, 'index.js'), code)
    }
    write(
      '@tensorflow/tfjs-node-gpu',
      `console.error("2026: Could not load dynamic library 'libcudart.so.11.0'; dlerror"); throw new Error('no binding')`,
    )
    write('webgpu', `process.kill(process.pid, 'SIGSEGV')`)
    const home = join(root, 'home')
    const { code, found } = await doctor(['--home', home], { NODE_PATH: packages })
    expect(code).toBe(0)
    expect(found.trainsOn).toBe('wasm')
    const [cuda, gpu, wasm] = found.backends
    expect(cuda).toMatchObject({
      state: 'not usable',
      said: ["Could not load dynamic library 'libcudart.so.11.0'; dlerror"],
    })
    expect(gpu).toMatchObject({ state: 'not usable', reason: expect.stringMatching(/^crashes: .*SIGSEGV/) })
    if (wasm.state !== 'used') throw new Error(`wasm is ${wasm.state}`)
    expect(wasm.speed.stepsPerSecond).toBeGreaterThan(0.01)
    expect(wasm.speed.itemsPerSecond / wasm.speed.stepsPerSecond).toBeCloseTo(2048, 6)
    expect(stateOf(found, 'disk')).toBe('ok')
    expect(readdirSync(root), 'nothing is left behind').toEqual(['packages'])
  })

  it('ends with code 1 where nothing can be written, and names a port in use without failing for it', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    writeFileSync(join(root, 'file'), '')
    const { port } = server.address() as AddressInfo
    const { code, found } = await doctor(['--home', join(root, 'file', 'home'), '--port', String(port)], {})
    server.close()
    expect(code).toBe(1)
    expect(found.trainsOn).toBeUndefined()
    expect([stateOf(found, 'disk'), stateOf(found, 'port')]).toEqual(['fail', 'warn'])
    expect(renderDiagnosis(found)).toMatch(/Training does not work here: mend Disk\.$/)
  })

  it.skipIf(!softwareGpu() || !process.env.VITRINE_SOAK)(
    'finds a CPU that plays the GPU usable, not used, and says how much slower it is',
    async () => {
      const { found } = await doctor([], softwareGpu()!)
      const [, gpu, wasm] = found.backends
      expect(wasm.state).toBe('used')
      expect(gpu).toMatchObject({ state: 'usable', software: true })
      expect(gpu.state === 'usable' && gpu.reason).toMatch(/^software: (more than )?\d+ times slower than wasm$/)
    },
    180_000,
  )
})

describe('what a machine needs', () => {
  it.each([
    ['20.18.9', 'fail'],
    ['20.19.0', 'ok'],
    ['20.20.2', 'ok'],
    ['22.99.0', 'ok'],
    ['23.0.0', 'fail'],
    ['9.9.9', 'fail'],
  ])('Node %s: %s', (version, state) => {
    expect(checkNode(version, '>=20.19 <23').state).toBe(state)
  })

  it('says what to do about every state but ok', async () => {
    const checks = [
      checkCores(1, 0),
      checkCores(2, 4),
      checkMemory(1e9, 4e9),
      checkMemory(1e8, 4e9),
      checkChromium(undefined),
      checkNode('18.0.0', '>=20.19 <23'),
      await checkDisk('/proc/vitrine'),
    ]
    expect(checks.map(({ state }) => state)).toEqual(['warn', 'warn', 'warn', 'fail', 'warn', 'fail', 'fail'])
    for (const check of checks) expect(check.remedy?.length, check.id).toBeGreaterThan(20)
    expect(
      [checkCores(2, 2.9), checkMemory(2e9, 4e9), checkChromium('/usr/bin/chromium')].map(({ state }) => state),
    ).toEqual(['ok', 'ok', 'ok'])
  })
})

it('is a page that can be read', () => {
  const speed = { stepsPerSecond: 4.3567, itemsPerSecond: 2230.6 }
  const text = renderDiagnosis({
    version: '0.1.0',
    platform: 'linux x64',
    workload: 'small histories',
    backends: [
      { name: 'tfjs-node-gpu', state: 'not usable', reason: 'not there', remedy: 'install it', said: ['no libcudart'] },
      {
        name: 'webgpu',
        state: 'usable',
        device: 'SwiftShader',
        software: true,
        speed: { stepsPerSecond: 0.04, itemsPerSecond: 20.48 },
        atMost: true,
        reason: 'software: more than 109 times slower than wasm',
        remedy: 'install the driver',
      },
      { name: 'wasm', state: 'used', device: 'a CPU of 2 cores', software: false, speed, atMost: false },
    ],
    machine: [checkCores(1, 1.4)],
    trainsOn: 'wasm',
  })
  expect(text).toBe(`Vitrine 0.1.0 on linux x64

Back ends, in the order in which training tries them
–  tfjs-node-gpu  not usable: not there
                  “no libcudart”
                  → install it
·  webgpu         usable, not used: software: more than 109 times slower than wasm
                  at most 0.04 steps/s, 20.5 items/s, on SwiftShader
                  → install the driver
✓  wasm           used: 4.36 steps/s, 2,231 items/s, on a CPU of 2 cores
   (small histories: real training steps, some seconds each)

This machine
!  Cores  1
          → give it a second one, or serve without training ("npm start -- --no-train") and train elsewhere

Training works here, on wasm.`)
})
