/** What training and serving need of the machine, beside a back end. */
import { existsSync } from 'node:fs'
import { mkdtemp, rm, statfs, writeFile } from 'node:fs/promises'
import { availableParallelism, loadavg, totalmem } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import packageJson from '../../package.json' with { type: 'json' }
import { findChromium } from '../chromium.ts'
import { checkPort } from '../serve.ts'
import { UserError } from '../user-error.ts'
import type { Check } from '../verify/checklist.ts'

const GB = 1e9
/** A catalogue of 100,000 items, its Adam moments and a step's tensors take about one. */
const COMFORTABLE_MEMORY = 2 * GB
const LEAST_MEMORY = 0.5 * GB
/** Programs a core, beyond which what is measured tells little. */
const BUSY = 1.5
/** A dataset, a run with its checkpoint, and some bundles of a small shop; and of a large one. */
const LEAST_DISK = 0.2 * GB
const COMFORTABLE_DISK = 2 * GB

export interface Needs {
  /** Where datasets, runs and bundles will be kept; need not exist. */
  home: string
  port: number
}

/** A `fail` keeps training from working; a `warn` keeps something else from it. */
export async function checkMachine({ home, port }: Needs): Promise<Check[]> {
  return [
    checkNode(process.versions.node, packageJson.engines.node),
    checkCores(availableParallelism(), loadavg()[0]),
    checkMemory(process.availableMemory(), memoryLimit()),
    await checkDisk(resolve(home)),
    checkChromium(findChromium()),
    await checkPortFree(port),
  ]
}

/** @param wanted ">=20.19 <23", as package.json has it */
export function checkNode(version: string, wanted: string): Check {
  const [, least, below] = /^>=([\d.]+) <([\d.]+)$/.exec(wanted) ?? []
  if (!least) throw new Error(`package.json: engines.node "${wanted}" is not of the form ">=20.19 <23"`)
  const base = { id: 'node', title: 'Node', found: version }
  if (compareVersions(version, least) >= 0 && compareVersions(version, below) < 0) return { ...base, state: 'ok' }
  return { ...base, state: 'fail', remedy: `install Node 20 or 22: Vitrine is tested on ${wanted}` }
}

function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((version) => version.split('.').map(Number))
  for (let n = 0; n < Math.max(left.length, right.length); n++) {
    const difference = (left[n] ?? 0) - (right[n] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}

/** @param load processes that want to run, on average over the last minute */
export function checkCores(cores: number, load: number): Check {
  const base = { id: 'cores', title: 'Cores' }
  if (load > BUSY * cores) {
    const found = `${cores}, and ${Math.round(load)} programs that want them`
    return {
      ...base,
      state: 'warn',
      found,
      remedy: 'the speeds above are those of a busy machine: measure again when it is quiet',
    }
  }
  if (cores >= 2) return { ...base, state: 'ok', found: String(cores) }
  const remedy = 'give it a second one, or serve without training ("npm start -- --no-train") and train elsewhere'
  return { ...base, state: 'warn', found: String(cores), remedy }
}

/** What the container or the machine allows in all. */
const memoryLimit = () => Math.min(process.constrainedMemory() || totalmem(), totalmem())

export function checkMemory(availableBytes: number, totalBytes: number): Check {
  const found = `${gigabytes(availableBytes)} free of ${gigabytes(totalBytes)}`
  const base = { id: 'memory', title: 'Memory', found }
  if (availableBytes >= COMFORTABLE_MEMORY) return { ...base, state: 'ok' }
  const remedy = 'close other programs, or raise the memory limit of the container'
  return { ...base, state: availableBytes >= LEAST_MEMORY ? 'warn' : 'fail', remedy }
}

/** Writes a file and removes it: permissions alone do not tell of a full or a read-only disk. */
export async function checkDisk(folder: string): Promise<Check> {
  let standing = folder
  while (!existsSync(standing) && dirname(standing) !== standing) standing = dirname(standing)
  const base = { id: 'disk', title: 'Disk' }
  try {
    const probe = await mkdtemp(join(standing, '.vitrine-doctor-'))
    await writeFile(join(probe, 'probe'), 'x').finally(() => rm(probe, { recursive: true, force: true }))
  } catch (error) {
    const found = `${folder} cannot be written: ${(error as NodeJS.ErrnoException).code ?? (error as Error).message}`
    return { ...base, state: 'fail', found, remedy: 'name a folder that you may write to with --home' }
  }
  const { bavail, bsize } = await statfs(standing)
  const free = bavail * bsize
  const found = `${folder} can be written, ${gigabytes(free)} free`
  if (free >= COMFORTABLE_DISK) return { ...base, state: 'ok', found }
  return {
    ...base,
    state: free >= LEAST_DISK ? 'warn' : 'fail',
    found,
    remedy: 'make room, or name another folder with --home',
  }
}

export function checkChromium(path: string | undefined): Check {
  const base = { id: 'chromium', title: 'Chromium' }
  if (path) return { ...base, state: 'ok', found: path }
  const remedy = 'install Chromium or Chrome, or name one with CHROMIUM=/path/to/chrome'
  return { ...base, state: 'warn', found: 'none: "vitrine verify" and the tests need one, training does not', remedy }
}

async function checkPortFree(port: number): Promise<Check> {
  const base = { id: 'port', title: 'Port' }
  try {
    await checkPort(port, '127.0.0.1')
    return { ...base, state: 'ok', found: `${port} is free` }
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    return { ...base, state: 'warn', found: error.message, remedy: error.remedy }
  }
}

const gigabytes = (bytes: number) => `${(bytes / GB).toFixed(1)} GB`
