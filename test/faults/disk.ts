/**
 * A disk as a power cut finds it. Written bytes are sure to be there once their file was forced to the disk, and a name
 * (new, changed or removed) once its folder was; before that they may be there or not, each for itself. So a cut leaves
 * one of many folders: here those in which no folder is ahead of what was forced, each one alone is, or all are. Bytes
 * that were not forced are lost in all of them; that they may survive is what killing a process shows.
 */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { basename, dirname, join, relative, sep } from 'node:path'
import type { FileCall } from './file-calls.ts'

interface File {
  now: Uint8Array
  forced: Uint8Array
}
interface Folder {
  now: Map<string, File | Folder>
  forced: Map<string, File | Folder>
}
/** Path and bytes; of a folder, undefined. */
export type Left = Map<string, Uint8Array | undefined>

const isFolder = (node: File | Folder): node is Folder => node.now instanceof Map

export class Disk {
  readonly #at: string
  readonly #root: Folder

  private constructor(at: string, root: Folder) {
    this.#at = at
    this.#root = root
  }

  /** What lies there, as if all had been forced. */
  static async of(folder: string): Promise<Disk> {
    const read = async (path: string): Promise<Folder> => {
      const nodes = new Map<string, File | Folder>()
      for (const entry of await readdir(path, { withFileTypes: true })) {
        const inner = join(path, entry.name)
        if (entry.isDirectory()) nodes.set(entry.name, await read(inner))
        else {
          const bytes = await readFile(inner)
          nodes.set(entry.name, { now: bytes, forced: bytes })
        }
      }
      return { now: nodes, forced: new Map(nodes) }
    }
    return new Disk(folder, await read(folder))
  }

  /** A call that was made. */
  apply({ name, path, args }: FileCall): void {
    if (name === 'mkdir') this.#folder(path, true)
    else if (name === 'open' && args[1] === 'wx') {
      this.#folder(dirname(path)).now.set(basename(path), { now: new Uint8Array(0), forced: new Uint8Array(0) })
    } else if (name === 'writeFile') (this.#there(path) as File).now = Uint8Array.from(args[0] as Uint8Array)
    else if (name === 'sync') {
      const node = this.#there(path)
      if (isFolder(node)) node.forced = new Map(node.now)
      else node.forced = node.now
    } else if (name === 'rename' || name === 'link') {
      const to = String(args[1])
      this.#folder(dirname(to)).now.set(basename(to), this.#there(path))
      if (name === 'rename') this.#folder(dirname(path)).now.delete(basename(path))
    } else if (name === 'rm') {
      // Of a folder that is not there nothing is removed.
      if (this.#find(dirname(path))) this.#folder(dirname(path)).now.delete(basename(path))
    }
  }

  /** What whoever looks is given. */
  read(path: string): Uint8Array | undefined {
    const node = this.#folder(dirname(path)).now.get(basename(path))
    return node && !isFolder(node) ? node.now : undefined
  }

  /** What a power cut may leave. */
  cuts(): Left[] {
    const folders: Folder[] = []
    const collect = (folder: Folder) => {
      folders.push(folder)
      for (const node of new Set([...folder.now.values(), ...folder.forced.values()])) if (isFolder(node)) collect(node)
    }
    collect(this.#root)
    const ahead = [[], folders, ...folders.map((folder) => [folder])]
    return ahead.map((some) => {
      const left: Left = new Map()
      const walk = (folder: Folder, path: string) => {
        left.set(path, undefined)
        for (const [name, node] of some.includes(folder) ? folder.now : folder.forced) {
          if (isFolder(node)) walk(node, join(path, name))
          else left.set(join(path, name), node.forced)
        }
      }
      walk(this.#root, '.')
      return left
    })
  }

  #names(path: string): string[] {
    return relative(this.#at, path).split(sep).filter(Boolean)
  }

  #find(path: string): File | Folder | undefined {
    let node: File | Folder | undefined = this.#root
    for (const name of this.#names(path)) node = node && isFolder(node) ? node.now.get(name) : undefined
    return node
  }

  #there(path: string): File | Folder {
    const node = this.#find(path)
    if (!node) throw new Error(`${path} is not there`)
    return node
  }

  #folder(path: string, make = false): Folder {
    let folder = this.#root
    for (const name of this.#names(path)) {
      let next = folder.now.get(name)
      if (!next && make) folder.now.set(name, (next = { now: new Map(), forced: new Map() }))
      if (!next || !isFolder(next)) throw new Error(`${path} is no folder`)
      folder = next
    }
    return folder
  }
}

/** Written out, to be opened. */
export async function layOut(left: Left, folder: string): Promise<void> {
  for (const [path, bytes] of left) {
    if (bytes) await writeFile(join(folder, path), bytes)
    else await mkdir(join(folder, path), { recursive: true })
  }
}
