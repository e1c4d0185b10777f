/**
 * A step's matrix products, every item's score and the best of them, four or eight numbers at once. `shared/model/kernel.ts`
 * lays the memory out and calls this; `infer.ts` and `metrics.ts` have the plain loops that it must agree with.
 *
 * Nothing here looks at where an array ends. Products, scores and rows are read and written in whole groups, up to 3 rows
 * and 15 bytes beyond: whoever lays out the memory leaves that much room.
 */

/** Sums of each of four vectors of four. */
function sums(a: v128, b: v128, c: v128, d: v128): v128 {
  const ab = i32x4.add(i32x4.shuffle(a, b, 0, 1, 4, 5), i32x4.shuffle(a, b, 2, 3, 6, 7))
  const cd = i32x4.add(i32x4.shuffle(c, d, 0, 1, 4, 5), i32x4.shuffle(c, d, 2, 3, 6, 7))
  return i32x4.add(i32x4.shuffle(ab, cd, 0, 2, 4, 6), i32x4.shuffle(ab, cd, 1, 3, 5, 7))
}

/**
 * scores[i] = rows[i] · state × scales[i] + biases[i], four items at once.
 *
 * A processor multiplies eight 16-bit numbers and adds their products up in pairs in one instruction, three times as
 * many as it does with floats. So the state comes in two 16-bit parts, (high + low / 2¹⁵) · unit, and each row meets
 * both: 31 bits of precision, more than float32 has, and half the instructions. Sums fit 32 bits up to a width of 512.
 *
 * @param rows (items, width) int8
 * @param state int16, in groups of eight: high parts, then low parts; 0 beyond the width
 * @param unit what 1 of a high part is worth
 */
export function score(
  rows: usize,
  scales: usize,
  biases: usize,
  state: usize,
  scores: usize,
  items: i32,
  width: usize,
  unit: f32,
): void {
  const high = f32x4.splat(unit)
  const low = f32x4.splat(unit / 32768)
  for (let item = 0; item < items; item += 4) {
    let a = i32x4.splat(0)
    let b = i32x4.splat(0)
    let c = i32x4.splat(0)
    let d = i32x4.splat(0)
    let e = i32x4.splat(0)
    let f = i32x4.splat(0)
    let g = i32x4.splat(0)
    let h = i32x4.splat(0)
    for (let j: usize = 0; j < width; j += 8) {
      const highs = v128.load(state + (j << 2))
      const lows = v128.load(state + (j << 2), 16)
      const row = rows + j
      const first = v128.load_ext<i8>(row)
      const second = v128.load_ext<i8>(row + width)
      const third = v128.load_ext<i8>(row + 2 * width)
      const fourth = v128.load_ext<i8>(row + 3 * width)
      a = i32x4.add(a, i32x4.dot_i16x8_s(first, highs))
      b = i32x4.add(b, i32x4.dot_i16x8_s(second, highs))
      c = i32x4.add(c, i32x4.dot_i16x8_s(third, highs))
      d = i32x4.add(d, i32x4.dot_i16x8_s(fourth, highs))
      e = i32x4.add(e, i32x4.dot_i16x8_s(first, lows))
      f = i32x4.add(f, i32x4.dot_i16x8_s(second, lows))
      g = i32x4.add(g, i32x4.dot_i16x8_s(third, lows))
      h = i32x4.add(h, i32x4.dot_i16x8_s(fourth, lows))
    }
    const dots = f32x4.add(
      f32x4.mul(f32x4.convert_i32x4_s(sums(a, b, c, d)), high),
      f32x4.mul(f32x4.convert_i32x4_s(sums(e, f, g, h)), low),
    )
    v128.store(scores, f32x4.add(f32x4.mul(dots, v128.load(scales)), v128.load(biases)))
    rows += 4 * width
    scales += 16
    biases += 16
    scores += 16
  }
}

/**
 * The k best of `scores`, best first, the earlier of two equal ones first; −∞ and NaN are never among them.
 * @param best (k) int32 ids
 * @returns how many there are
 */
export function top(scores: usize, items: i32, k: i32, best: usize): i32 {
  let found = 0
  // What a score must exceed. A later score that only equals the k-th stays out.
  let worst = -Infinity as f32
  for (let group = 0; group < items; group += 4) {
    let above = i32x4.bitmask(f32x4.gt(v128.load(scores + ((<usize>group) << 2)), f32x4.splat(worst)))
    while (above !== 0) {
      const item = group + ctz(above)
      above &= above - 1
      if (item >= items) break
      const score = load<f32>(scores + ((<usize>item) << 2))
      // Another of this group may have raised it.
      if (!(score > worst)) continue
      if (found < k) found++
      let at = found - 1
      for (; at > 0; at--) {
        const before = load<i32>(best + ((<usize>(at - 1)) << 2))
        if (!(score > load<f32>(scores + ((<usize>before) << 2)))) break
        store<i32>(best + ((<usize>at) << 2), before)
      }
      store<i32>(best + ((<usize>at) << 2), item)
      if (found === k) worst = load<f32>(scores + ((<usize>load<i32>(best + ((<usize>(k - 1)) << 2))) << 2))
    }
  }
  return found
}

/** y = x · matrix: (rows) · (rows, columns) → (columns), float32. */
export function multiply(x: usize, matrix: usize, y: usize, rows: usize, columns: usize): void {
  const stride = columns << 2
  const end = x + (rows << 2)
  let column: usize = 0
  // Sixteen columns at once: a factor is read once for four products that do not wait for each other.
  for (; column + 16 <= columns; column += 16) {
    let a = f32x4.splat(0)
    let b = f32x4.splat(0)
    let c = f32x4.splat(0)
    let d = f32x4.splat(0)
    let at = matrix + (column << 2)
    for (let factor = x; factor < end; factor += 4) {
      const value = v128.load_splat<f32>(factor)
      a = f32x4.add(a, f32x4.mul(value, v128.load(at)))
      b = f32x4.add(b, f32x4.mul(value, v128.load(at, 16)))
      c = f32x4.add(c, f32x4.mul(value, v128.load(at, 32)))
      d = f32x4.add(d, f32x4.mul(value, v128.load(at, 48)))
      at += stride
    }
    const to = y + (column << 2)
    v128.store(to, a)
    v128.store(to, b, 16)
    v128.store(to, c, 32)
    v128.store(to, d, 48)
  }
  for (; column < columns; column += 4) {
    let a = f32x4.splat(0)
    let at = matrix + (column << 2)
    for (let factor = x; factor < end; factor += 4) {
      a = f32x4.add(a, f32x4.mul(v128.load_splat<f32>(factor), v128.load(at)))
      at += stride
    }
    v128.store(y + (column << 2), a)
  }
}
