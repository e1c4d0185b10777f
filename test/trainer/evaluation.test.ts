import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { seeded } from '../../shared/data/random.ts'
import { evaluateModels } from '../../trainer/evaluation.ts'
import { PRESETS } from '../../trainer/presets.ts'
import { historiesOf, viewsOf } from './small-histories.ts'

it('an evaluation that keeps its trainings makes none of them twice, and says the same', async () => {
  const random = seeded('kept trainings')
  const h = historiesOf(
    Array.from({ length: 60 }, () => viewsOf(...[0, 1, 2, 3, 4].map((n) => 2 * random.int(6) + (n % 2)))),
    12,
  )
  const checkpoints = mkdtempSync(join(tmpdir(), 'vitrine-evaluation-'))
  let trained = 0
  const options = {
    protocol: 'leave-one-out',
    models: ['rules', 'network', 'blend'],
    preset: { ...PRESETS.tiny, width: 8, hidden: 8, window: 4, epochs: 3 },
    seeds: ['1', '2'],
    refit: true,
    checkpoints,
    onProgress: () => {
      trained++
    },
  } as const
  const first = await evaluateModels(h, options)
  const [once, files] = [trained, readdirSync(checkpoints)]
  expect(await evaluateModels(h, options)).toEqual(first)
  expect(once).toBeGreaterThan(0)
  expect(trained).toBe(once)
  expect(files.sort()).toEqual(['seed-1-measured.vta', 'seed-1-whole.vta', 'seed-2-measured.vta', 'seed-2-whole.vta'])
  rmSync(checkpoints, { recursive: true })
})
