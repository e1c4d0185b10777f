/** `vitrine verify`: is the tag well installed on this page? `trainer/verify.ts` looks. */
import { defineCommand } from 'citty'
import { UserError } from '../user-error.ts'
import { renderChecklist } from '../verify/checklist.ts'
import { verifyPage } from '../verify.ts'

const TIMEOUT_SECONDS = 30
const MAX_TIMEOUT_SECONDS = 600

export default defineCommand({
  meta: {
    name: 'verify',
    description: `Visit a shop's page and print a checklist of what Vitrine finds there, with remedies.
Exit code 0 when nothing must be mended, 1 when something must.

Examples:
  vitrine verify https://shop.example/
  vitrine verify http://127.0.0.1:8080/ --interact
  vitrine verify https://staging.shop.example/p/7 --ignore-https-errors --json`,
  },
  args: {
    url: { type: 'positional', required: true, description: 'The page, in full: https://…' },
    timeout: {
      type: 'string',
      default: String(TIMEOUT_SECONDS),
      valueHint: 'SECONDS',
      description: 'How long a page may take to settle',
    },
    interact: { type: 'boolean', default: false, description: 'Follow one link to a product and look again' },
    'ignore-https-errors': {
      type: 'boolean',
      default: false,
      description: 'Accept any certificate, as shops in development have',
    },
    json: { type: 'boolean', default: false, description: 'Print the checklist as one JSON document' },
  },
  async run({ args }) {
    const checklist = await verifyPage(args.url, {
      timeoutMs: seconds(args.timeout) * 1000,
      interact: args.interact,
      ignoreHttpsErrors: args['ignore-https-errors'],
    })
    process.stdout.write(`${args.json ? JSON.stringify(checklist) : renderChecklist(checklist)}\n`)
    if (checklist.fail > 0) process.exitCode = 1
  },
})

function seconds(text: string): number {
  const value = Number(text)
  if (text.trim() !== '' && value > 0 && value <= MAX_TIMEOUT_SECONDS) return value
  throw new UserError(`--timeout ${text}: no number of seconds`, `write one from 1 to ${MAX_TIMEOUT_SECONDS}`)
}
