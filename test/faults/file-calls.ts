/**
 * Stands between this process and its files: every call below a folder is told to somebody first, who may let it
 * happen, happen by half, or not at all. What is called is real; named imports of `node:fs/promises` elsewhere see it
 * too, because Node keeps them in step with the module (`syncBuiltinESMExports`).
 */
import { promises } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { sep } from 'node:path'

/** Of the module, and of what `open` gives. What is missing here is not told. */
const FUNCTIONS = ['link', 'mkdir', 'open', 'readdir', 'readFile', 'rename', 'rm', 'stat'] as const
const METHODS = ['close', 'sync', 'writeFile'] as const

export interface FileCall {
  name: (typeof FUNCTIONS)[number] | (typeof METHODS)[number]
  /** What is called upon. */
  path: string
  /** As the function was given them. */
  args: unknown[]
  /** Makes the call. */
  happen(): Promise<unknown>
  /** Writes one half of the bytes: only `writeFile` has it. */
  happenHalf?(): Promise<unknown>
}

/** Answers in place of the call. What it throws, the caller gets. */
export type Around = (call: FileCall) => Promise<unknown>

type Functions = Record<string, (...args: unknown[]) => Promise<unknown>>

/** While `act` runs, and after that for those who still wait in it. One at a time. */
export async function tellFileCalls<T>(folder: string, around: Around, act: () => Promise<T>): Promise<T> {
  const isWithin = (path: unknown): path is string => path === folder || String(path).startsWith(folder + sep)
  const handles = new Map<unknown, string>()
  const functions = promises as unknown as Functions // what cannot be said of overloads
  const methods = await handlePrototype(folder)
  const original = { functions: pick(functions, FUNCTIONS), methods: pick(methods, METHODS) }

  for (const name of FUNCTIONS) {
    functions[name] = async (...args) => {
      const [path] = args
      const real = async () => {
        const result = await original.functions[name].apply(promises, args)
        if (name === 'open' && isWithin(path)) handles.set(result, path)
        return result
      }
      return isWithin(path) ? around({ name, path, args, happen: real }) : real()
    }
  }
  for (const name of METHODS) {
    methods[name] = async function (this: unknown, ...args) {
      const path = handles.get(this)
      const real = (...given: unknown[]) => {
        if (name === 'close') handles.delete(this)
        return original.methods[name].apply(this, given)
      }
      const happen = () => real(...args)
      if (path === undefined) return happen()
      if (name !== 'writeFile') return around({ name, path, args, happen })
      const bytes = args[0] as Uint8Array
      return around({ name, path, args, happen, happenHalf: () => real(bytes.subarray(0, bytes.length >> 1)) })
    }
  }
  syncBuiltinESMExports()
  try {
    return await act()
  } finally {
    Object.assign(functions, original.functions)
    Object.assign(methods, original.methods)
    syncBuiltinESMExports()
    // Of whoever will never close them: a process that is gone has no open files either.
    for (const handle of handles.keys()) await (handle as FileHandle).close().catch(() => undefined)
  }
}

/** Where the methods are, which no import gives. */
async function handlePrototype(folder: string): Promise<Functions> {
  const handle = await open(folder)
  await handle.close()
  return Object.getPrototypeOf(handle)
}

const pick = (from: Functions, names: readonly string[]): Functions =>
  Object.fromEntries(names.map((name) => [name, from[name]]))

/** Does it change anything that another process sees? */
export const changes = ({ name, args }: FileCall): boolean =>
  ['link', 'mkdir', 'rename', 'rm', 'writeFile'].includes(name) || (name === 'open' && args[1] === 'wx')

/** As the system says it. */
export function failure(code: 'EIO' | 'ENOSPC', { name, path }: FileCall): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: made to fail, ${name} '${path}'`), { code })
}
