/** Cuts histories into training batches: windows of tokens with, at each place, the item that came next. */
import type { Random } from '../shared/data/random.ts'
import { gapBucket, isPositive } from '../shared/data/sequence.ts'
import type { TrainingBatch } from '../shared/model/fit.ts'
import type { Histories } from './datasets/histories.ts'

/** Which part of each shopper's history is for training: tokens start[s] … end[s] − 1. */
export type TrainingEnds = Uint32Array

/** Everything before a moment. */
export function endsBefore(h: Histories, time: number): TrainingEnds {
  return Uint32Array.from({ length: h.shoppers.length }, (_, s) => {
    let end = h.start[s + 1]
    while (end > h.start[s] && h.time[end - 1] >= time) end--
    return end
  })
}

/** Everything before the `count`-th last item that each shopper wanted. */
export function endsWithoutLast(h: Histories, count: number): TrainingEnds {
  return Uint32Array.from({ length: h.shoppers.length }, (_, s) => lastWanted(h, s, count) ?? h.start[s])
}

/** Place of the `back`-th last token by which a shopper wanted an item: not a search, a removal or a refund. */
export function lastWanted(h: Histories, shopper: number, back: number): number | undefined {
  let left = back
  for (let at = h.start[shopper + 1] - 1; at >= h.start[shopper]; at--) {
    if (h.item[at] >= 0 && isPositive(h.action[at]) && --left === 0) return at
  }
  return undefined
}

/** Items a shopper went through, oldest first: what rules count. Removals, refunds and searches are left out. */
export function* itemSequences(h: Histories, ends: TrainingEnds): Generator<Int32Array> {
  for (let s = 0; s < h.shoppers.length; s++) {
    const kept: number[] = []
    for (let at = h.start[s]; at < ends[s]; at++) {
      if (h.item[at] >= 0 && isPositive(h.action[at]) && (h.selfTransitions || kept.at(-1) !== h.item[at]))
        kept.push(h.item[at])
    }
    if (kept.length > 0) yield Int32Array.from(kept)
  }
}

/**
 * For each token the next item that was wanted, as far as it is another than the token's own: viewing, carting and buying
 * one thing is one wish. −1 where none follows.
 */
export function nextItems(h: Histories, ends: TrainingEnds): Int32Array {
  const next = new Int32Array(h.item.length).fill(-1)
  for (let s = 0; s < h.shoppers.length; s++) {
    // The next wanted item, and the next wanted one that differs from it.
    let [first, other] = [-1, -1]
    for (let at = ends[s] - 1; at >= h.start[s]; at--) {
      const item = h.item[at]
      next[at] = first === item && !h.selfTransitions ? other : first
      if (item >= 0 && isPositive(h.action[at]) && item !== first) {
        other = first
        first = item
      }
    }
  }
  return next
}

/** Part of a shopper's history that is seen as a whole: tokens from … to − 1. */
interface Span {
  shopper: number
  from: number
  to: number
}

/**
 * One pass over the training part, in rows of L tokens. Long histories are cut, at other places in each pass; short ones
 * lie beside each other in a row, so that almost nothing is padded: a token of padding costs as much as one that teaches.
 * @param length L, tokens of a row; 2 or more
 * @param window W, how far a token sees
 * @param rows B
 */
export function* trainingBatches(
  h: Histories,
  ends: TrainingEnds,
  next: Int32Array,
  { length, window, rows }: { length: number; window: number; rows: number },
  random: Random,
): Generator<TrainingBatch> {
  const packed = random.shuffle(packSpans(random.shuffle(spansOf(h, ends, length, random)), length))
  for (let at = 0; at < packed.length; at += rows) {
    const batch = batchOf(h, next, packed.slice(at, at + rows), length, window)
    if (batch.at.length > 0) yield batch
  }
}

function spansOf(h: Histories, ends: TrainingEnds, length: number, random: Random): Span[] {
  const spans: Span[] = []
  for (let shopper = 0; shopper < h.shoppers.length; shopper++) {
    const [start, end] = [h.start[shopper], ends[shopper]]
    // From 2 on: a token alone is no span, and the item after it would never be a target.
    const first = end - start > length ? 2 + random.int(length - 1) : length
    for (let from = start, to = Math.min(end, start + first); from < end; ) {
      if (to - from >= 2) spans.push({ shopper, from, to })
      from = to
      to = Math.min(end, to + length)
    }
  }
  return spans
}

/** Each span goes into the fullest row that has room for it; all rows of a pass are open until its end. */
function packSpans(spans: readonly Span[], length: number): Span[][] {
  const rowsByRoom: Span[][][] = Array.from({ length: length + 1 }, () => [])
  const sizeOf = ({ from, to }: Span) => to - from
  for (const span of [...spans].sort((a, b) => sizeOf(b) - sizeOf(a))) {
    let room = sizeOf(span)
    while (room < length && rowsByRoom[room].length === 0) room++
    const row = (room < length ? rowsByRoom[room].pop() : undefined) ?? []
    row.push(span)
    rowsByRoom[room - sizeOf(span)].push(row)
  }
  return rowsByRoom.flat()
}

function batchOf(h: Histories, next: Int32Array, rows: Span[][], length: number, window: number): TrainingBatch {
  const size = rows.length * length
  const column = () => new Int32Array(size)
  const batch = {
    rows: column(),
    actions: column(),
    gaps: column(),
    first: Int32Array.from({ length: size }, (_, i) => i),
  }
  const at: number[] = []
  const targets: number[] = []
  rows.forEach((spans, row) => {
    let place = row * length
    for (const { shopper, from, to } of spans) {
      const start = place
      for (let token = from; token < to; token++, place++) {
        const item = h.item[token]
        batch.rows[place] = item >= 0 ? item : h.items.length - 1 - item
        batch.actions[place] = h.action[token]
        batch.gaps[place] = gapBucket(h.time[token], token > h.start[shopper] ? h.time[token - 1] : undefined)
        batch.first[place] = Math.max(start, place - window + 1)
        if (next[token] >= 0) {
          at.push(place)
          targets.push(next[token])
        }
      }
    }
  })
  return { ...batch, sequences: rows.length, length, at: Int32Array.from(at), targets: Int32Array.from(targets) }
}
