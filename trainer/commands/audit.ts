/** `vitrine audit`: is a shop's log in order, and is what it serves what it has on record? */
import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { defineCommand } from 'citty'
import { DELTA } from '../../shared/federated/accounting/zcdp.ts'
import type { Claim } from '../../shared/federated/policy.ts'
import type { ModelEntry } from '../../shared/tlog/entry.ts'
import { ED25519, parseVerifierKey } from '../../shared/tlog/note.ts'
import { type Audit, type AuditOptions, audit, type Bookmark } from '../audit/audit.ts'
import type { Finding } from '../audit/findings.ts'
import { type LogSource, openSource, requireLog, SourceUnreachable } from '../audit/source.ts'
import type { AuditedTask } from '../audit/tasks.ts'
import { UserError } from '../user-error.ts'

export default defineCommand({
  meta: {
    name: 'audit',
    description: `Walk a log: signatures, consistency, every model and every tag, trusting nobody. Ends with 1 where something critical is found.

Examples:
  vitrine audit https://edge.example --key shop.example+0a1b2c3d+AbC…
  vitrine audit https://edge.example --since audit.json --other https://cdn.example`,
  },
  args: {
    place: {
      type: 'positional',
      required: true,
      valueHint: 'URL',
      description: 'An edge, or a folder that one serves',
    },
    key: {
      type: 'string',
      valueHint: 'KEY',
      description: 'The publisher’s verifier key, from the shop itself: else the log is taken at its first word',
    },
    since: {
      type: 'string',
      valueHint: 'FILE',
      description: 'Go on from the audit that left this file, and leave it anew when all is in order; made when absent',
    },
    other: {
      type: 'string',
      valueHint: 'URL',
      description: 'The same log as another sees it, or a witness, to find a split view',
    },
    contents: {
      type: 'boolean',
      default: true,
      description: 'Check models and tags',
      negativeDescription: 'Check the log alone',
    },
    json: { type: 'boolean', default: false, description: 'Print one JSON document' },
  },
  async run({ args }) {
    const since = args.since !== undefined && existsSync(args.since) ? await readBookmark(args.since) : undefined
    if (args.key !== undefined) await requireKey(args.key)
    const source = openSource(args.place)
    const report = await auditOf(source, since === undefined, {
      ...(args.key === undefined ? {} : { publisher: args.key }),
      ...(since ? { since } : {}),
      ...(args.other === undefined ? {} : { other: openSource(args.other) }),
      contents: args.contents,
      now: Date.now(),
    }).catch((error: Error) => {
      if (error instanceof SourceUnreachable) throw new UserError(error.message, 'is it up, and is the address right?')
      throw error
    })
    if (args.since !== undefined && report.bookmark) await writeFile(args.since, `${JSON.stringify(report.bookmark)}\n`)
    if (args.json) console.log(JSON.stringify(report))
    else console.log(inWords(report, since))
    if (report.findings.some(({ severity }) => severity === 'critical')) process.exitCode = 1
  },
})

/** @param mustBe there may be nothing only where there was something before: then it is a finding */
async function auditOf(source: LogSource, mustBe: boolean, options: AuditOptions): Promise<Audit> {
  if (mustBe) await requireLog(source)
  return audit(source, options)
}

/** @throws UserError for what is no publisher's key */
async function requireKey(text: string): Promise<void> {
  const remedy = 'as "vitrine publish" prints it: shop.example+0a1b2c3d+AbC…'
  const { type } = await parseVerifierKey(text).catch((error: Error) => {
    throw new UserError(`--key ${text}: ${error.message}`, remedy)
  })
  if (type !== ED25519) throw new UserError(`--key ${text}: is a witness’s key`, remedy)
}

/** @throws UserError for a file that no audit has left */
async function readBookmark(file: string): Promise<Bookmark> {
  try {
    const { origin, size, root, edge, standing } = JSON.parse(await readFile(file, 'utf8')) as Bookmark
    if (typeof origin !== 'string' || !Number.isSafeInteger(size) || !Array.isArray(edge))
      throw new Error('no bookmark')
    return { origin, size, root, edge, standing }
  } catch {
    throw new UserError(
      `${file}: is no file that an audit has left`,
      'name another with --since, which is made when absent',
    )
  }
}

const SHOWN_MODELS = 8

/** The newest, with what each is: which there are to go back to. */
function listed(models: readonly ModelEntry[]): string {
  const shown = models.slice(-SHOWN_MODELS)
  const words = shown.map((entry) =>
    entry.type === 'rollback' ? `${entry.version} (restores ${entry.restores})` : `${entry.version}`,
  )
  return `${models.length > shown.length ? '… ' : ''}${words.join(', ')}`
}

const MARKS = { critical: '✗', warning: '!', note: '·' } as const

function inWords(
  { source, origin, size, read, entries, models, standing, tasks, findings }: Audit,
  since: Bookmark | undefined,
): string {
  const kinds = Object.entries(entries).map(([type, count]) => `${count} ${type}`)
  const { model, release, policy } = standing
  const lines = [
    `${source}: the log ${origin ?? '(unreadable)'}, ${size} entries${since ? `, ${read} of them new` : ''}${kinds.length > 0 ? ` (${kinds.join(', ')})` : ''}`,
    ...(policy ? [`  published by ${policy.publisher}`] : []),
    ...(model
      ? [`  in force: bundle ${model.version}${release ? `, release ${release.release} of the tag` : ''}`]
      : []),
    ...(models.length > 1 ? [`  models: ${listed(models)}`] : []),
    ...tasks.map(taskLine),
    ...findings.map(sentence),
  ]
  const warnings = findings.filter(({ severity }) => severity === 'warning').length
  const critical = findings.filter(({ severity }) => severity === 'critical').length
  lines.push(
    critical > 0
      ? `${critical} critical: this log, or what it serves, is not what it should be`
      : `in order${warnings > 0 ? `, with ${warnings === 1 ? 'a warning' : `${warnings} warnings`}` : ''}`,
  )
  return lines.join('\n')
}

const CLAIMS: Record<Claim['kind'], (leader: string, helper: string) => string> = {
  demonstration: () => 'a demonstration: no privacy claim',
  'one-operator': (leader) => `one operator (${leader}): no privacy claim`,
  claimed: (leader, helper) => `claimed by ${leader} and ${helper}`,
}

function taskLine({ name, round, claim: kind, operators, participations, epsilon }: AuditedTask): string {
  const claim = CLAIMS[kind](...operators)
  const cost =
    epsilon === undefined
      ? 'no noise'
      : `ε = ${epsilon.toFixed(2)} at δ = ${DELTA} for ${participations} participations`
  return `  task ${name}: ${round === 1 ? '1 round' : `${round} rounds`}, ${claim}; ${cost}`
}

function sentence({ code, severity, where, message, evidence }: Finding): string {
  const shown = severity === 'critical' ? evidence : []
  const quoted = shown.map(({ what, text, base64 }) => `    ${what}:\n${indented(text ?? `base64 ${base64}`)}`)
  return [`${MARKS[severity]} ${code}, ${where}: ${message}`, ...quoted].join('\n')
}

/** Of long evidence the beginning; all of it is in --json. */
const MAX_SHOWN_CHARS = 1_000

function indented(text: string): string {
  const shown = text.length > MAX_SHOWN_CHARS ? `${text.slice(0, MAX_SHOWN_CHARS)}…` : text
  return shown
    .trimEnd()
    .split('\n')
    .map((line) => `      ${line}`)
    .join('\n')
}
