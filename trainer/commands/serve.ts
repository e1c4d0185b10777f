/** `vitrine serve`: the edge alone, for a shop that has its own pages. */
import { createHash } from 'node:crypto'
import { defineCommand } from 'citty'
import { pino } from 'pino'
import { portOf } from '../flags.ts'
import { DEMO_NAME } from '../keys.ts'
import { serve } from '../serve.ts'
import { LOG_FLAGS, openShopStore } from '../shop-store.ts'

export default defineCommand({
  meta: {
    name: 'serve',
    description: `Serve bundles, the tag and the log. With VITRINE_TOKEN in the environment, "vitrine publish --edge" may publish here.

Examples:
  vitrine serve --bundles /var/lib/vitrine --port 8443
  VITRINE_TOKEN=$(openssl rand -hex 32) vitrine serve --bundles bundles`,
  },
  args: {
    bundles: { type: 'string', required: true, valueHint: 'FOLDER', description: 'Where bundles are kept' },
    port: { type: 'string', default: '8080', description: '0 takes any free one' },
    host: { type: 'string', default: '127.0.0.1', description: 'Address to listen on' },
    name: { type: 'string', valueHint: 'DOMAIN', description: `Of a new log: your shop’s; else ${DEMO_NAME}` },
    ...LOG_FLAGS,
    quiet: { type: 'boolean', default: false, description: 'Log no requests' },
  },
  async run({ args }) {
    const port = portOf(args.port)
    // Only its hash is kept: the token is in no variable that is ever printed.
    const token = process.env.VITRINE_TOKEN
    const store = await openShopStore(args.bundles, args, args.name)
    const served = await serve({
      store,
      ...(token ? { operatorTokenSha256: createHash('sha256').update(token).digest('hex') } : {}),
      port,
      host: args.host,
      log: pino({ level: args.quiet ? 'silent' : 'info' }, pino.destination(2)),
    })
    console.log(`edge: ${served.url}  (documentation of its routes: ${served.url}/openapi.json)`)
    console.log(`log:  ${store.logKey}  (keep ${store.logKeyFile}: its key)`)
    if ((await store.log.head()).size === 0) {
      console.log(`nothing is on record in ${args.bundles} yet: "vitrine publish --to ${args.bundles}"`)
    }
    const stop = () => void served.close().then(() => process.exit(0))
    process.once('SIGINT', stop)
    process.once('SIGTERM', stop)
  },
})
