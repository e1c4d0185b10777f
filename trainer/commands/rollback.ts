/** `vitrine rollback`: an earlier model again, as a new version on record. */
import { existsSync } from 'node:fs'
import { defineCommand } from 'citty'
import { openSource } from '../audit/source.ts'
import { wholeNumber } from '../flags.ts'
import { KEY_FLAGS, openPublisherKey } from '../keys.ts'
import { rollBack } from '../rollback.ts'
import { LOG_FLAGS } from '../shop-store.ts'
import { UserError } from '../user-error.ts'
import { destinationOf } from './publish.ts'

export default defineCommand({
  meta: {
    name: 'rollback',
    description: `Go back to an earlier model: a new version with its chunks. Browsers take no version that is older than theirs.

Examples:
  vitrine rollback --version 6 --to bundles
  VITRINE_TOKEN=… vitrine rollback --version 6 --edge https://edge.example`,
  },
  args: {
    version: { type: 'string', required: true, valueHint: 'N', description: 'Which one to go back to' },
    to: { type: 'string', valueHint: 'FOLDER', description: 'A folder that "vitrine serve" serves' },
    edge: { type: 'string', valueHint: 'URL', description: 'An edge; its token in VITRINE_TOKEN' },
    ...KEY_FLAGS,
    ...LOG_FLAGS,
  },
  async run({ args }) {
    const restores = wholeNumber('--version', args.version, 1)
    const openDestination = destinationOf(args)
    // Where there is nothing to go back to, no folder and no key are made.
    for (const path of [args.to, args.key]) {
      if (path !== undefined && !existsSync(path)) throw new UserError(`${path}: is not there`, 'check the path')
    }
    const key = await openPublisherKey(args.key, args.name)
    const destination = await openDestination(key.name)
    const source = openSource(args.edge ?? (args.to as string)) // one of them, or `destinationOf` has refused
    const { version } = await rollBack(restores, source, destination, key, Date.now())
    console.log(`on record: bundle ${version}, which restores ${restores}`)
  },
})
