/**
 * In a process of its own, whose memory is then the audit's: one audit of the log in a folder, and after it what it cannot do without, on
 * one thread and by node:crypto: the hashes of all leaves and nodes, and some of the signatures. Prints one line of JSON.
 */
import { createPublicKey, hash, type KeyObject, verify } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { decodeCheckpoint } from '../../shared/tlog/checkpoint.ts'
import { decodeEntry } from '../../shared/tlog/entry.ts'
import { parseNote, parseVerifierKey } from '../../shared/tlog/note.ts'
import { decodeEntries, TILE_WIDTH, tilePath } from '../../shared/tlog/tile.ts'
import { audit } from '../../trainer/audit/audit.ts'
import { openSource } from '../../trainer/audit/source.ts'

export interface AuditTimes {
  ms: number
  /** Of all threads. */
  cpuMs: number
  startRssBytes: number
  peakRssBytes: number
  hashes: number
  hashMs: number
  /** Signatures, half of them before the audit and half after it, as others use this machine too. */
  verified: number
  verifyMs: number
}

const VERIFIED = 2000

const [folder] = process.argv.slice(2)
const note = readFileSync(join(folder, 'log', 'checkpoint'))
const { size, root } = decodeCheckpoint(parseNote(note).text)

const before = await timeVerifications(VERIFIED / 2)
const startRssBytes = process.memoryUsage.rss()
const cpuBefore = process.cpuUsage()
const began = performance.now()
// As old as on the day that it was made.
const now = statSync(join(folder, 'log', 'checkpoint')).mtimeMs
const { read, findings } = await audit(openSource(folder), { contents: false, now })
const ms = performance.now() - began
const { user, system } = process.cpuUsage(cpuBefore)
const peakRssBytes = process.resourceUsage().maxRSS * 1024
const worse = findings.filter(({ severity }) => severity !== 'note')
if (read !== size || worse.length > 0) {
  throw new Error(
    `bench: ${read} of ${size} entries, ${JSON.stringify(worse[0])}; remove ${folder} to have it made anew`,
  )
}

const after = await timeVerifications(VERIFIED / 2)
const { hashes, hashMs } = timeHashes()
const times: AuditTimes = {
  ms,
  cpuMs: (user + system) / 1000,
  startRssBytes,
  peakRssBytes,
  hashes,
  hashMs,
  verified: before.verified + after.verified,
  verifyMs: before.verifyMs + after.verifyMs,
}
console.log(JSON.stringify(times))

function recordsOf(index: number): Uint8Array[] {
  const width = Math.min(TILE_WIDTH, size - index * TILE_WIDTH)
  return decodeEntries(readFileSync(join(folder, 'log', tilePath({ level: 'entries', index, width }))), width)
}

/** All of them, which must give the log's own root. Reading is not counted. */
function timeHashes(): { hashes: number; hashMs: number } {
  let [hashes, hashMs] = [0, 0]
  const node = Buffer.alloc(65, 1)
  /** Roots of whole subtrees, the largest first, of which no two are of one size. */
  const stack: Buffer[] = []
  const join2 = () => {
    node.set(stack.pop() as Buffer, 33)
    node.set(stack.pop() as Buffer, 1)
    stack.push(hash('sha256', node, 'buffer'))
    hashes++
  }
  for (let index = 0; index * TILE_WIDTH < size; index++) {
    const leaves = recordsOf(index).map((record) => Buffer.concat([Buffer.of(0), record]))
    const start = performance.now()
    for (const [n, leaf] of leaves.entries()) {
      stack.push(hash('sha256', leaf, 'buffer'))
      hashes++
      for (let count = index * TILE_WIDTH + n + 1; count % 2 === 0; count /= 2) join2()
    }
    hashMs += performance.now() - start
  }
  while (stack.length > 1) join2()
  if (Buffer.compare(stack[0], root) !== 0) throw new Error('bench: the floor has hashed another tree')
  return { hashes, hashMs }
}

/** The first records', which are read and decoded before. */
async function timeVerifications(wanted: number): Promise<{ verified: number; verifyMs: number }> {
  const signed: { message: Buffer; signature: Uint8Array }[] = []
  let key: KeyObject | undefined
  for (let index = 0; index * TILE_WIDTH < size && signed.length < wanted; index++) {
    for (const {
      entry,
      note: { text, signatures },
    } of recordsOf(index).map(decodeEntry)) {
      if (entry.type === 'policy') key = await publicKeyOf(entry.publisher)
      if (signed.length < wanted) signed.push({ message: Buffer.from(text), signature: signatures[0].bytes })
    }
  }
  if (!key) throw new Error('bench: the log does not begin with a policy')
  const start = performance.now()
  for (const { message, signature } of signed) {
    if (!verify(null, message, key, signature)) throw new Error('bench: a signature does not hold')
  }
  return { verified: signed.length, verifyMs: performance.now() - start }
}

async function publicKeyOf(verifierKey: string): Promise<KeyObject> {
  const { publicKey } = await parseVerifierKey(verifierKey)
  return createPublicKey({
    key: { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(publicKey).toString('base64url') },
    format: 'jwk',
  })
}
