import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hash32, mix32, seeded } from '../../../shared/data/random.ts'

describe('hashes', () => {
  it('give the published FNV-1a values', () => {
    // http://www.isthe.com/chongo/tech/comp/fnv/ (test vectors, 32 bits)
    expect(hash32('')).toBe(0x811c9dc5)
    expect(hash32('a')).toBe(0xe40c292c)
    expect(hash32('foobar')).toBe(0xbf9cf968)
  })

  it('are mixed one to one, and any bit turned turns half of the bits', () => {
    let turned = 0
    const random = seeded('avalanche')
    for (let n = 0; n < 2000; n++) {
      const h = random.int(2 ** 32)
      let difference = mix32(h) ^ mix32(h ^ (1 << random.int(32)))
      expect(difference).not.toBe(0)
      for (; difference !== 0; difference &= difference - 1) turned++
    }
    expect(turned / 2000).toBeGreaterThan(15.5)
    expect(turned / 2000).toBeLessThan(16.5)
  })

  it('mixed, put texts that differ in the last character in an order that does not follow it', () => {
    // Mean distance of neighbours in a random order of n is (n + 1) / 3; unmixed FNV-1a gives 3 for 20.
    let distance = 0
    for (let event = 0; event < 500; event++) {
      const order = Array.from({ length: 20 }, (_, id) => ({
        id,
        h: mix32(hash32(`${536_000 + event}\n${22_100 + id}`)),
      }))
      const place = new Map(order.sort((a, b) => a.h - b.h).map(({ id }, at) => [id, at]))
      for (let id = 0; id < 19; id++) distance += Math.abs((place.get(id) ?? 0) - (place.get(id + 1) ?? 0))
    }
    expect(distance / (500 * 19)).toBeGreaterThan(6.7)
    expect(distance / (500 * 19)).toBeLessThan(7.3)
  })
})

describe('seeded randomness', () => {
  it('repeats itself with the seed, and differs with another', () => {
    const first = (seed: string | number) => Array.from({ length: 5 }, seeded(seed).next)
    expect(first('a')).toEqual(first('a'))
    expect(first(7)).toEqual(first('7'))
    expect(first('a')).not.toEqual(first('b'))
  })

  it('is uniform in [0, 1), also for seeds that differ in one digit', () => {
    // 20 bins, 50 draws of each of 1,000 seeds: χ² with 19 degrees of freedom is above 43.8 once in a thousand.
    for (const [from, to] of [
      [0, 1],
      [49, 50],
    ]) {
      const bins = new Float64Array(20)
      for (let seed = 0; seed < 1000; seed++) {
        const random = seeded(`shopper ${seed}`)
        for (let n = 0; n < from; n++) random.next()
        for (let n = from; n < to; n++) bins[Math.floor(random.next() * 20)]++
      }
      const expected = (1000 * (to - from)) / 20
      expect(bins.reduce((sum, n) => sum + (n - expected) ** 2 / expected, 0)).toBeLessThan(43.8)
    }
  })

  it('has normal numbers with the moments of a normal distribution', () => {
    const random = seeded('normal')
    const n = 20_000
    let [sum, square, fourth] = [0, 0, 0]
    for (let i = 0; i < n; i++) {
      const x = random.normal()
      sum += x
      square += x * x
      fourth += x ** 4
    }
    expect(Math.abs(sum / n)).toBeLessThan(0.03)
    expect(square / n).toBeCloseTo(1, 1)
    expect(fourth / n).toBeGreaterThan(2.8)
    expect(fourth / n).toBeLessThan(3.2)
  })

  it('draws in proportion to weights, and never what weighs nothing', () => {
    const random = seeded('weighted')
    const drawn = [0, 0, 0, 0]
    for (let i = 0; i < 10_000; i++) drawn[random.weighted([0.3, 0, 0.6, 0.1])]++
    expect(drawn[1]).toBe(0)
    expect(drawn[0] / 10_000).toBeCloseTo(0.3, 1)
    expect(drawn[2] / 10_000).toBeCloseTo(0.6, 1)
  })

  it('shuffles to a permutation, each place as likely', () => {
    fc.assert(
      fc.property(fc.array(fc.integer()), fc.string(), (values, seed) => {
        const sorted = (list: number[]) => [...list].sort((a, b) => a - b)
        expect(sorted(seeded(seed).shuffle([...values]))).toEqual(sorted(values))
      }),
    )
    const random = seeded('places')
    const first = [0, 0, 0, 0]
    for (let i = 0; i < 4000; i++) first[random.shuffle([0, 1, 2, 3])[0]]++
    for (const count of first) expect(Math.abs(count - 1000)).toBeLessThan(110) // 4 standard deviations
  })
})
