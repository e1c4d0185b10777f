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

/**
 * One pass over the training part. Windows begin at another place in each pass; those of a batch are of like length, so
 * that little is padded.
 * @param length L, tokens of a window; 2 or more
 * @param tokens B·L, about
 */
export function* trainingBatches(
  h: Histories,
  ends: TrainingEnds,
  next: Int32Array,
  length: number,
  tokens: number,
  random: Random,
): Generator<TrainingBatch> {
  const windows: { shopper: number; from: number; to: number }[] = []
  for (let shopper = 0; shopper < h.shoppers.length; shopper++) {
    const [start, end] = [h.start[shopper], ends[shopper]]
    if (end - start < 2) continue
    // From 2 on: a token alone is no window, and the item after it would never be a target.
    const first = end - start > length ? 2 + random.int(length - 1) : length
    for (let from = start, to = Math.min(end, start + first); from < end; ) {
      if (to - from >= 2) windows.push({ shopper, from, to })
      from = to
      to = Math.min(end, to + length)
    }
  }
  random.shuffle(windows)
  const pool = 64 * Math.max(1, Math.floor(tokens / length))
  const groups: (typeof windows)[] = []
  for (let i = 0; i < windows.length; i += pool) {
    const part = windows.slice(i, i + pool).sort((a, b) => b.to - b.from - (a.to - a.from))
    for (let j = 0; j < part.length; ) {
      const L = part[j].to - part[j].from
      const count = Math.max(1, Math.floor(tokens / L))
      groups.push(part.slice(j, j + count))
      j += count
    }
  }
  random.shuffle(groups)
  for (const group of groups) {
    const batch = batchOf(h, next, group)
    if (batch.at.length > 0) yield batch
  }
}

function batchOf(
  h: Histories,
  next: Int32Array,
  windows: { shopper: number; from: number; to: number }[],
): TrainingBatch {
  const length = Math.max(...windows.map(({ from, to }) => to - from))
  const size = windows.length * length
  const [rows, actions, gaps] = [new Int32Array(size), new Int32Array(size), new Int32Array(size)]
  const at: number[] = []
  const targets: number[] = []
  windows.forEach(({ shopper, from, to }, sequence) => {
    for (let token = from; token < to; token++) {
      const place = sequence * length + token - from
      const item = h.item[token]
      rows[place] = item >= 0 ? item : h.items.length - 1 - item
      actions[place] = h.action[token]
      gaps[place] = gapBucket(h.time[token], token > h.start[shopper] ? h.time[token - 1] : undefined)
      if (next[token] >= 0) {
        at.push(place)
        targets.push(next[token])
      }
    }
  })
  return {
    rows,
    actions,
    gaps,
    sequences: windows.length,
    length,
    at: Int32Array.from(at),
    targets: Int32Array.from(targets),
  }
}
