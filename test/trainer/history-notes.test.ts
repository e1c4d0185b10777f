import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { BUY } from '../../shared/data/sequence.ts'
import { endsBefore, itemSequences } from '../../trainer/batches.ts'
import { readHistories } from '../../trainer/datasets/histories.ts'
import { historyNotes } from '../../trainer/history-notes.ts'
import { importHistory } from '../../trainer/importers/import.ts'
import { PRESETS } from '../../trainer/presets.ts'
import { split } from '../../trainer/protocol.ts'
import { train } from '../../trainer/train.ts'
import { UserError } from '../../trainer/user-error.ts'
import { historiesOf, type Step } from './small-histories.ts'

const DAY = 86_400_000
const apart = (...items: number[]): Step[] => items.map((item, n) => ({ item, time: n * DAY }))

describe('what a history is told to be like', () => {
  it('is nothing for an ordinary one', () => {
    const h = historiesOf([apart(0, 1, 2), apart(0, 2, -1)], 3, ['i1'])
    expect(historyNotes(h)).toEqual([])
  })

  it('says that no item occurs twice, and without content nothing is learned from it', async () => {
    const h = historiesOf([apart(0, 1, 2), apart(3, 4, 5), apart(6, 7, 8)], 9)
    expect(historyNotes(h)).toEqual([expect.stringMatching(/^no item occurs twice/)])
    const learned = train(h, endsBefore(h, 9 * DAY), [], { preset: PRESETS.tiny, seed: 1 })
    await expect(learned).rejects.toThrow(UserError)
    await expect(learned).rejects.toThrow(/no item occurs twice/)
  })

  it('names a visit that is most of it, from which no split can be made', () => {
    const giant = Array.from({ length: 400 }, (_, n) => ({ item: n % 7, time: n * 1000 }))
    const h = historiesOf([apart(0, 1), giant], 7)
    expect(historyNotes(h)).toEqual([expect.stringMatching(/^one visit, of "shopper-1", is 99 % of the history/)])
    expect(() => split(historiesOf([giant], 7), 'time-split')).toThrow(UserError)
  })

  it('says how much of its order is none', () => {
    const invoice = (time: number, ...items: number[]) => items.map((item) => ({ item, time, action: BUY }))
    const h = historiesOf([[...invoice(DAY, 1, 2, 3), ...invoice(2 * DAY, 1, 4)]], 5)
    expect(historyNotes(h)).toEqual([expect.stringMatching(/^75 % of steps have the time of the step before/)])
  })

  it('says that searches are in another language than the catalogue, unless it is translated', () => {
    const h = historiesOf([apart(-1, 0, -2, 1, 0)], 2, ['红色马克杯', '台灯'])
    expect(historyNotes(h)).toEqual([expect.stringMatching(/^100 % of searches share no word with the catalogue/)])
    const translated = h.items.map((item, n) => ({ ...item, translations: { zh: { title: ['马克杯', '台灯'][n] } } }))
    expect(historyNotes({ ...h, items: translated })).toEqual([])
  })
})

describe('an order that is not known', () => {
  it('does not leak through item ids: rows of one moment, sorted by id, go either way as often', async () => {
    // Each shopper has the same ten items at one moment, listed in ascending order of their ids.
    const folder = mkdtempSync(join(tmpdir(), 'vitrine-order-'))
    try {
      const rows = Array.from({ length: 300 }, (_, shopper) =>
        Array.from({ length: 10 }, (_, n) => `s${shopper},item-${n},${1_700_000_000 + shopper}`),
      )
      const file = join(folder, 'events.csv')
      writeFileSync(file, ['shopper,item,time', ...rows.flat()].join('\n'))
      const out = join(folder, 'dataset')
      await importHistory({ files: [file], out })
      const h = await readHistories(out)
      const number = new Map(h.items.map(({ item_id }, n) => [n, Number(item_id.slice(5))]))
      let [up, down] = [0, 0]
      for (const sequence of itemSequences(h, h.start.slice(1))) {
        for (let at = 1; at < sequence.length; at++) {
          const step = (number.get(sequence[at]) as number) - (number.get(sequence[at - 1]) as number)
          if (step > 0) up++
          else down++
        }
      }
      // 2,700 steps, either way as likely: 5 standard deviations are 130.
      expect(up + down).toBe(2700)
      expect(Math.abs(up - 1350)).toBeLessThan(130)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })
})
