/** The commands by name, and what `--help` says of each. */
import { stripVTControlCharacters } from 'node:util'
import { type CommandDef, defineCommand, renderUsage } from 'citty'
import packageJson from '../package.json' with { type: 'json' }
import { layOutHelp } from './help-layout.ts'

export type Loader = () => Promise<CommandDef>
/** Loaded when called: `vitrine import` needs neither TF.js nor a browser. */
const load =
  // biome-ignore lint/suspicious/noExplicitAny: citty's own type for a command with any arguments
  (module: Promise<{ default: CommandDef<any> }>) => module.then((loaded) => loaded.default as CommandDef)

export const COMMANDS: Record<string, Loader> = {
  start: () => load(import('./commands/start.ts')),
  sample: () => load(import('./commands/sample.ts')),
  import: () => load(import('./commands/import.ts')),
  train: () => load(import('./commands/train.ts')),
  evaluate: () => load(import('./commands/evaluate.ts')),
  'text-encoder': () => load(import('./commands/text-encoder.ts')),
  'evaluate-search': () => load(import('./commands/evaluate-search.ts')),
  'evaluate-profile': () => load(import('./commands/evaluate-profile.ts')),
  'evaluate-service': () => load(import('./commands/evaluate-service.ts')),
  'evaluate-demographics': () => load(import('./commands/evaluate-demographics.ts')),
  'evaluate-learning': () => load(import('./commands/evaluate-learning.ts')),
  'evaluate-federation': () => load(import('./commands/evaluate-federation.ts')),
  'evaluate-exploration': () => load(import('./commands/evaluate-exploration.ts')),
  'evaluate-explanations': () => load(import('./commands/evaluate-explanations.ts')),
  simulate: () => load(import('./commands/simulate.ts')),
  sentiment: () => load(import('./commands/sentiment.ts')),
  report: () => load(import('./commands/report.ts')),
  coupons: () => load(import('./commands/coupons.ts')),
  publish: () => load(import('./commands/publish.ts')),
  rollback: () => load(import('./commands/rollback.ts')),
  serve: () => load(import('./commands/serve.ts')),
  privacy: () => load(import('./commands/privacy.ts')),
  witness: () => load(import('./commands/witness.ts')),
  round: () => load(import('./commands/round.ts')),
  count: () => load(import('./commands/count.ts')),
  aggregate: () => load(import('./commands/aggregate.ts')),
  verify: () => load(import('./commands/verify.ts')),
  audit: () => load(import('./commands/audit.ts')),
  doctor: () => load(import('./commands/doctor.ts')),
}

/** In the overview a command has one line; what it can do, with examples, is in its own help. */
const overview = defineCommand({
  meta: {
    name: 'vitrine',
    version: packageJson.version,
    description: 'Recommendations that are computed in the shopper’s own browser',
  },
  subCommands: Object.fromEntries(
    Object.entries(COMMANDS).map(([name, loader]) => [name, async () => (await summarised(loader)).command]),
  ),
})

/** A command described by the first line of its description, and the lines after it. */
async function summarised(loader: Loader): Promise<{ command: CommandDef; rest: string }> {
  const command = await loader()
  const meta = await (typeof command.meta === 'function' ? command.meta() : command.meta)
  const [description, ...rest] = (meta?.description ?? '').split('\n')
  return { command: { ...command, meta: { ...meta, description } }, rest: rest.join('\n').trim() }
}

/** Of help that no terminal shows. */
const HELP_WIDTH = 100

/** @param loader of a command; without one, the overview of all */
export async function help(loader?: Loader): Promise<string> {
  const { command, rest } = loader ? await summarised(loader) : { command: overview, rest: '' }
  const width = process.stdout.columns ?? HELP_WIDTH
  const laidOut = layOutHelp((await renderUsage(command, loader && overview)).trimEnd(), width)
  const usage = `${laidOut}\n${rest && `\n${rest}\n`}`
  return process.stdout.isTTY ? usage : stripVTControlCharacters(usage)
}
