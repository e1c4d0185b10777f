/** Published vectors of logs, notes and signatures. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { decodeCheckpoint } from '../../shared/tlog/checkpoint.ts'
import { verifyEd25519 } from '../../shared/tlog/ed25519.ts'
import { openNote, parseVerifierKey } from '../../shared/tlog/note.ts'
import { decodeEntries, decodeTile, parseTilePath, tilePath, tileRoot } from '../../shared/tlog/tile.ts'
import {
  leafHash,
  rootOf,
  sameHash,
  verifyConsistency,
  verifyInclusion,
  verifySubtreeConsistency,
  verifySubtreeInclusion,
} from '../../shared/tlog/tree.ts'
import { bytes, filesIn, hex, isThrown, json, type Suite, utf8, type Verdict } from './vectors-file.ts'

export const LOG_SUITES: Record<string, Suite> = {
  /** RFC 6962, and subtrees of draft-ietf-plants-merkle-tree-certs. */
  async *'transparency-dev-merkle'(folder) {
    const verify: Record<string, (v: Record<string, never>) => boolean> = {
      inclusion: (v) => verifyInclusion(v.leafIdx, v.treeSize, bytes(v.leafHash), proofOf(v), bytes(v.root)),
      consistency: (v) => verifyConsistency(v.size1, v.size2, bytes(v.root1), bytes(v.root2), proofOf(v)),
      subtreeinclusion: (v) =>
        verifySubtreeInclusion(v.leafIdx, v.start, v.end, bytes(v.leafHash), proofOf(v), bytes(v.root)),
      subtreeconsistency: (v) =>
        verifySubtreeConsistency(v.start, v.end, v.size, bytes(v.root1), bytes(v.root2), proofOf(v)),
    }
    const proofOf = ({ proof }: { proof?: string[] | null }) => (proof ?? []).map(bytes)
    for (const [kind, accepts] of Object.entries(verify)) {
      const vectors = filesIn(join(folder, 'testdata', kind)).map(json)
      yield { file: kind, verdicts: vectors.map((v) => ({ valid: !v.wantErr, accepted: accepts(v) })) }
    }
  },

  /** A real log: signed checkpoints of every size, tiles and records. */
  async *'tessera-log'(folder) {
    const log = join(folder, 'testdata', 'log')
    const key = 'example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx'
    const checkpoints = readdirSync(log).filter((name) => name.startsWith('checkpoint.'))
    const verdicts: Verdict[] = []
    for (const name of checkpoints) {
      const note = new Uint8Array(readFileSync(join(log, name)))
      const { size, root } = decodeCheckpoint(await openNote(note, key))
      const leaves = size === 0 ? [] : recordsOf(log, size).map(leafHash)
      const tile = { level: 0, index: 0, width: size }
      const kept = size === 0 ? [] : decodeTile(new Uint8Array(readFileSync(join(log, tilePath(tile)))), tile)
      const read = (level: number, index: number) =>
        tileRoot(leaves.slice(index * 2 ** level, (index + 1) * 2 ** level))
      const holds =
        name === `checkpoint.${size}` &&
        leaves.every((leaf, n) => sameHash(leaf, kept[n])) &&
        sameHash(rootOf({ start: 0, end: size }, read), root)
      verdicts.push({ valid: true, accepted: holds })
      for (const at of [0, note.length >> 1, note.length - 10]) {
        const turned = note.slice()
        turned[at] ^= 1
        verdicts.push({ valid: false, accepted: !(await isThrown(() => openNote(turned, key))) })
      }
    }
    yield { file: 'testdata/log', verdicts }
  },

  /** Golden notes, keys and tile paths of golang.org/x/mod. */
  async *'signed-note-tlog'(folder) {
    const v = json(join(folder, 'vectors.json'))
    const signed = utf8(v.sign.signed)
    const both = utf8(v.sign.signed + v.sign.enoch_sig_line)
    const opens = async (note: Uint8Array, key: string) => !(await isThrown(() => openNote(note, key)))
    const { PeterNeumann, EnochRoot } = v.keys
    const notes: Verdict[] = [
      { valid: true, accepted: (await openNote(signed, PeterNeumann.vkey)) === v.sign.text },
      { valid: true, accepted: (await openNote(both, PeterNeumann.vkey)) === v.sign.text },
      { valid: true, accepted: (await openNote(both, EnochRoot.vkey)) === v.sign.text },
      { valid: false, accepted: await opens(signed, EnochRoot.vkey) },
      { valid: false, accepted: await opens(signed.slice(0, -1), PeterNeumann.vkey) },
      { valid: false, accepted: await opens(Uint8Array.of(...signed, 0x0a), PeterNeumann.vkey) },
    ]
    const parses = async (key: string) => !(await isThrown(() => parseVerifierKey(key)))
    for (const key of v.bad_vkeys) notes.push({ valid: false, accepted: await parses(key) })
    for (let length = 0; length < PeterNeumann.vkey.length; length++) {
      notes.push({ valid: false, accepted: await parses(PeterNeumann.vkey.slice(0, length)) })
    }
    // Go's paths name the height of a tile first, and there data is a level: ours are all eight high.
    for (const [path, parts] of v.tile_paths as [string, number[] | null][]) {
      const ours = path.replace(/^tile\/\d+\/data\//, 'tile/entries/').replace(/^tile\/\d+\//, 'tile/')
      const tile = parseTilePath(ours)
      const [height, , index, width] = parts ?? []
      const isWhole = parts !== null && width === 2 ** height
      const found = tile && tile.index === index && (isWhole ? tile.width === 256 : tile.width === width)
      notes.push({ valid: parts !== null, accepted: found ?? false })
    }
    const hash = leafHash(utf8('hello world'))
    notes.push({ valid: true, accepted: sameHash(hash, bytes(v.record_hash_hello_world_b64)) })
    yield { file: 'vectors.json', verdicts: notes }
  },

  /** Ed25519's edge cases: one rule, which refuses what implementations differ in. */
  async *'cctv-ed25519'(folder) {
    const refused = /^(low_order_A|low_order_R|non_canonical_A|non_canonical_R|low_order_residue)$/
    const cases = json(join(folder, 'ed25519vectors.json')) as {
      key: string
      sig: string
      msg: string
      flags?: string[]
    }[]
    const verdicts = await Promise.all(
      cases.map(async ({ key, sig, msg, flags }) => ({
        valid: !(flags ?? []).some((flag) => refused.test(flag)),
        accepted: await verifyEd25519(hex(key), hex(sig), utf8(msg)),
      })),
    )
    yield { file: 'ed25519vectors.json', verdicts }
  },

  async *wycheproof(folder) {
    const { testGroups } = json(join(folder, 'ed25519_test.json')) as {
      testGroups: { publicKey: { pk: string }; tests: { msg: string; sig: string; result: string }[] }[]
    }
    const verdicts = await Promise.all(
      testGroups.flatMap(({ publicKey, tests }) =>
        tests.map(async ({ msg, sig, result }) => ({
          valid: result === 'valid',
          accepted: await verifyEd25519(hex(publicKey.pk), hex(sig), hex(msg)),
        })),
      ),
    )
    yield { file: 'ed25519_test.json', verdicts }
  },
}

function recordsOf(log: string, width: number): Uint8Array[] {
  const path = tilePath({ level: 'entries', index: 0, width })
  return decodeEntries(new Uint8Array(readFileSync(join(log, path))), width)
}
