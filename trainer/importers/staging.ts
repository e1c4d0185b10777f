/**
 * Events between the two passes, on disk, parted by a hash of the shopper: each part is small enough to hold in memory,
 * and has whole shoppers, so that the second pass can sort, compare and judge a shopper's entire history exactly.
 * Memory is bounded by one part and one shopper, never by the file.
 */
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { hash32 } from '../../shared/data/random.ts'
import type { HistoryEvent } from '../datasets/dataset.ts'

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
/** Each part is an open file. */
const MAX_PARTS = 256
const BUFFER_CHARS = 16 * 1024

/** @param expectedBytes of all event files, unpacked; a rough guess does. */
export function createStaging(folder: string, expectedBytes: number): Staging {
  const count = Math.min(MAX_PARTS, Math.max(1, Math.ceil(expectedBytes / PART_BYTES)))
  const directory = join(folder, 'staging')
  mkdirSync(directory)
  const paths = Array.from({ length: count }, (_, part) => join(directory, `${part}.jsonl`))
  const files = paths.map((path) => openSync(path, 'w'))
  const buffers: string[] = new Array(count).fill('')
  // A full disk shows as ENOSPC here, or as a short write whose rest then fails.
  const flush = (part: number) => {
    const bytes = Buffer.from(buffers[part])
    for (let written = 0; written < bytes.length; ) written += writeSync(files[part], bytes, written)
    buffers[part] = ''
  }
  return {
    add(staged) {
      const part = hash32(staged.event.shopper) % count
      buffers[part] += `${JSON.stringify(staged)}\n`
      if (buffers[part].length > BUFFER_CHARS) flush(part)
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
