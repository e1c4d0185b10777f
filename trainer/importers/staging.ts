/**
 * Events between the two passes, on disk, parted by a hash of the shopper: each part is small enough to hold in memory,
 * and has whole shoppers, so that the second pass can sort, compare and judge a shopper's entire history exactly.
 * Memory is bounded by one part and one shopper, never by the file.
 */
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { hash32 } from '../../shared/data/random.ts'
import type { HistoryEvent } from '../datasets/dataset.ts'
import type { Source } from './source.ts'

export interface StagedEvent {
  /** Number of the file it came from, and the line there. */
  file: number
  line: number
  session?: string
  event: HistoryEvent
}

export interface Staging {
  add(staged: StagedEvent): void
  /** Each shopper's events once, in no order. */
  shoppers(): Generator<StagedEvent[]>
  remove(): void
}

/** Of input; on disk a part is two to three times that, in memory some ten times. */
const PART_BYTES = 2 ** 20
/** A gzip archive of rows is about this much larger unpacked; only the number of parts depends on it. */
const GZIP_RATIO = 8
/** Each part is an open file. */
const MAX_PARTS = 256
/** Bytes, not strings: strings that wait for their part to fill would outlive the young heap, by the gigabyte. */
const BUFFER_BYTES = 16 * 1024

/** @param sources all event files. */
export function createStaging(folder: string, sources: Source[]): Staging {
  const expectedBytes = sources.reduce((sum, { sizeBytes, gzip }) => sum + sizeBytes * (gzip ? GZIP_RATIO : 1), 0)
  const count = Math.min(MAX_PARTS, Math.max(1, Math.ceil(expectedBytes / PART_BYTES)))
  const directory = join(folder, 'staging')
  mkdirSync(directory)
  const paths = Array.from({ length: count }, (_, part) => join(directory, `${part}.jsonl`))
  const files = paths.map((path) => openSync(path, 'w'))
  const buffers = files.map(() => Buffer.allocUnsafeSlow(BUFFER_BYTES))
  const used = new Uint32Array(count)
  // A full disk shows as ENOSPC here, or as a short write whose rest then fails.
  const write = (part: number, bytes: Uint8Array) => {
    for (let written = 0; written < bytes.length; ) written += writeSync(files[part], bytes, written)
  }
  const flush = (part: number) => {
    write(part, buffers[part].subarray(0, used[part]))
    used[part] = 0
  }
  return {
    add(staged) {
      const part = hash32(staged.event.shopper) % count
      const line = `${JSON.stringify(staged)}\n`
      const bytes = Buffer.byteLength(line)
      if (used[part] + bytes > BUFFER_BYTES) flush(part)
      if (bytes > BUFFER_BYTES) write(part, Buffer.from(line))
      else used[part] += buffers[part].write(line, used[part])
    },
    *shoppers() {
      for (let part = 0; part < count; part++) {
        flush(part)
        closeSync(files.splice(part, 1, -1)[0])
        const byShopper = new Map<string, StagedEvent[]>()
        for (const line of readFileSync(paths[part], 'utf8').split('\n')) {
          if (line === '') continue
          const staged = JSON.parse(line) as StagedEvent
          const own = byShopper.get(staged.event.shopper)
          if (own) own.push(staged)
          else byShopper.set(staged.event.shopper, [staged])
        }
        yield* byShopper.values()
      }
    },
    remove() {
      for (const file of files) if (file >= 0) closeSync(file)
      files.fill(-1)
      rmSync(directory, { recursive: true, force: true })
    },
  }
}
