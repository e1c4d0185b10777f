/** `vitrine report`: one or more runs on one page that needs nothing beside it. */
import { readFile, rename, writeFile } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { defineCommand } from 'citty'
import type { Histories } from '../datasets/histories.ts'
import { loadHistories } from '../datasets/load.ts'
import type { Evaluation } from '../evaluation.ts'
import { type HistoryView, viewHistory } from '../report/history-view.ts'
import { kilobytes } from '../report/numbers.ts'
import { renderPage } from '../report/page.ts'
import { pageScript } from '../report/page-script.ts'
import { dataOf, type RunView, viewRun } from '../report/run-view.ts'
import { UserError } from '../user-error.ts'

/** Side by side on a desk; each is told apart by colour, dash and marker, and there are four of each. */
const MAX_RUNS = 4

export default defineCommand({
  meta: {
    name: 'report',
    description: `Write runs on one page: curves, measures, slices, calibration, item map, sizes, data.

Examples:
  vitrine report runs/shop
  vitrine report runs/small runs/large --out compare.html
  vitrine report runs/beauty --data Beauty.txt.gz --evaluation three-seeds.json`,
  },
  args: {
    runs: { type: 'positional', required: true, valueHint: 'RUN', description: 'Folders of "vitrine train", 1 to 4' },
    out: { type: 'string', valueHint: 'FILE', description: 'The page; else report.html in the first run' },
    data: { type: 'string', valueHint: 'PATH', description: 'The history; else the one each run was trained on' },
    evaluation: {
      type: 'string',
      valueHint: 'FILE',
      description: 'Output of "vitrine evaluate --json", such as one over several seeds, shown beside the runs',
    },
    json: { type: 'boolean', default: false, description: 'Print the measures as one JSON document' },
  },
  async run({ args }) {
    const folders: string[] = args._
    if (folders.length > MAX_RUNS) {
      throw new UserError(`${folders.length} runs are too many for one page`, `name at most ${MAX_RUNS}`)
    }
    const extra = args.evaluation === undefined ? undefined : await readEvaluation(args.evaluation)
    const names = runNames(folders)
    const say = (text: string) => args.json || console.error(text)
    const histories = new Map<string, Histories>()
    const runs: (RunView & { data: number })[] = []
    for (const [n, folder] of folders.entries()) {
      const path = await dataOf(folder, args.data)
      let h = histories.get(path)
      if (!h) {
        say(`reading ${path}`)
        h = await loadHistories(path)
        histories.set(path, h)
      }
      say(`measuring ${names[n]}`)
      runs.push({ ...(await viewRun(folder, names[n], h)), data: [...histories.keys()].indexOf(path) })
    }
    const data: { histories: Histories; view: HistoryView }[] = []
    for (const [path, h] of histories) data.push({ histories: h, view: await viewHistory(h, path) })
    const page = renderPage({ runs, data, extra, made: new Date() }, await pageScript())
    const out = resolve(args.out ?? join(folders[0], 'report.html'))
    const partial = join(dirname(out), `.${basename(out)}.partial`)
    await writeFile(partial, page)
    await rename(partial, out)
    if (args.json) {
      const measured = runs.map(({ name, info, evaluation, sizes }) => ({ run: name, ...info, evaluation, sizes }))
      console.log(JSON.stringify({ out, bytes: Buffer.byteLength(page), runs: measured }))
    } else console.log(`${out}: ${kilobytes(Buffer.byteLength(page))}; open it in a browser`)
  },
})

/** The folders' own names, as far up as it takes to tell them apart. */
function runNames(folders: readonly string[]): string[] {
  const paths = folders.map((folder) => resolve(folder).split('/'))
  for (let parts = 1; ; parts++) {
    const names = paths.map((path) => path.slice(-parts).join('/'))
    if (new Set(names).size === names.length) return names
    if (paths.every((path) => path.length <= parts)) return names.map((name, n) => `${name} (${n + 1})`)
  }
}

/** @throws UserError for what "vitrine evaluate --json" of this version does not print */
async function readEvaluation(file: string): Promise<Evaluation> {
  const remedy = 'make it with "vitrine evaluate … --json > FILE"'
  const text = await readFile(file, 'utf8').catch(() => {
    throw new UserError(`${file}: no such file`, remedy)
  })
  try {
    const value = JSON.parse(text) as Evaluation
    if (value.models && value.slices && value.exposure && value.comparisons) return value
  } catch {}
  throw new UserError(`${file}: is no evaluation with slices`, remedy)
}
