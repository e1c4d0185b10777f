/** `vitrine witness`: cosigns the checkpoints of other people's logs. */
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { defineCommand } from 'citty'
import { pino } from 'pino'
import { COSIGNATURE, ED25519, parseVerifierKey } from '../../shared/tlog/note.ts'
import { portOf } from '../flags.ts'
import { DEMO_NAME, openKey } from '../keys.ts'
import { serveWitness } from '../serve.ts'
import { UserError } from '../user-error.ts'

export default defineCommand({
  meta: {
    name: 'witness',
    description: `Cosign logs for as long as they only grow (C2SP tlog-witness).
Browsers of a shop whose policy names this key install nothing that you have not seen: see "vitrine publish --help".
What has been cosigned is in --state. Where it is lost, or was restored from an older copy, make a new key.

Examples:
  vitrine witness --log shop.example/log+4e5f6071+AdE… --name watch.example/w1
  vitrine witness --log KEY,KEY --state /var/lib/witness --host 0.0.0.0 --port 8090`,
  },
  args: {
    log: {
      type: 'string',
      required: true,
      valueHint: 'KEY,…',
      description: 'Verifier keys of the logs, as "vitrine serve" prints them; both keys of a log that changes its key',
    },
    key: {
      type: 'string',
      default: join('.vitrine', 'keys', 'witness.json'),
      valueHint: 'FILE',
      description: 'The witness’s key; made when absent',
    },
    name: {
      type: 'string',
      valueHint: 'NAME',
      description: `Of a new key: an address of yours without https://; else ${DEMO_NAME}/witness`,
    },
    state: {
      type: 'string',
      default: join('.vitrine', 'witness'),
      valueHint: 'FOLDER',
      description: 'Where it remembers what it has seen',
    },
    port: { type: 'string', default: '8090', description: '0 takes any free one' },
    host: { type: 'string', default: '127.0.0.1', description: 'Address to listen on' },
    quiet: { type: 'boolean', default: false, description: 'Log no requests and no evidence' },
  },
  async run({ args }) {
    const port = portOf(args.port)
    const logs = await logKeys(args.log)
    if (existsSync(args.key) && !existsSync(args.state)) {
      // To cosign again from nothing could be to cosign a second tree.
      throw new UserError(
        `${args.key} has been used, and there is no ${args.state} with what it has cosigned`,
        'name that folder with --state FOLDER; where it is lost, make a new key with --key FILE',
      )
    }
    // Before the key, so that a key is never without a memory.
    mkdirSync(args.state, { recursive: true })
    const { name, keys, verifierKey } = await openKey(args.key, {
      name: args.name,
      otherwise: `${DEMO_NAME}/witness`,
      kind: 'witness',
      type: COSIGNATURE,
    })
    const served = await serveWitness({
      folder: args.state,
      signer: { name, keys },
      logs,
      port,
      host: args.host,
      log: pino({ level: args.quiet ? 'silent' : 'info' }, pino.destination(2)),
    })
    console.log(`witness: ${served.url}`)
    console.log(`key:     ${verifierKey}`)
    const stop = () => void served.close().then(() => process.exit(0))
    process.once('SIGINT', stop)
    process.once('SIGTERM', stop)
  },
})

/** @throws UserError for what is no log's key */
async function logKeys(text: string): Promise<string[]> {
  const keys = text.split(',').map((key) => key.trim())
  for (const key of keys) {
    const { type } = await parseVerifierKey(key).catch((error: Error) => {
      throw new UserError(`--log ${key}: ${error.message}`, 'as "vitrine serve" prints it')
    })
    if (type !== ED25519) throw new UserError(`--log ${key}: is a witness’s key`, 'as "vitrine serve" prints it')
  }
  return keys
}
