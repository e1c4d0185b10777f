/** `vitrine sample`: writes a simulated shop; `trainer/sample/sample.ts` does the work. */
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { defineCommand } from 'citty'
import { Presets, SingleBar } from 'cli-progress'
import type { Product } from '../../shared/data/catalog.ts'
import { type HistoryEvent, readDatasetInfo, readLines } from '../datasets/dataset.ts'
import { wholeNumber } from '../flags.ts'
import { importHistory } from '../importers/import.ts'
import { type Marginals, marginalCounter, marginalTable } from '../sample/marginals.ts'
import { generateSample } from '../sample/sample.ts'
import { UserError } from '../user-error.ts'

export default defineCommand({
  meta: {
    name: 'sample',
    description: `Write a simulated shop: products, shoppers with known tastes, and what they do.

Examples:
  vitrine sample --out data/sample
  vitrine sample --out data/small --products 300 --shoppers 500 --days 60 --seed 7
  vitrine sample --out data/magazine --guides 24
  vitrine sample --out data/fashion --catalog products.jsonl.gz
  vitrine sample --out data/sample --compare online-retail.csv.gz`,
  },
  args: {
    out: { type: 'string', required: true, valueHint: 'FOLDER', description: 'Where the dataset goes' },
    seed: { type: 'string', default: '1', description: 'The same seed gives the same bytes' },
    products: { type: 'string', default: '1200', description: 'Size of the sample catalogue' },
    shoppers: { type: 'string', default: '5000', description: 'How many shoppers' },
    days: { type: 'string', default: '180', description: 'Length of the history' },
    guides: { type: 'string', valueHint: 'N', description: 'Guides and videos to read beside the products; else none' },
    catalog: { type: 'string', valueHint: 'FILE', description: 'A real catalogue, or a dataset folder, to shop in' },
    compare: { type: 'string', valueHint: 'PATH', description: 'A history to print the marginals of beside these' },
    json: { type: 'boolean', default: false, description: 'Print one JSON document' },
  },
  async run({ args }) {
    const numbers = {
      products: wholeNumber('--products', args.products, 1200),
      shoppers: wholeNumber('--shoppers', args.shoppers, 5000),
      days: wholeNumber('--days', args.days, 180),
      ...(args.guides === undefined ? {} : { guides: wholeNumber('--guides', args.guides, 24) }),
    }
    const target = statSync(args.out, { throwIfNoEntry: false })
    if (target && !existsSync(join(args.out, 'dataset.json'))) {
      throw new UserError(`${args.out}: is there and is no dataset`, 'name a new folder with --out')
    }
    const catalog = args.catalog === undefined ? undefined : await withDataset(args.catalog, readProducts)
    const bar = process.stderr.isTTY && !args.json ? progressBar() : undefined
    const summary = await generateSample({
      out: args.out,
      seed: args.seed,
      ...numbers,
      catalog,
      onProgress: bar?.show,
    }).finally(() => bar?.stop())
    const compared =
      args.compare === undefined
        ? undefined
        : {
            name: basename(args.compare),
            marginals: await withDataset(args.compare, (folder) => marginalsOf(folder, numbers.days)),
          }
    if (args.json) {
      process.stdout.write(`${JSON.stringify({ ...summary, ...(compared ? { compared } : {}) })}\n`)
      return
    }
    const { items, shoppers, events, sessions } = summary
    const head = `${args.out}: simulated shop, ${items} products, ${shoppers} shoppers, ${sessions} sessions, ${events} events`
    const note = compared
      ? `\n${compared.name}: its last ${numbers.days} days. Where its buyers are shops, as in Online Retail, baskets are wholesale and not to be matched.`
      : ''
    process.stdout.write(`${head}\n\n${marginalTable(summary.marginals, compared)}${note}\n`)
  },
})

function progressBar() {
  const bar = new SingleBar(
    { format: 'shoppers {bar} {value} of {total}, {eta} s left', stream: process.stderr },
    Presets.legacy,
  )
  bar.start(1, 0)
  return {
    show(done: number, total: number) {
      bar.setTotal(total)
      bar.update(done)
    },
    stop: () => bar.stop(),
  }
}

/** A dataset folder as it is; anything else is imported into a folder that is removed afterwards. */
async function withDataset<T>(path: string, read: (folder: string) => Promise<T>): Promise<T> {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) {
    await readDatasetInfo(path)
    return read(path)
  }
  const temporary = mkdtempSync(join(tmpdir(), 'vitrine-sample-'))
  try {
    const folder = join(temporary, 'dataset')
    await importHistory({ files: [path], out: folder })
    return await read(folder)
  } finally {
    rmSync(temporary, { recursive: true, force: true })
  }
}

async function readProducts(folder: string): Promise<Product[]> {
  const products: Product[] = []
  for await (const product of readLines<Product>(folder, 'catalog.jsonl')) products.push(product)
  return products
}

/** Of the last days alone: intervals cannot be longer than the history they are seen in. */
async function marginalsOf(folder: string, days: number): Promise<Marginals> {
  const { to } = await readDatasetInfo(folder)
  const from = to === undefined ? 0 : Date.parse(to) - days * 86_400_000
  const counter = marginalCounter()
  for await (const event of readLines<HistoryEvent>(folder, 'events.jsonl')) if (event.time > from) counter.add(event)
  return counter.finish()
}
