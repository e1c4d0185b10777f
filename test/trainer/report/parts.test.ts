import { describe, expect, it } from 'vitest'
import { seeded } from '../../../shared/data/random.ts'
import type { Comparison, Evaluation } from '../../../trainer/evaluation.ts'
import { PRESETS } from '../../../trainer/presets.ts'
import { decodeInt8, encodeInt8 } from '../../../trainer/report/explorer.ts'
import { html, jsonBlock, ownText } from '../../../trainer/report/html.ts'
import { nearest, normsOf } from '../../../trainer/report/page/neighbours.ts'
import { project } from '../../../trainer/report/projection.ts'
import { niceTicks } from '../../../trainer/report/scale.ts'
import { settingsOf } from '../../../trainer/report/settings.ts'
import { verdicts } from '../../../trainer/report/summary.ts'
import type { RunInfo } from '../../../trainer/run-folder.ts'

describe('markup', () => {
  it('takes values as text, in elements and in attributes, and nothing for what is absent', () => {
    const title = `<b a="1" c='2'>&amp;`
    const escaped = '&lt;b a=&quot;1&quot; c=&#39;2&#39;&gt;&amp;amp;'
    expect(html`<p title="${title}">${title}</p>`.markup).toBe(`<p title="${escaped}">${escaped}</p>`)
    expect(html`${undefined}${false}${0}${[html`<i>${1}</i>`, '<']}`.markup).toBe('0<i>1</i>&lt;')
  })

  it('puts JSON and scripts where they cannot end their element', () => {
    const value = { title: '</script><!-- <script>' }
    const { markup } = jsonBlock(value)
    expect(markup).not.toContain('<')
    expect(JSON.parse(markup)).toEqual(value)
    expect(() => ownText('a</SCRIPT >b')).toThrow(/end its element/)
  })
})

describe('what is said in short', () => {
  const compared = (b: Comparison['b'], repeats: boolean, low: number, high: number): Comparison => {
    const interval = { mean: (low + high) / 2, low, high }
    return { a: 'blend', b, metric: 'ndcg@10', repeats, interval }
  }

  it('is each comparison over all questions, and without repeats what the blend loses', () => {
    const comparisons = [
      compared('network', true, 0.01, 0.02),
      compared('rules', true, -0.01, 0.02),
      compared('network', false, 0.01, 0.02),
      compared('popularity', false, -0.02, -0.01),
      { ...compared('rules', true, 0.1, 0.2), seed: '1' },
    ]
    const said = verdicts({ evaluation: { comparisons } as Evaluation }).map(({ markup }) => markup)
    expect(said.map((text) => text.replace(/<[^>]+>/g, '').split('.')[0])).toEqual([
      '▲ blend is better than network',
      '= no difference shown between blend and rules',
      'Without what the shopper bought before: ▼ blend is worse than popularity',
    ])
  })
})

describe('the projection', () => {
  /** Unit vectors in the plane of two orthogonal directions of six, with a little of the others. */
  const random = seeded('plane')
  const WIDTH = 6
  const angles = Array.from({ length: 300 }, () => 2 * Math.PI * random.next())
  const first = [0.6, 0, 0.8, 0, 0, 0]
  const second = [0, 0.6, 0, 0, -0.8, 0]
  const vectors = Float32Array.from(
    angles.flatMap((angle) => {
      const length = 0.2 + 5 * random.next()
      return first.map(
        (a, j) => length * (1.5 * Math.cos(angle) * a + Math.sin(angle) * second[j] + 0.01 * random.normal()),
      )
    }),
  )
  const { x, y, kept } = project(vectors, WIDTH)

  it('finds the plane that holds the directions, widest first, whatever the lengths', () => {
    expect(kept).toBeGreaterThan(0.998)
    const spread = (values: Float32Array) => values.reduce((sum, value) => sum + value * value, 0)
    expect(spread(x)).toBeGreaterThan(1.2 * spread(y))
    angles.forEach((angle, n) => {
      const size = Math.hypot(1.5 * Math.cos(angle), Math.sin(angle))
      // Up to the mean of all, and to which way an axis points.
      const expected = [(1.5 * Math.cos(angle)) / size, Math.sin(angle) / size]
      const other = angles[(n + 1) % angles.length]
      const otherSize = Math.hypot(1.5 * Math.cos(other), Math.sin(other))
      const distance = Math.hypot(
        expected[0] - (1.5 * Math.cos(other)) / otherSize,
        expected[1] - Math.sin(other) / otherSize,
      )
      const found = Math.hypot(x[n] - x[(n + 1) % angles.length], y[n] - y[(n + 1) % angles.length])
      expect(Math.abs(found - distance)).toBeLessThan(0.08)
    })
  })

  it('of vectors that are all alike, or of none, is a point', () => {
    expect(project(new Float32Array(12).fill(2), 3)).toMatchObject({ kept: 0, x: new Float32Array(4) })
    expect(project(new Float32Array(), 3).x).toHaveLength(0)
  })
})

describe('neighbours', () => {
  it('are those of a plain search over all cosines, nearest first, never the item itself', () => {
    const random = seeded('neighbours')
    const [items, width] = [211, 7]
    const vectors = Int8Array.from({ length: items * width }, () => random.int(255) - 127)
    const unpacked = decodeInt8(encodeInt8(vectors))
    expect(unpacked).toEqual(vectors)
    const cosine = (a: number, b: number) => {
      let [dot, aa, bb] = [0, 0, 0]
      for (let j = 0; j < width; j++) {
        const [p, q] = [vectors[a * width + j], vectors[b * width + j]]
        dot += p * q
        aa += p * p
        bb += q * q
      }
      return dot / Math.sqrt(aa * bb)
    }
    for (const item of [0, 100, items - 1]) {
      const all = Array.from({ length: items }, (_, other) => other)
        .filter((other) => other !== item)
        .sort((a, b) => cosine(item, b) - cosine(item, a))
      const found = nearest(unpacked, normsOf(unpacked, width), width, item, 10)
      expect(found.map((one) => one.item)).toEqual(all.slice(0, 10))
      for (const one of found) expect(one.cosine).toBeCloseTo(cosine(item, one.item), 5)
    }
  })

  it('of a vector of zeros are none of them near', () => {
    const vectors = Int8Array.of(0, 0, 3, 4, 5, 0)
    expect(nearest(vectors, normsOf(vectors, 2), 2, 0, 5).map(({ cosine }) => cosine)).toEqual([0, 0])
  })
})

it('ticks are round, evenly apart, and cover the values', () => {
  for (const [low, high] of [
    [0, 1],
    [0.0831, 0.0907],
    [-3, 1200],
    [5, 5],
    [0, 0],
    [1e-5, 3e-5],
  ]) {
    const ticks = niceTicks(low, high)
    expect(ticks[0]).toBeLessThanOrEqual(low)
    expect(ticks[ticks.length - 1]).toBeGreaterThanOrEqual(high)
    expect(ticks.length).toBeGreaterThan(1)
    expect(ticks.length).toBeLessThan(8)
  }
  expect(niceTicks(0, 1)).toEqual([0, 0.25, 0.5, 0.75, 1])
})

it('settings that differ between runs are marked, and no others', () => {
  const config = { items: 5, contentWidth: 3, width: 4, blocks: 1, heads: 2, window: 3, hidden: 4 }
  const epoch = { epoch: 1, loss: 2, ndcg: 0.1, seconds: 1 }
  const info: RunInfo = {
    format: 'vitrine-run/1',
    dataset: 'small',
    preset: PRESETS.tiny,
    seed: 1,
    split: 'in words',
    epochs: [epoch],
    best: epoch,
    whole: { passes: 1, loss: 2, seconds: 1 },
    blend: { weights: { network: 1, rules: 0.5, popularity: 0, buyAgain: 0 }, newItems: 1, validationNdcg: 0.1 },
    backend: 'wasm',
  }
  const other = { ...info, seed: 2, preset: { ...PRESETS.tiny, dropout: 0.3 }, data: '/elsewhere' }
  const found = settingsOf([
    { info, config },
    { info: other, config },
  ])
  expect(found.filter(({ differs }) => differs)).toEqual([
    { name: 'seed', values: ['1', '2'], differs: true },
    { name: 'preset: dropout', values: ['0.1', '0.3'], differs: true },
  ])
  expect(found.map(({ name }) => name)).toEqual(expect.arrayContaining(['dataset', 'backend', 'blend weight: rules']))
})
