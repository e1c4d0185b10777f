/**
 * Files that are whole or not there. The bytes go to a file of another name, are forced to the disk, and only then get
 * their name; the folder is forced to the disk after that, so that the name survives a power cut too.
 */
import { randomUUID } from 'node:crypto'
import { link, mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join, relative, sep } from 'node:path'

const PARTIAL = '.partial'
/** A write takes seconds. A partial file of this age was left by a crash. */
const ABANDONED_MS = 3_600_000
const ANYBODY = 0o666
/** Of files with secrets: whoever runs this process reads them, and nobody else. */
export const OWNER_ONLY = 0o600

/**
 * Writes `path`, replacing what is there.
 * @param isWanted is asked when only the name is left to be given; what it answers is returned
 */
export async function replaceDurably(path: string, bytes: Uint8Array, isWanted = async () => true): Promise<boolean> {
  let wanted = false
  await viaPartial(path, bytes, async (partial) => {
    wanted = await isWanted()
    if (wanted) await rename(partial, path)
  })
  if (wanted) await syncFolder(dirname(path))
  return wanted
}

/**
 * Writes `path` unless it exists. Of several callers, in this process or another, exactly one gets `true`: a hard link
 * is made by one or fails, where a rename would replace.
 */
export async function createDurably(path: string, bytes: Uint8Array, mode = ANYBODY): Promise<boolean> {
  let created = true
  const name = async (partial: string) => {
    await link(partial, path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error
      created = false
    })
  }
  await viaPartial(path, bytes, name, mode)
  await syncFolder(dirname(path))
  return created
}

/**
 * A file with secrets that is written once: what is in it from then on, whoever wrote it, after a power cut too.
 * @param make is asked where there is none; of several callers that ask at once, one's answer is kept and the others get it
 */
export async function writeOnce(
  path: string,
  make: () => Uint8Array | Promise<Uint8Array>,
): Promise<Uint8Array<ArrayBuffer>> {
  for (;;) {
    const kept = await readIfPresent(path)
    if (kept) {
      // Whoever wrote it may have been stopped before its name was forced to the disk.
      await syncFolder(dirname(path))
      return new Uint8Array(kept)
    }
    await createDurably(path, await make(), OWNER_ONLY)
  }
}

/** A folder that its owner alone can look into, and those between `outer`, which is there, and it: all are there after a power cut. */
export async function makePrivateFolder(outer: string, path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 })
  for (const part of foldersBetween(outer, dirname(path))) await syncFolder(part)
}

/**
 * Writes files below a folder, and the folders between: all are there after a power cut, or the call has failed.
 * @param files paths from the folder, with "/"
 */
export async function writeAllDurably(
  folder: string,
  files: readonly { path: string; bytes: Uint8Array }[],
): Promise<void> {
  const changed = new Set<string>()
  for (const { path, bytes } of files) {
    const to = join(folder, path)
    await mkdir(dirname(to), { recursive: true })
    await viaPartial(to, bytes, (partial) => rename(partial, to))
    for (const part of foldersBetween(folder, dirname(to))) changed.add(part)
  }
  for (const part of changed) await syncFolder(part)
}

/** From `outer` down to `inner`, both included. */
function foldersBetween(outer: string, inner: string): string[] {
  const names = relative(outer, inner).split(sep).filter(Boolean)
  return [outer, ...names.map((_, n) => join(outer, ...names.slice(0, n + 1)))]
}

export async function readIfPresent(path: string): Promise<Uint8Array | undefined> {
  return unlessMissing(readFile(path))
}

/** Of what is in a folder; none where there is no such folder. That it cannot be read is another matter. */
export async function namesIn(folder: string): Promise<string[]> {
  return (await unlessMissing(readdir(folder))) ?? []
}

async function unlessMissing<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

/**
 * Removes what crashed writers left in `folder`. Younger partial files may belong to a writer at work. It is tidying: a
 * file that is gone already, or a folder that can only be read, is no failure.
 */
export async function removeAbandoned(folder: string, now: number): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!name.endsWith(PARTIAL)) continue
    const path = join(folder, name)
    const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: now }))
    if (now - mtimeMs > ABANDONED_MS) await rm(path, { force: true }).catch(() => undefined)
  }
}

/** Removes a file or a folder, and what writers of it that crashed left: that may be all of it. Nobody may be writing it. */
export async function removeWithPartials(path: string): Promise<void> {
  const name = basename(path)
  for (const one of await namesIn(dirname(path))) {
    const isOf = one === name || (one.startsWith(`.${name}.`) && one.endsWith(PARTIAL))
    if (isOf) await rm(join(dirname(path), one), { recursive: true, force: true })
  }
}

async function viaPartial(
  path: string,
  bytes: Uint8Array,
  name: (partial: string) => Promise<void>,
  mode = ANYBODY,
): Promise<void> {
  const partial = join(dirname(path), `.${basename(path)}.${randomUUID()}${PARTIAL}`)
  try {
    const file = await open(partial, 'wx', mode)
    try {
      await file.writeFile(bytes)
      await file.sync()
    } finally {
      await file.close()
    }
    await name(partial)
  } finally {
    await rm(partial, { force: true })
  }
}

/** Names in it survive a power cut. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return // Windows opens no folders; NTFS journals its names
  const handle = await open(folder)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
