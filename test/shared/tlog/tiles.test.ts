/** What a growing tree keeps and what is read out of tiles, against the definition of the tree. */
import { beforeAll, describe, expect, it } from 'vitest'
import { consistencyProof, earlierRoot, inclusionProof } from '../../../shared/tlog/node-reader.ts'
import { compareCheckpoints } from '../../../shared/tlog/on-record.ts'
import { partialTiles, RightEdge } from '../../../shared/tlog/right-edge.ts'
import { type Tile, tilePath, tilesOf } from '../../../shared/tlog/tile.ts'
import { leafHash, verifyConsistency, verifyInclusion } from '../../../shared/tlog/tree.ts'
import { MemoryLog } from './memory-log.ts'

const SIZE = 1_100
const SIZES = [1, 2, 3, 7, 8, 255, 256, 257, 300, 511, 512, 513, 767, 768, 1_023, 1_024, 1_025, 1_099, SIZE]

let log: MemoryLog
beforeAll(() => {
  log = new MemoryLog({ name: 'log.test', keys: {} as CryptoKeyPair }) // signs nothing here
  for (let n = 0; n < SIZE; n++) log.append(new TextEncoder().encode(`record ${n}`))
})

const read = async (tile: Tile) => log.tile(tile) as Uint8Array

describe('a right edge', () => {
  it('has the root of the definition at every size, and makes every tile once', () => {
    const edge = new RightEdge()
    const made = new Map<string, Uint8Array>()
    for (let size = 1; size <= SIZE; size++) {
      for (const { tile, bytes } of edge.append(log.records[size - 1])) {
        expect(made.has(tilePath(tile))).toBe(false)
        made.set(tilePath(tile), bytes)
      }
      if (size % 37 === 0 || SIZES.includes(size)) expect(edge.root()).toEqual(log.root(0, size))
    }
    for (const { tile, bytes } of edge.partial()) made.set(tilePath(tile), bytes)
    const wanted = [...tilesOf(SIZE)].filter(({ level }) => level !== 'entries')
    expect([...made.keys()].sort()).toEqual(wanted.map(tilePath).sort())
    for (const tile of wanted) expect(made.get(tilePath(tile))).toEqual(log.tile(tile))
  })

  it.each(SIZES)('of %i entries is had again from its partial tiles, and grows on', async (size) => {
    const tiles = await Promise.all(partialTiles(size).map(async (tile) => ({ tile, bytes: await read(tile) })))
    const edge = RightEdge.of(size, tiles)
    expect(edge.root()).toEqual(log.root(0, size))
    for (const record of log.records.slice(size)) edge.append(record)
    expect(edge.root()).toEqual(log.root())
  })
})

describe('proofs out of tiles', () => {
  it.each(SIZES)('hold in a log of %i entries', async (size) => {
    const root = log.root(0, size)
    for (const index of [0, 1, size >> 1, size - 2, size - 1].filter((n) => n >= 0 && n < size)) {
      const path = await inclusionProof(index, size, read)
      expect(verifyInclusion(index, size, leafHash(log.records[index]), path, root)).toBe(true)
    }
    for (const old of SIZES.filter((one) => one <= size)) {
      const proof = await consistencyProof(old, size, read)
      expect(verifyConsistency(old, size, log.root(0, old), root, proof)).toBe(true)
    }
  })
})

describe('the root that a log had earlier', () => {
  it.each(SIZES)('is found in the tiles of %i entries', async (size) => {
    const newer = { size, root: log.root(0, size) }
    for (const old of [0, ...SIZES.filter((one) => one <= size)]) {
      expect(await earlierRoot(old, newer, read)).toEqual(log.root(0, old))
    }
  })

  it('is not found where any byte of a tile that is read is another', async () => {
    const newer = { size: 600, root: log.root(0, 600) }
    const used = new Set<Tile>()
    await earlierRoot(300, newer, async (tile) => {
      used.add(tile)
      return read(tile)
    })
    expect([...used].map(tilePath).sort()).toEqual(['tile/0/001', 'tile/0/002.p/88', 'tile/1/000.p/2'])
    for (const tile of used) {
      const bytes = log.tile(tile) as Uint8Array
      for (let at = 0; at < bytes.length; at += 31) {
        const changed = async (wanted: Tile) =>
          wanted.level === tile.level && wanted.index === tile.index
            ? bytes.map((byte, n) => (n === at ? byte ^ 4 : byte))
            : read(wanted)
        expect(await earlierRoot(300, newer, changed), `${tilePath(tile)} byte ${at}`).toBeUndefined()
      }
    }
  })
})

describe('two checkpoints', () => {
  const at = (size: number, of = log) => ({ origin: 'log.test', size, root: of.root(0, size) })

  it('of one log are the same, newer or older', async () => {
    expect(await compareCheckpoints(at(300), at(300), read)).toBe('same')
    expect(await compareCheckpoints(at(300), at(900), read)).toBe('newer')
    expect(await compareCheckpoints(at(900), at(300), read)).toBe('older')
  })

  it('of which neither grew out of the other are a fork, and tiles of neither are no proof of one', async () => {
    const other = new MemoryLog(log.signer)
    for (const record of log.records.slice(0, 290)) other.append(record)
    for (let n = 0; n < 700; n++) other.append(new TextEncoder().encode(`another ${n}`))
    const readOther = async (tile: Tile) => other.tile(tile) as Uint8Array
    for (const size of [291, 300, 513, 900]) {
      await expect(compareCheckpoints(at(size), at(900, other), readOther)).rejects.toMatchObject({ why: 'fork' })
      await expect(compareCheckpoints(at(900, other), at(size), readOther)).rejects.toMatchObject({ why: 'fork' })
    }
    expect(await compareCheckpoints(at(290), at(900, other), readOther)).toBe('newer')
    await expect(compareCheckpoints(at(300), at(900, other), read)).rejects.toMatchObject({ why: 'malformed' })
  })
})
