/** Real data sets and published vectors lie beside the repository, never in it. Tests that need them skip by name. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'

const BESIDE = join(import.meta.dirname, '..', '..', 'shared')

/** The path of a file beside the repository, or undefined (and a line that says so) when it is absent. */
export function besideRepository(...path: string[]): string | undefined {
  const file = join(BESIDE, ...path)
  if (existsSync(file)) return file
  console.log(`skipped: ${path.join('/')} is not beside the repository`)
  return undefined
}
