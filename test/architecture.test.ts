/** What the folders promise each other, read from every import in the repository. */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { dirname, join, posix, relative } from 'node:path'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'
import { besideRepository } from './shared-data.ts'

const ROOT = join(import.meta.dirname, '..')
const PARTS = ['web', 'edge', 'trainer', 'shared', 'test'] as const

/** Paths from the root, with "/". */
function filesUnder(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
}

interface Import {
  from: string
  /** A path from the root, or a package as it is written. */
  to: string
}

/** Type-only and dynamic imports too. */
function importsOf(file: string): Import[] {
  const text = readFileSync(join(ROOT, file), 'utf8')
  const scripts = file.endsWith('.svelte')
    ? [...text.matchAll(/<script[^>]*>(.*?)<\/script>/gs)].map(([, script]) => script)
    : [text]
  return scripts
    .flatMap((script) => ts.preProcessFile(script, true, true).importedFiles)
    .map(({ fileName }) => fileName.split('?')[0])
    .map((name) => ({ from: file, to: name.startsWith('.') ? posix.join(dirname(file), name) : name }))
}

const files = PARTS.flatMap(filesUnder).filter((file) => /\.(ts|js|svelte)$/.test(file))
const imports = new Map(files.map((file) => [file, importsOf(file)]))
const importsIn = (folder: string) => [...imports.values()].flat().filter(({ from }) => from.startsWith(folder))
const shown = (found: Import[]) => found.map(({ from, to }) => `${from} → ${to}`)
/** Compiled by another compiler: see `shared/model/assemblyscript.ts`. */
const KERNELS = 'shared/kernels/'
const partOf = (path: string) => PARTS.find((part) => path.startsWith(`${part}/`))

function reachable(entry: string): Set<string> {
  const seen = new Set([entry])
  for (const file of seen) for (const { to } of imports.get(file) ?? []) seen.add(to)
  return seen
}

describe('folders', () => {
  it('every relative import names a file that exists, with its extension', () => {
    const relativeOnes = [...imports.values()].flat().filter(({ to }) => partOf(to))
    expect(relativeOnes.length).toBeGreaterThan(500)
    expect(
      shown(relativeOnes.filter(({ to }) => !existsSync(join(ROOT, to)) || statSync(join(ROOT, to)).isDirectory())),
    ).toEqual([])
  })

  /** A single process may serve a shop and its edge, and a simulation has an edge to report to. */
  const MAY_START_THE_EDGE = ['trainer/serve.ts', 'trainer/simulate.ts']

  it.each(['web', 'edge', 'trainer'])('%s imports shared and itself, and no other part', (part) => {
    const others = importsIn(`${part}/`).filter(({ from, to }) => {
      const other = partOf(to)
      if (other === 'edge' && MAY_START_THE_EDGE.includes(from)) return false
      return other !== undefined && other !== part && other !== 'shared'
    })
    expect(shown(others)).toEqual([])
  })

  it('shared imports itself alone: no other part, no Node, and is compiled without the DOM', () => {
    const found = importsIn('shared/')
    expect(found.length).toBeGreaterThan(20)
    expect(shown(found.filter(({ to }) => isBuiltin(to) || (partOf(to) ?? 'shared') !== 'shared'))).toEqual([])
    const config = ts.getParsedCommandLineOfConfigFile(
      join(ROOT, 'shared/tsconfig.json'),
      {},
      {
        ...ts.sys,
        onUnRecoverableConfigFileDiagnostic: ({ messageText }) => {
          throw new Error(String(messageText))
        },
      },
    )
    expect(config?.options.types).toEqual([])
    expect(config?.options.lib?.map((lib) => lib.toLowerCase())).toEqual(['lib.es2023.d.ts', 'lib.webworker.d.ts'])
    const compiled = config?.fileNames.map((name) => relative(ROOT, name)).sort()
    expect(compiled).toEqual(
      filesUnder('shared')
        .filter((file) => file.endsWith('.ts') && !file.startsWith(KERNELS))
        .sort(),
    )
  })

  it('kernels are AssemblyScript, each complete in one file', () => {
    const kernels = filesUnder(KERNELS).filter((file) => file.endsWith('.ts'))
    expect(kernels.length).toBeGreaterThan(0)
    expect(kernels.flatMap((file) => shown(imports.get(file) ?? []))).toEqual([])
    expect([...imports.values()].flat().filter(({ to }) => to.startsWith(KERNELS))).toEqual([])
  })

  it('what runs in a browser imports nothing of Node; web/build.ts runs on the operator’s machine', () => {
    const found = importsIn('web/').filter(({ from, to }) => isBuiltin(to) && from !== 'web/build.ts')
    expect(shown(found)).toEqual([])
    for (const entry of ENTRIES) expect([...reachable(entry)].filter((to) => isBuiltin(to))).toEqual([])
  })
})

/** What a shopper's browser runs before it has anything to learn. */
const ENTRIES = [
  'web/tag/vitrine.ts',
  'web/worker/worker.ts',
  'web/widgets/shelf.ts',
  'web/shop/main.ts',
  'web/learning/learner.ts',
  'web/federated/contributor.ts',
]
const WITH_TFJS = ['model', 'ops', 'fit', 'fused-kernels', 'history-loss', 'local-update', 'personal-fit'].map(
  (name) => `shared/model/${name}.ts`,
)
const isTfjs = (to: string) => to.startsWith('@tensorflow/')

describe('TF.js', () => {
  it('is imported by the files of shared that train, and by nothing that suggests in a page', () => {
    expect(
      [
        ...new Set(
          importsIn('shared/')
            .filter(({ to }) => isTfjs(to))
            .map(({ from }) => from),
        ),
      ].sort(),
    ).toEqual([...WITH_TFJS].sort())
    for (const folder of ['tag', 'capture', 'store', 'worker', 'federated', 'widgets', 'shop']) {
      const found = importsIn(`web/${folder}/`)
      expect(found.length, folder).toBeGreaterThan(0)
      expect(shown(found.filter(({ to }) => isTfjs(to)))).toEqual([])
    }
  })

  it.each(ENTRIES)('cannot be reached from %s', (entry) => {
    const reached = reachable(entry)
    expect(reached.size).toBeGreaterThan(5)
    expect([...reached].filter((to) => isTfjs(to) || WITH_TFJS.includes(to))).toEqual([])
  })

  it('can be reached from what trains: the search would find it', () => {
    expect([...reachable('trainer/main.ts')]).toEqual(expect.arrayContaining([...WITH_TFJS, '@tensorflow/tfjs-core']))
  })
})

describe('versions', () => {
  type Ranges = Record<string, string>
  interface PackageJson {
    dependencies: Ranges
    devDependencies: Ranges
    peerDependencies: Ranges
    peerDependenciesMeta: Record<string, { optional?: boolean }>
  }
  const read = <T>(file: string) => JSON.parse(readFileSync(join(ROOT, file), 'utf8')) as T
  const packageJson = read<PackageJson>('package.json')
  const installed = (lock: string) =>
    Object.entries(read<{ packages: Record<string, { version?: string }> }>(lock).packages).map(
      ([path, { version }]) => [path.split('node_modules/').pop()!, version] as const,
    )

  it('every @tensorflow package is pinned to 4.22.0, and one tfjs-core is installed', () => {
    const { dependencies, devDependencies, peerDependencies } = packageJson
    const named = Object.entries({ ...dependencies, ...devDependencies, ...peerDependencies }).filter(([name]) =>
      isTfjs(name),
    )
    expect(named.length).toBeGreaterThan(3)
    for (const [name, range] of named) expect(range, name).toBe('4.22.0')
    for (const lock of ['package-lock.json', 'node_modules/.package-lock.json']) {
      const found = installed(lock).filter(([name]) => isTfjs(name))
      expect(
        found.filter(([, version]) => version !== '4.22.0'),
        lock,
      ).toEqual([])
      expect(
        found.filter(([name]) => name === '@tensorflow/tfjs-core'),
        lock,
      ).toHaveLength(1)
    }
  })

  it('back ends with binaries are optional peers: an install without them is whole', () => {
    for (const name of ['@tensorflow/tfjs-node-gpu', 'webgpu']) {
      expect(packageJson.peerDependencies).toHaveProperty([name])
      expect(packageJson.peerDependenciesMeta[name], name).toEqual({ optional: true })
      expect({ ...packageJson.dependencies, ...packageJson.devDependencies }).not.toHaveProperty([name])
    }
  })
})

const beside = besideRepository('data') && besideRepository('.')

it.skipIf(!beside)('no file that lies beside the repository is in it', () => {
  const hash = (path: string) => createHash('sha256').update(readFileSync(path)).digest('hex')
  const bySize = new Map<number, string[]>()
  for (const entry of readdirSync(beside!, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name)
    const stat = statSync(path, { throwIfNoEntry: false })
    if (stat?.isFile() && stat.size > 0) bySize.set(stat.size, [...(bySize.get(stat.size) ?? []), path])
  }
  expect(bySize.size).toBeGreaterThan(0)
  const tracked = execFileSync('git', ['ls-files', '-z'], { cwd: ROOT, encoding: 'utf8' }).split('\0').filter(Boolean)
  const copies = tracked
    .map((file) => join(ROOT, file))
    .filter((file) => existsSync(file))
    .filter((file) => (bySize.get(statSync(file).size) ?? []).some((other) => hash(other) === hash(file)))
  expect(copies).toEqual([])
})
