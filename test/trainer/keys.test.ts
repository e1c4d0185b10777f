import { mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { COSIGNATURE, ED25519, openNote, parseVerifierKey, signNote } from '../../shared/tlog/note.ts'
import { openKey, openLogKey, openPublisherKey } from '../../trainer/keys.ts'
import { UserError } from '../../trainer/user-error.ts'

let folder: string
let file: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vitrine-keys-'))
  file = join(folder, 'keys', 'publisher.json')
})

describe('a publisher’s key', () => {
  it('is made once, readable by its owner only, and opened again as the same', async () => {
    const umask = process.umask(0)
    const made = await openPublisherKey(file, 'shop.example').finally(() => process.umask(umask))
    expect(statSync(file).mode & 0o777).toBe(0o600)
    const opened = await openPublisherKey(file)
    expect(opened.verifierKey).toBe(made.verifierKey)
    expect(opened.name).toBe('shop.example')
    expect((await parseVerifierKey(made.verifierKey)).name).toBe('shop.example')
    const note = await signNote('text\n', opened)
    expect(await openNote(note, made.verifierKey)).toBe('text\n')
  })

  it('of another name than the one asked for signs nothing', async () => {
    const { name } = await openPublisherKey(file)
    expect(name).toBe('vitrine.local')
    expect((await openPublisherKey(file, name)).name).toBe(name)
    const refused = openPublisherKey(file, 'shop.example')
    await expect(refused).rejects.toThrow(`--name shop.example: the key in ${file} is vitrine.local’s`)
    await expect(refused).rejects.toMatchObject({ remedy: expect.stringMatching(/--key FILE.*--name/) })
  })

  it('of a name that cannot be one leaves no file behind', async () => {
    for (const name of ['', 'my shop', 'a+b']) {
      await expect(openPublisherKey(file, name)).rejects.toThrow(UserError)
    }
    expect(readdirSync(folder)).toEqual([])
  })

  it('whose file is damaged is refused, and nothing of the file is in the message', async () => {
    await openPublisherKey(file, 'shop.example')
    const whole = readFileSync(file, 'utf8')
    const { d } = JSON.parse(whole).privateKey
    const damaged = [
      '',
      whole.slice(0, -10),
      whole.slice(1),
      `${d}`,
      whole.replace(d, d.slice(4)),
      whole.replace('"shop.example"', '7'),
      whole.replace('shop.example', 'shop example'),
      '{"name":"shop.example"}',
      'null',
    ]
    for (const content of damaged) {
      writeFileSync(file, content)
      const error = await openPublisherKey(file, 'shop.example').then(
        () => undefined,
        (thrown: unknown) => thrown,
      )
      if (!(error instanceof UserError)) throw new Error(`with ${content.slice(0, 20)}…: ${error}`)
      expect(error.message).toBe(`${file}: is no publisher key`)
      expect(`${error.message} ${error.remedy} ${error.stack} ${error.cause ?? ''}`).not.toContain(d.slice(4, 12))
      expect(readFileSync(file, 'utf8')).toBe(content)
    }
  })

  it('made by two commands at once is one key, or one of them fails', async () => {
    const results = await Promise.allSettled([1, 2, 3].map(() => openPublisherKey(file, 'shop.example')))
    const keys = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value.verifierKey] : []))
    expect(keys.length).toBeGreaterThan(0)
    expect(new Set([...keys, (await openPublisherKey(file, 'shop.example')).verifierKey]).size).toBe(1)
  })
})

describe('a key of a log or of a witness', () => {
  it('is called after the shop, and after its own place; a witness’s says what it is for', async () => {
    const log = await openLogKey(file, 'shop.example/log')
    expect(await parseVerifierKey(log.verifierKey)).toMatchObject({ name: 'shop.example/log', type: ED25519 })
    // Whatever the shop is called by now, the log keeps its name.
    expect((await openLogKey(file, 'renamed.example/log')).verifierKey).toBe(log.verifierKey)
    const place = { name: 'watch.example/w1', kind: 'witness', type: COSIGNATURE } as const
    const witness = await openKey(join(folder, 'witness.json'), place)
    expect(await parseVerifierKey(witness.verifierKey)).toMatchObject({ name: place.name, type: COSIGNATURE })
  })

  it('is named for what it is where its file is damaged', async () => {
    await openLogKey(file)
    writeFileSync(file, '{}')
    await expect(openLogKey(file)).rejects.toThrow(`${file}: is no log key`)
    await expect(openKey(file, { kind: 'witness' })).rejects.toThrow(`${file}: is no witness key`)
  })
})
