/** Loads an optional peer: a package that an install is whole without. */
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import { type Refused, refused } from './opening.ts'

const require = createRequire(import.meta.url)

/**
 * The module, or why it cannot be had. It is looked for beside Vitrine and, as `require` does, in the folders of NODE_PATH,
 * so that one installed globally serves too.
 * @param install what to do where the package is not installed
 */
export async function importPeer<Module>(name: string, install: string): Promise<Module | Refused> {
  let file: string
  try {
    file = require.resolve(name)
  } catch {
    return refused('the package is not installed', install)
  }
  try {
    return (await import(pathToFileURL(file).href)) as Module
  } catch (error) {
    // A native module that is not built, or misses a library of the system: the first line names it.
    const [line] = (error as Error).message.split('\n')
    return refused(
      `the package is installed and does not load: ${line}`,
      `mend what it names, or install it anew: ${install}`,
    )
  }
}

export const isRefused = (found: object): found is Refused => 'opened' in found && found.opened === false
