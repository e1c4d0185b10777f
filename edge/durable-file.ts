/**
 * Files that are whole or not there. The bytes go to a file of another name, are forced to the disk, and only then get
 * their name; the folder is forced to the disk after that, so that the name survives a power cut too.
 */
import { randomUUID } from 'node:crypto'
import { link, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

const PARTIAL = '.partial'
/** A write takes seconds. A partial file of this age was left by a crash. */
const ABANDONED_MS = 3_600_000

/** Writes `path`, replacing what is there. */
export async function replaceDurably(path: string, bytes: Uint8Array): Promise<void> {
  await viaPartial(path, bytes, (partial) => rename(partial, path))
}

/**
 * Writes `path` unless it exists. Of several callers, in this process or another, exactly one gets `true`: a hard link
 * is made by one or fails, where a rename would replace.
 */
export async function createDurably(path: string, bytes: Uint8Array): Promise<boolean> {
  let created = true
  await viaPartial(path, bytes, async (partial) => {
    await link(partial, path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error
      created = false
    })
  })
  return created
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

async function viaPartial(path: string, bytes: Uint8Array, name: (partial: string) => Promise<void>): Promise<void> {
  const partial = join(dirname(path), `.${basename(path)}.${randomUUID()}${PARTIAL}`)
  try {
    const file = await open(partial, 'wx')
    try {
      await file.writeFile(bytes)
      await file.sync()
    } finally {
      await file.close()
    }
    await name(partial)
    await syncFolder(dirname(path))
  } finally {
    await rm(partial, { force: true })
  }
}

async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return // Windows opens no folders; NTFS journals its names
  const handle = await open(folder)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
