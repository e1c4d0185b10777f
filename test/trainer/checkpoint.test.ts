import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, describe, expect, it } from 'vitest'
import { seeded } from '../../shared/data/random.ts'
import { adam } from '../../shared/model/adam.ts'
import {
  type Checkpoint,
  differences,
  readCheckpoint,
  type TrainingIdentity,
  writeCheckpoint,
} from '../../trainer/checkpoint.ts'
import { UserError } from '../../trainer/user-error.ts'

const root = mkdtempSync(join(tmpdir(), 'vitrine-checkpoint-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))
const newFile = () => join(mkdtempSync(join(root, 'case-')), 'deep', 'checkpoint.vta')

const about: TrainingIdentity = {
  model: { items: 5, width: 4, blocks: 1 },
  preset: { dropout: 0.1, negatives: 512 },
  seed: '7',
  dataset: 'small',
}
const draw = (seed: string, n = 37) => {
  const random = seeded(seed)
  return Float32Array.from({ length: n }, () => random.normal())
}
const checkpoint: Checkpoint = {
  about,
  position: { step: 120, pass: 3, batches: 14 },
  record: { epochs: [{ epoch: 1, loss: 6.25, ndcg: 0.031 }], seconds: 12.5 },
  params: draw('params'),
  moments: { means: draw('means'), squares: draw('squares').map(Math.abs) },
}

async function refusal(file: string, asked = about): Promise<UserError> {
  const error = await readCheckpoint(file, asked).catch((found: unknown) => found)
  if (error instanceof UserError) return error
  throw new Error(`read as ${JSON.stringify(error)}`)
}

describe('a checkpoint', () => {
  it('comes back as it was, with and without a best pass, over an older one, and nothing lies beside it', async () => {
    const file = newFile()
    expect(await readCheckpoint(file, about)).toBeUndefined()
    await writeCheckpoint(file, checkpoint)
    expect(await readCheckpoint(file, about)).toEqual(checkpoint)
    const later = { ...checkpoint, position: { step: 121, pass: 3, batches: 15 }, best: draw('best') }
    await writeCheckpoint(file, later)
    expect(await readCheckpoint(file, about)).toEqual(later)
    expect(readdirSync(join(file, '..'))).toEqual(['checkpoint.vta'])
  })

  it('carries training on as if it had not been interrupted, bit for bit', async () => {
    const gradient = (step: number) => draw(`gradient ${step}`)
    const start = () => ({ params: draw('start'), means: new Float32Array(37), squares: new Float32Array(37) })
    const whole = start()
    for (let step = 1; step <= 12; step++) adam(whole.params, gradient(step), whole, step, 0.01)

    const file = newFile()
    const { params, ...moments } = start()
    for (let step = 1; step <= 5; step++) adam(params, gradient(step), moments, step, 0.01)
    await writeCheckpoint(file, { ...checkpoint, position: { step: 5, pass: 1, batches: 5 }, params, moments })
    const read = await readCheckpoint(file, about)
    if (!read) throw new Error('the checkpoint is gone')
    for (let step = read.position.step + 1; step <= 12; step++) {
      adam(read.params, gradient(step), read.moments, step, 0.01)
    }
    expect(read.params).toEqual(whole.params)
    expect(read.moments.squares).toEqual(whole.squares)
  })

  it('with a number that is none is not written, and the one before it stays', async () => {
    const file = newFile()
    await writeCheckpoint(file, checkpoint)
    for (const broken of [Number.NaN, Number.POSITIVE_INFINITY]) {
      const params = Float32Array.from(checkpoint.params)
      params[36] = broken
      await expect(writeCheckpoint(file, { ...checkpoint, params })).rejects.toThrow(
        'params at step 120 are not finite',
      )
    }
    expect(await readCheckpoint(file, about)).toEqual(checkpoint)
  })

  it('of another training is refused with what differs, in both directions', async () => {
    const file = newFile()
    await writeCheckpoint(file, checkpoint)
    const other = { ...about, model: { items: 5, width: 8, blocks: 1, heads: 2 }, dataset: 'large' }
    const { message, remedy } = await refusal(file, other)
    expect(message).toBe(
      `${file}: is a checkpoint of another training: dataset is "large" here, "small" in the checkpoint; ` +
        'model.heads is 2 here, absent in the checkpoint; model.width is 8 here, 4 in the checkpoint',
    )
    expect(remedy).toContain('--anew')
    expect(remedy).toContain('--out')
  })

  it('that is damaged anywhere is refused', async () => {
    const file = newFile()
    await writeCheckpoint(file, checkpoint)
    const whole = readFileSync(file)
    const random = seeded('damage')
    for (let round = 0; round < 60; round++) {
      const damaged = Buffer.from(whole)
      // After the header: what lies there is numbers, which only the hash can vouch for.
      const at = whole.length - 1 - random.int(3 * 37 * 4)
      damaged[at] ^= 1 << random.int(8)
      writeFileSync(file, damaged)
      expect((await refusal(file)).message).toContain('is no whole checkpoint')
    }
    for (const length of [0, 7, 50, whole.length - 1]) {
      writeFileSync(file, whole.subarray(0, length))
      expect((await refusal(file)).message).toContain('is no whole checkpoint')
    }
  })
})

describe('differences', () => {
  it.each([
    [{ a: 1 }, { a: 1 }, []],
    [{ a: [1, 2] }, { a: [1, 3] }, ['a is [1,2] here, [1,3] in the checkpoint']],
    [{ a: { b: 'x' } }, { a: 1 }, ['a is {"b":"x"} here, 1 in the checkpoint']],
    [{ b: 1, a: 2 }, { a: 2, b: 1 }, []],
  ])('of %j and %j', (here, there, found) => {
    expect(differences(here, there)).toEqual(found)
  })
})

it('a writer killed at any moment leaves the checkpoint it last spoke of, or the next one, whole', async () => {
  const file = newFile()
  const random = seeded('kills')
  let said = 0
  for (let kill = 0; kill < (process.env.VITRINE_SOAK ? 40 : 4); kill++) {
    const script = join(import.meta.dirname, 'checkpoint-until-killed.ts')
    const child = spawn(process.execPath, ['--import', 'tsx', script, file], { stdio: ['ignore', 'pipe', 'inherit'] })
    const lines = createInterface(child.stdout)
    lines.on('line', (line) => (said = Number(line)))
    await once(lines, 'line')
    await new Promise((resolve) => setTimeout(resolve, random.int(60)))
    child.kill('SIGKILL')
    await once(child, 'exit')
    const read = await readCheckpoint(file, {})
    expect([said, said + 1]).toContain(read?.position.step)
    expect(read?.params.every((value) => value === read.position.step)).toBe(true)
  }
})
