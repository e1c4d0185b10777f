/** `vitrine coupons`: a merchant's list of coupons in, the same with sealed codes and a signature out. */
import { existsSync } from 'node:fs'
import { readFile, rename, stat, writeFile } from 'node:fs/promises'
import { defineCommand } from 'citty'
import { MAX_LIST_CHARS, parseWrittenCoupons, signCoupons, type WrittenCoupons } from '../../shared/service/coupons.ts'
import { KEY_FLAGS, openPublisherKey } from '../keys.ts'
import { UserError } from '../user-error.ts'

export default defineCommand({
  meta: {
    name: 'coupons',
    description: `Seal the codes of a list of coupons and sign it, for "vitrine publish --coupons".

The list is JSON. Every condition under "when" must hold on the shopper's device; none means everyone:
  {"format":"vitrine-coupons/1","coupons":[{"id":"come-back","title":{"en":"10 % off"},
   "from":"2026-01-01T00:00:00Z","until":"2026-03-01T00:00:00Z","code":"BACK10","budget":500,
   "when":{"stages":["cooling","lost"],"orders":{"min":1},"spent":{"min":50},"daysSinceOrder":{"min":60},
           "cartValue":{"min":20},"interest":{"category":"Home > Kitchen","share":0.2}}}]}

A sealed code shows itself on a click, and to whoever runs the page's own code over the list. Your server still decides
whether a code counts, and how often.

Examples:
  vitrine coupons coupons.json --out coupons.note
  vitrine coupons coupons.json --out coupons.note --key keys/publisher.json --json`,
  },
  args: {
    file: { type: 'positional', required: true, valueHint: 'FILE', description: 'The list, with its codes' },
    out: { type: 'string', required: true, valueHint: 'FILE', description: 'Where the signed list goes' },
    ...KEY_FLAGS,
    json: { type: 'boolean', default: false, description: 'Print one JSON document' },
  },
  async run({ args }) {
    const list = await readList(args.file)
    const key = await openPublisherKey(args.key, args.name)
    const note = await signCoupons(list, key.name, key.keys)
    await writeFile(`${args.out}.partial`, note)
    await rename(`${args.out}.partial`, args.out)
    const report = { out: args.out, coupons: list.coupons.length, bytes: note.length, key: key.verifierKey }
    console.log(
      args.json
        ? JSON.stringify(report)
        : `${report.out}: ${report.coupons} ${report.coupons === 1 ? 'coupon' : 'coupons'}, ${report.bytes.toLocaleString('en')} bytes, signed by ${key.name}`,
    )
  },
})

/** @throws UserError saying what is wrong, and where */
async function readList(file: string): Promise<WrittenCoupons> {
  if (!existsSync(file))
    throw new UserError(`${file}: no such file`, 'vitrine coupons --help shows what a list looks like')
  const { size } = await stat(file)
  // A character is up to four bytes.
  if (size > 4 * MAX_LIST_CHARS) {
    throw new UserError(`${file}: ${size} bytes is more than ${4 * MAX_LIST_CHARS}`, 'leave out coupons that are over')
  }
  try {
    return parseWrittenCoupons(await readFile(file, 'utf8'))
  } catch (error) {
    throw new UserError(`${file}: ${(error as Error).message}`, 'vitrine coupons --help shows what a list looks like')
  }
}
