/** `vitrine doctor`: can this machine train, on what, how fast, and what would make it better? */
import { defineCommand } from 'citty'
import { renderDiagnosis } from '../doctor/report.ts'
import { diagnose } from '../doctor.ts'
import { UserError } from '../user-error.ts'

const SECONDS = 5
const MAX_SECONDS = 600

export default defineCommand({
  meta: {
    name: 'doctor',
    description: `Look at this machine: what can train here, how fast, and what to do about the rest.
Exit code 0 when training works, 1 when something must be mended first.

Examples:
  vitrine doctor
  vitrine doctor --home /srv/vitrine --port 8443
  vitrine doctor --seconds 20 --json`,
  },
  args: {
    home: {
      type: 'string',
      default: '.vitrine',
      valueHint: 'FOLDER',
      description: 'Where datasets and runs will be kept',
    },
    port: { type: 'string', default: '8080', description: 'Where the shop or the edge will answer' },
    seconds: { type: 'string', default: String(SECONDS), valueHint: 'N', description: 'To measure each back end for' },
    json: { type: 'boolean', default: false, description: 'Print the findings as one JSON document' },
  },
  async run({ args }) {
    const [port, seconds] = [
      number('--port', args.port, 1, 65_535, '8080'),
      number('--seconds', args.seconds, 0.1, MAX_SECONDS, String(SECONDS)),
    ]
    const onTry = (name: string) => {
      if (process.stderr.isTTY) process.stderr.write(`\r\x1b[Ktrying ${name} …`)
    }
    const diagnosis = await diagnose({ home: args.home, port, seconds, onTry })
    if (process.stderr.isTTY) process.stderr.write('\r\x1b[K')
    console.log(args.json ? JSON.stringify(diagnosis) : renderDiagnosis(diagnosis))
    if (!diagnosis.trainsOn) process.exitCode = 1
  },
})

function number(flag: string, text: string, least: number, most: number, example: string): number {
  const value = Number(text)
  if (text.trim() !== '' && value >= least && value <= most) return value
  throw new UserError(`${flag} ${text}: not a number from ${least} to ${most}`, `try ${flag} ${example}`)
}
