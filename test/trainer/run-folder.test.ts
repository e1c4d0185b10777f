import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { initParams, type ModelConfig } from '../../shared/model/params.ts'
import { PRESETS } from '../../trainer/presets.ts'
import { networkOf, type RunInfo, readRun, writeRun } from '../../trainer/run-folder.ts'
import { UserError } from '../../trainer/user-error.ts'

const config: ModelConfig = { items: 5, contentWidth: 3, width: 4, blocks: 1, heads: 2, window: 3, hidden: 4 }
const params = initParams(config, 1)
const epoch = { epoch: 1, loss: 2, ndcg: 0.1, seconds: 1 }
const info: RunInfo = {
  format: 'vitrine-run/1',
  dataset: 'small',
  preset: PRESETS.tiny,
  seed: 1,
  split: 'in words',
  epochs: [epoch],
  best: epoch,
  whole: { passes: 1, loss: 1, seconds: 1 },
  blend: { weights: { network: 1, rules: 0.5, popularity: 0, buyAgain: 0 }, newItems: 1, validationNdcg: 0.1 },
  backend: 'wasm',
}
const newFolder = () => mkdtempSync(join(tmpdir(), 'vitrine-run-'))

describe('a run on disk', () => {
  it('comes back as it was, in a folder that was not there, over one that was', async () => {
    const folder = join(newFolder(), 'deep', 'run')
    const other = initParams(config, 2)
    await writeRun(folder, { ...info, seed: 'older' }, config, { measured: other, shipped: other })
    await writeRun(folder, info, config, { measured: other, shipped: params })
    expect(await readRun(folder, 'shipped')).toEqual({ info, config, params })
    expect(await readRun(folder, 'measured')).toEqual({ info, config, params: other })
    expect(readdirSync(folder).sort()).toEqual(['measured.vta', 'network.vta', 'run.json'])
  })

  it('is no network for another catalogue, nor for one of which more is read now', () => {
    const items = (count: number) =>
      Array.from({ length: count }, (_, n) => ({ item_id: `${n}`, title: 'mug', category: [] }))
    const run = { info, config, params }
    expect(() => networkOf('runs/a', run, items(6))).toThrow('runs/a: trained on 5 products, but the catalogue has 6')
    expect(() => networkOf('runs/a', run, items(5))).toThrow('runs/a: trained on 3 columns of what products are')
    const plain = { ...config, contentWidth: 0 }
    const { 'item.content': _, ...without } = params
    const network = networkOf('runs/a', { info, config: plain, params: without }, items(5))
    expect(network.config).toEqual(plain)
  })

  it('that is not there, or damaged, is an error with a remedy', async () => {
    await expect(readRun(newFolder(), 'shipped')).rejects.toThrow('no run.json in this folder')
    await expect(readRun(join(newFolder(), 'nothing'), 'shipped')).rejects.toThrow('nothing: no such folder')
    const damages: [string, (folder: string) => void][] = [
      ['no network', (folder) => rmSync(join(folder, 'network.vta'))],
      [
        'half a network',
        (folder) =>
          writeFileSync(join(folder, 'network.vta'), readFileSync(join(folder, 'network.vta')).subarray(0, 300)),
      ],
      ['another network', (folder) => writeFileSync(join(folder, 'network.vta'), 'VTA1')],
      ['half of what is known of it', (folder) => writeFileSync(join(folder, 'run.json'), '{"format":')],
    ]
    for (const [what, damage] of damages) {
      const folder = newFolder()
      await writeRun(folder, info, config, { measured: params, shipped: params })
      damage(folder)
      await expect(readRun(folder, 'shipped'), what).rejects.toThrow(UserError)
      await expect(readRun(folder, 'shipped'), what).rejects.toThrow(/is no whole run/)
    }
  })
})
