/** The folder that an import writes: whether it may be replaced, what of it stays, what the errors of its disk mean. */
import { existsSync, readdirSync, statSync } from 'node:fs'
import { copyFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { readDatasetInfo } from '../datasets/dataset.ts'
import { UserError } from '../user-error.ts'

/** `finish` replaces the folder, so it must be a dataset or nothing. */
export function checkTarget(out: string): void {
  const target = resolve(out)
  const stat = statSync(target, { throwIfNoEntry: false })
  if (!stat) return
  if (!stat.isDirectory()) throw new UserError(`${out}: is a file`, 'name a folder with --out')
  if (readdirSync(target).length > 0 && !existsSync(`${target}/dataset.json`)) {
    throw new UserError(`${out}: is a folder with other files in it`, 'name a new folder with --out')
  }
}

/** A shop's answers are written by hand beside what was imported: importing again keeps them. The simulator's are nobody's. */
export async function keepAnswers(from: string, to: string): Promise<void> {
  const answers = join(from, 'faq.jsonl')
  if (existsSync(answers) && !(await readDatasetInfo(from)).simulated) await copyFile(answers, join(to, 'faq.jsonl'))
}

const DISK_ERRORS: Record<string, { what: string; remedy: string }> = {
  ENOSPC: { what: 'the disk is full', remedy: 'free some space, or write elsewhere with --out' },
  EDQUOT: { what: 'the disk quota is used up', remedy: 'free some space, or write elsewhere with --out' },
  // What Node's recursive mkdir says of a read-only file system.
  ENOENT: { what: 'the folder cannot be made there', remedy: 'check that its disk is writable, or use another --out' },
  EROFS: { what: 'the folder is on a read-only file system', remedy: 'write elsewhere with --out' },
  EACCES: { what: 'the folder may not be written', remedy: 'change its rights, or write elsewhere with --out' },
  EPERM: { what: 'the folder may not be written', remedy: 'change its rights, or write elsewhere with --out' },
  ENOTDIR: { what: 'a part of the path is a file', remedy: 'name another folder with --out' },
  EEXIST: { what: 'a part of the path is a file', remedy: 'name another folder with --out' },
  EIO: { what: 'the disk does not answer', remedy: 'check the disk' },
}

/** The edge where errors of the disk become ones that the operator can mend. */
export async function atDisk<T>(out: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    const known = DISK_ERRORS[(error as NodeJS.ErrnoException).code ?? '']
    if (!known) throw error
    throw new UserError(`${out}: ${known.what}; nothing was written`, known.remedy)
  }
}
