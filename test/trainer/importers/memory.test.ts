import { execFileSync } from 'node:child_process'
import { closeSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, test } from 'vitest'
import { temporaryFolder } from './files.ts'

// Half a minute, so it runs with the soak tests.
test.skipIf(!process.env.VITRINE_SOAK)(
  'a file larger than the heap it is given is imported',
  { timeout: 600_000 },
  () => {
    const folder = temporaryFolder()
    const file = openSync(join(folder, 'e.csv'), 'w')
    writeSync(file, 'user_id,item_id,time,event,price\n')
    let rows = 0
    for (let bytes = 0; bytes < 100 * 2 ** 20; ) {
      let block = ''
      for (let i = 0; i < 10_000; i++, rows++) {
        const shopper = `shopper-${(rows * 7919) % 50_000}`
        block += `${shopper},item-${(rows * 104_729) % 10_000},${1_600_000_000 + rows * 10},${rows % 5 ? 'view' : 'cart'},1.${rows % 90}\n`
      }
      bytes += writeSync(file, block)
    }
    closeSync(file)
    const script = `
    import { importHistory } from ${JSON.stringify(pathToFileURL('trainer/importers/import.ts').href)}
    const report = await importHistory({ files: ['${folder}/e.csv'], out: '${folder}/out' })
    console.log(report.rows.read)`
    const output = execFileSync(
      process.execPath,
      ['--max-old-space-size=80', '--import', 'tsx', '--input-type=module', '-e', script],
      { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
    )
    expect(Number(output.trim().split('\n').at(-1))).toBe(rows)
  },
)
