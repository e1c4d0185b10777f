import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeCheckpoint, encodeCheckpoint } from '../../../shared/tlog/checkpoint.ts'
import {
  decodeEntries,
  decodeTile,
  encodeEntries,
  MAX_RECORD_BYTES,
  parseTilePath,
  tilePath,
  tileRoot,
  tilesOf,
} from '../../../shared/tlog/tile.ts'
import {
  consistencyRanges,
  EMPTY_ROOT,
  type Hash,
  inclusionRanges,
  leafHash,
  nodeHash,
  type Range,
  rootOf,
  verifyConsistency,
  verifyInclusion,
} from '../../../shared/tlog/tree.ts'

const SIZE = process.env.VITRINE_SOAK ? 100 : 40
const LEAVES = Array.from({ length: SIZE }, (_, n) => leafHash(new TextEncoder().encode(`leaf ${n}`)))
const read = (level: number, index: number) => tileRoot(LEAVES.slice(index * 2 ** level, (index + 1) * 2 ** level))
const rootAt = (size: number) => rootOf({ start: 0, end: size }, read)
const hashes = (ranges: readonly Range[]) => ranges.map((range) => rootOf(range, read))

/** As RFC 6962 2.1 defines it. */
function definedRoot(leaves: readonly Hash[]): Hash {
  if (leaves.length < 2) return leaves[0] ?? EMPTY_ROOT
  let split = 1
  while (split * 2 < leaves.length) split *= 2
  return nodeHash(definedRoot(leaves.slice(0, split)), definedRoot(leaves.slice(split)))
}

/** Each with one bit of one hash turned, one hash less, one more. */
function* spoiled(proof: readonly Hash[]): Generator<Hash[]> {
  for (let n = 0; n < proof.length; n++) {
    const turned = proof[n].slice()
    turned[(7 * n) % 32] ^= 1 << (n % 8)
    yield proof.with(n, turned)
    yield proof.toSpliced(n, 1)
  }
  yield [...proof, EMPTY_ROOT]
}

describe('a tree of any size', () => {
  it('has the root of its definition', () => {
    for (let size = 0; size <= SIZE; size++) expect(rootAt(size)).toEqual(definedRoot(LEAVES.slice(0, size)))
  })

  it('proves each of its leaves, in its place alone, and nothing else', () => {
    for (let size = 1; size <= SIZE; size++) {
      const root = rootAt(size)
      for (let index = 0; index < size; index++) {
        const proof = hashes(inclusionRanges(index, size))
        expect(verifyInclusion(index, size, LEAVES[index], proof, root)).toBe(true)
        expect(verifyInclusion(index ^ 1, size, LEAVES[index], proof, root)).toBe(false)
        for (const wrong of spoiled(proof)) expect(verifyInclusion(index, size, LEAVES[index], wrong, root)).toBe(false)
      }
    }
  })

  it('proves each tree that it goes on from, and no other', () => {
    for (let size = 1; size <= SIZE; size++) {
      for (let old = 1; old <= size; old++) {
        const proof = hashes(consistencyRanges(old, size))
        expect(verifyConsistency(old, size, rootAt(old), rootAt(size), proof)).toBe(true)
        expect(verifyConsistency(old, size, LEAVES[0], rootAt(size), proof)).toBe(old === 1)
        for (const wrong of spoiled(proof)) {
          expect(verifyConsistency(old, size, rootAt(old), rootAt(size), wrong)).toBe(false)
        }
      }
    }
  })

  it('and of sizes that no log has, numbers that are none, and old sizes of nothing', () => {
    const huge = 2 ** 40
    const proof = inclusionRanges(huge - 1, huge).map(({ start }) => leafHash(new TextEncoder().encode(`${start}`)))
    expect(proof).toHaveLength(40)
    const root = proof.reduce((right, left) => nodeHash(left, right), LEAVES[0])
    expect(verifyInclusion(huge - 1, huge, LEAVES[0], proof, root)).toBe(true)
    expect(verifyInclusion(huge - 2, huge, LEAVES[0], proof, root)).toBe(false)
    for (const wrong of [-1, 0.5, Number.NaN, 2 ** 53, Number.POSITIVE_INFINITY]) {
      expect(verifyInclusion(wrong, 4, LEAVES[0], [], LEAVES[0])).toBe(false)
      expect(verifyInclusion(0, wrong, LEAVES[0], [], LEAVES[0])).toBe(false)
      expect(verifyConsistency(1, wrong, LEAVES[0], LEAVES[0], [])).toBe(false)
    }
    expect(verifyConsistency(0, 4, EMPTY_ROOT, rootAt(4), [])).toBe(false)
    expect(() => inclusionRanges(4, 4)).toThrow('no leaf 4 in a tree of 4')
    expect(() => consistencyRanges(0, 4)).toThrow('a tree of 0')
  })
})

describe('tiles', () => {
  it('of 70,000 entries are as the specification counts them', () => {
    const tiles = [...tilesOf(70_000)]
    const of = (level: number | 'entries') => tiles.filter((tile) => tile.level === level).map(({ width }) => width)
    expect([of(0).length, of(0).at(-1), of(1), of(2)]).toEqual([274, 112, [256, 17], [1]])
    expect(of('entries')).toEqual(of(0))
    expect([...tilesOf(0)]).toEqual([])
  })

  it('have one path each', () => {
    expect(tilePath({ level: 0, index: 1_234_067, width: 256 })).toBe('tile/0/x001/x234/067')
    const tile = fc.record({
      level: fc.oneof(fc.integer({ min: 0, max: 5 }), fc.constant('entries' as const)),
      index: fc.integer({ min: 0, max: 2 ** 40 }),
      width: fc.integer({ min: 1, max: 256 }),
    })
    fc.assert(
      fc.property(tile, (one) => {
        expect(parseTilePath(tilePath(one))).toEqual(one)
      }),
    )
    const wrong = [
      'tile/0/1',
      'tile/0/0001',
      'tile/0/x000/001',
      'tile/0/001.p/0',
      'tile/0/001.p/256',
      'tile/0/001.p/05',
    ]
    for (const path of [...wrong, 'tile/6/000', 'tile/00/000', 'tile/0/000/', 'tile/-1/000', 'tile/entries/x1/000']) {
      expect(parseTilePath(path), path).toBeUndefined()
    }
  })

  it('hold as many hashes as they are wide, and bundles as many records', () => {
    const tile = { level: 0, index: 0, width: 3 }
    expect(decodeTile(Uint8Array.from(LEAVES.slice(0, 3).flatMap((hash) => [...hash])), tile)).toEqual(
      LEAVES.slice(0, 3),
    )
    expect(() => decodeTile(new Uint8Array(95), tile)).toThrow('95 bytes are not 3 hashes')
    const records = fc.array(fc.uint8Array({ maxLength: 400 }), { minLength: 1, maxLength: 20 })
    fc.assert(
      fc.property(records, (some) => {
        const bytes = encodeEntries(some)
        expect(decodeEntries(bytes, some.length)).toEqual(some)
        expect(() => decodeEntries(bytes, some.length + 1)).toThrow(/records, not/)
        expect(() => decodeEntries(bytes.subarray(0, -1), some.length)).toThrow()
      }),
    )
    expect(() => encodeEntries([new Uint8Array(MAX_RECORD_BYTES + 1)])).toThrow('65536 bytes')
  })
})

describe('a checkpoint', () => {
  const text = encodeCheckpoint({ origin: 'shop.example/log', size: 40, root: rootAt(40) })

  it('comes back as it went', () => {
    expect(decodeCheckpoint(text)).toEqual({ origin: 'shop.example/log', size: 40, root: rootAt(40) })
  })

  it.each([
    ['a leading zero', text.replace('\n40\n', '\n040\n')],
    ['a sign', text.replace('\n40\n', '\n+40\n')],
    ['a size beyond what numbers are exact to', text.replace('\n40\n', '\n9007199254740993\n')],
    ['a trailing line', `${text}extension\n`],
    ['no last newline', text.slice(0, -1)],
    ['no origin', text.replace('shop.example/log', '')],
    ['an origin without end', text.replace('shop', 'shop'.repeat(100))],
    ['a root of another length', text.replace(/.{4}=\n$/, '=\n')],
    ['a carriage return', text.replace('\n40', '\r\n40')],
  ])('with %s is refused', (_what, wrong) => {
    expect(wrong).not.toBe(text)
    expect(() => decodeCheckpoint(wrong)).toThrow(/^checkpoint: /)
  })
})
