/**
 * No byte below a checkpoint can change unseen: in a log of 300 entries, one bit in every byte of every file that the checkpoint commits to
 * is turned, one after the other, and the walk finds each. (`npm test` turns some, a soak all of them.)
 */
import { beforeAll, expect, it } from 'vitest'
import { RightEdge } from '../../../shared/tlog/right-edge.ts'
import { type Tile, tilePath, tilesOf } from '../../../shared/tlog/tile.ts'
import { sameHash } from '../../../shared/tlog/tree.ts'
import type { Finding } from '../../../trainer/audit/findings.ts'
import { walkTree } from '../../../trainer/audit/tree-walk.ts'
import { ShopLog } from './shop-log.ts'

const ENTRIES = 300
const STEP = process.env.VITRINE_SOAK ? 1 : 61

let shop: ShopLog
let files: { tile: Tile; path: string; bytes: Uint8Array }[]
beforeAll(async () => {
  shop = await ShopLog.open()
  for (let version = 1; shop.log.records.length < ENTRIES; version++) await shop.bundle(version, 'same')
  files = [...tilesOf(ENTRIES)].map((tile) => ({
    tile,
    path: tilePath(tile),
    bytes: shop.log.tile(tile) as Uint8Array,
  }))
})

/** As an audit does it, the signatures left out: is there anything that it would not pass over? */
async function isNoticed(served: ReadonlyMap<string, Uint8Array>): Promise<boolean> {
  const findings: Finding[] = []
  const tree = new RightEdge()
  const tile = async (wanted: Tile) => served.get(tilePath(wanted))
  const complete = await walkTree({ tile }, ENTRIES, tree, findings, async () => {})
  return !complete || findings.length > 0 || !sameHash(tree.root(), shop.log.root())
}

it('is five files: three of hashes and two of entries', async () => {
  expect(files.map(({ path }) => path)).toEqual([
    'tile/0/000',
    'tile/0/001.p/44',
    'tile/1/000.p/1',
    'tile/entries/000',
    'tile/entries/001.p/44',
  ])
  expect(await isNoticed(new Map(files.map(({ path, bytes }) => [path, bytes])))).toBe(false)
})

it('has no byte of which a bit can be turned unseen', async () => {
  let turned = 0
  const unseen: string[] = []
  for (const { path, bytes } of files) {
    const served = new Map(files.map((file) => [file.path, file.bytes]))
    const changed = bytes.slice()
    served.set(path, changed)
    for (let at = 0; at < bytes.length; at += bytes.length > 5_000 ? STEP : Math.ceil(STEP / 4)) {
      changed[at] ^= 1 << (at % 8)
      if (!(await isNoticed(served))) unseen.push(`${path} byte ${at}`)
      changed[at] = bytes[at]
      turned++
    }
  }
  console.log(`${turned} bytes turned of ${files.reduce((sum, { bytes }) => sum + bytes.length, 0)}`)
  expect(unseen).toEqual([])
  expect(turned).toBeGreaterThan(1_000)
}, 1_800_000)
