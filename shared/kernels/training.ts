/**
 * Kernels of the training step, in AssemblyScript: 32-bit floats, four at a time, in the memory of TF.js's WASM back end.
 * `fused-kernels.ts` registers them; `ops.ts` has the same arithmetic in TF.js's own operations, and tests compare both.
 *
 * Pointers are byte offsets; sizes and strides are counted in floats. Nothing is allocated and nothing is checked here:
 * whoever calls owns the memory and has looked at the shapes.
 */

function madd(a: v128, b: v128, c: v128): v128 {
  // One rounding instead of two where the machine has a fused multiply-add, and twice the speed.
  return ASC_FEATURE_RELAXED_SIMD ? f32x4.relaxed_madd(a, b, c) : f32x4.add(c, f32x4.mul(a, b))
}

function sumLanes(x: v128): f32 {
  const pairs = f32x4.add(x, v128.shuffle<f32>(x, x, 2, 3, 0, 1))
  return f32x4.extract_lane(pairs, 0) + f32x4.extract_lane(pairs, 1)
}

function at(base: usize, index: i32): usize {
  return base + ((<usize>index) << 2)
}

// ---- products of matrices

/** Columns of C that one pass keeps in registers, and rows: 6 · 2 accumulators, 2 of B, 1 of A: the 16 that WASM has. */
const COLUMNS: i32 = 8
const ROWS: i32 = 6
/** Of B, packed at once: 256 · 512 floats, half a megabyte: they stay in the second cache. */
const DEPTH: i32 = 256
const WIDTH: i32 = 512
/** Rows of A used on all panels before the next: 64 kB at most. */
const HEIGHT: i32 = 60

/**
 * C = A·B, or C += A·B. Goto & van de Geijn (2008) without packing A: strides say how it lies, so a transposed operand
 * costs nothing.
 * @param scratch (DEPTH · WIDTH + 48) floats
 */
export function matMul(
  a: usize,
  aRow: i32,
  aColumn: i32,
  b: usize,
  bRow: i32,
  bColumn: i32,
  c: usize,
  m: i32,
  n: i32,
  k: i32,
  accumulate: bool,
  scratch: usize,
): void {
  const edge = at(scratch, DEPTH * WIDTH)
  for (let from: i32 = 0; from < k; from += DEPTH) {
    const depth = min(DEPTH, k - from)
    const add = accumulate || from > 0
    for (let left: i32 = 0; left < n; left += WIDTH) {
      const width = min(WIDTH, n - left)
      pack(at(b, from * bRow + left * bColumn), bRow, bColumn, depth, width, scratch)
      for (let top: i32 = 0; top < m; top += HEIGHT) {
        const bottom = min(top + HEIGHT, m)
        for (let column: i32 = 0; column < width; column += COLUMNS) {
          const panel = at(scratch, column * depth)
          const whole = column + COLUMNS <= width
          let row = top
          for (; row + ROWS <= bottom; row += ROWS) {
            const from_a = at(a, row * aRow + from * aColumn)
            const to = at(c, row * n + left + column)
            if (whole) block6(from_a, aRow, aColumn, panel, depth, to, n, add)
            else {
              block6(from_a, aRow, aColumn, panel, depth, edge, COLUMNS, false)
              for (let r: i32 = 0; r < ROWS; r++) copyEdge(at(edge, r * COLUMNS), at(to, r * n), width - column, add)
            }
          }
          for (; row < bottom; row++) {
            const from_a = at(a, row * aRow + from * aColumn)
            const to = at(c, row * n + left + column)
            if (whole) block1(from_a, aColumn, panel, depth, to, add)
            else {
              block1(from_a, aColumn, panel, depth, edge, false)
              copyEdge(edge, to, width - column, add)
            }
          }
        }
      }
    }
  }
}

/** B as panels of 8 columns, each row by row; columns that are not there are 0. */
function pack(b: usize, bRow: i32, bColumn: i32, depth: i32, width: i32, to: usize): void {
  for (let column: i32 = 0; column < width; column += COLUMNS) {
    const own = min(COLUMNS, width - column)
    for (let d: i32 = 0; d < depth; d++) {
      const from = at(b, d * bRow + column * bColumn)
      if (own === COLUMNS && bColumn === 1) {
        v128.store(to, v128.load(from))
        v128.store(to, v128.load(from, 16), 16)
      } else {
        for (let x: i32 = 0; x < COLUMNS; x++) store<f32>(at(to, x), x < own ? load<f32>(at(from, x * bColumn)) : 0)
      }
      to += 4 * COLUMNS
    }
  }
}

function copyEdge(from: usize, to: usize, count: i32, add: bool): void {
  for (let x: i32 = 0; x < count; x++) {
    store<f32>(at(to, x), add ? load<f32>(at(to, x)) + load<f32>(at(from, x)) : load<f32>(at(from, x)))
  }
}

function block6(a: usize, aRow: i32, aColumn: i32, panel: usize, depth: i32, c: usize, cRow: i32, add: bool): void {
  const row: usize = (<usize>aRow) << 2
  const step: usize = (<usize>aColumn) << 2
  let a1 = a + row,
    a2 = a1 + row,
    a3 = a2 + row,
    a4 = a3 + row,
    a5 = a4 + row
  let c00 = f32x4.splat(0),
    c01 = c00,
    c10 = c00,
    c11 = c00,
    c20 = c00,
    c21 = c00
  let c30 = c00,
    c31 = c00,
    c40 = c00,
    c41 = c00,
    c50 = c00,
    c51 = c00
  for (let d: i32 = 0; d < depth; d++) {
    const b0 = v128.load(panel)
    const b1 = v128.load(panel, 16)
    panel += 32
    let x = v128.load32_splat(a)
    c00 = madd(x, b0, c00)
    c01 = madd(x, b1, c01)
    x = v128.load32_splat(a1)
    c10 = madd(x, b0, c10)
    c11 = madd(x, b1, c11)
    x = v128.load32_splat(a2)
    c20 = madd(x, b0, c20)
    c21 = madd(x, b1, c21)
    x = v128.load32_splat(a3)
    c30 = madd(x, b0, c30)
    c31 = madd(x, b1, c31)
    x = v128.load32_splat(a4)
    c40 = madd(x, b0, c40)
    c41 = madd(x, b1, c41)
    x = v128.load32_splat(a5)
    c50 = madd(x, b0, c50)
    c51 = madd(x, b1, c51)
    a += step
    a1 += step
    a2 += step
    a3 += step
    a4 += step
    a5 += step
  }
  const next: usize = (<usize>cRow) << 2
  put(c, c00, c01, add)
  c += next
  put(c, c10, c11, add)
  c += next
  put(c, c20, c21, add)
  c += next
  put(c, c30, c31, add)
  c += next
  put(c, c40, c41, add)
  c += next
  put(c, c50, c51, add)
}

function block1(a: usize, aColumn: i32, panel: usize, depth: i32, c: usize, add: bool): void {
  const step: usize = (<usize>aColumn) << 2
  let c0 = f32x4.splat(0),
    c1 = c0
  for (let d: i32 = 0; d < depth; d++) {
    const x = v128.load32_splat(a)
    c0 = madd(x, v128.load(panel), c0)
    c1 = madd(x, v128.load(panel, 16), c1)
    panel += 32
    a += step
  }
  put(c, c0, c1, add)
}

function put(c: usize, x: v128, y: v128, add: bool): void {
  if (add) {
    v128.store(c, f32x4.add(v128.load(c), x))
    v128.store(c, f32x4.add(v128.load(c, 16), y), 16)
  } else {
    v128.store(c, x)
    v128.store(c, y, 16)
  }
}

// ---- e^x, four at a time

/** Cephes expf: 2^n · e^r with |r| ≤ ln 2 / 2 and a polynomial of degree 5; relative error below 2e-7. */
function exp4(x: v128): v128 {
  x = f32x4.max(f32x4.min(x, f32x4.splat(88)), f32x4.splat(-87))
  const n = f32x4.nearest(f32x4.mul(x, f32x4.splat(<f32>Math.LOG2E)))
  let r = madd(n, f32x4.splat(-0.693359375), x)
  r = madd(n, f32x4.splat(2.1219444e-4), r)
  let p = madd(f32x4.splat(1.98756915e-4), r, f32x4.splat(1.3981999507e-3))
  p = madd(p, r, f32x4.splat(8.3334519073e-3))
  p = madd(p, r, f32x4.splat(4.1665795894e-2))
  p = madd(p, r, f32x4.splat(1.6666665459e-1))
  p = madd(p, r, f32x4.splat(5.0000001201e-1))
  p = madd(f32x4.mul(p, r), r, f32x4.add(r, f32x4.splat(1)))
  const power = i32x4.shl(i32x4.add(i32x4.trunc_sat_f32x4_s(n), i32x4.splat(127)), 23)
  return f32x4.mul(p, power)
}

/** Of one number. */
function exp1(x: f32): f32 {
  return f32x4.extract_lane(exp4(f32x4.splat(x)), 0)
}

// ---- norm: y = x / √(mean(x²) + ε) · gain, each row of d floats; d is a multiple of 4

export function norm(x: usize, gain: usize, y: usize, rows: i32, d: i32, epsilon: f32): void {
  for (let r: i32 = 0; r < rows; r++) {
    const size = f32x4.splat(inverseSize(x, d, epsilon))
    for (let i: i32 = 0; i < d; i += 4) {
      v128.store(at(y, i), f32x4.mul(f32x4.mul(v128.load(at(x, i)), size), v128.load(at(gain, i))))
    }
    x = at(x, d)
    y = at(y, d)
  }
}

function inverseSize(x: usize, d: i32, epsilon: f32): f32 {
  let squares = f32x4.splat(0)
  for (let i: i32 = 0; i < d; i += 4) {
    const v = v128.load(at(x, i))
    squares = madd(v, v, squares)
  }
  return <f32>1 / sqrt<f32>(sumLanes(squares) / <f32>d + epsilon)
}

/** dgain comes filled with 0. */
export function normGradient(
  dy: usize,
  x: usize,
  gain: usize,
  dx: usize,
  dgain: usize,
  rows: i32,
  d: i32,
  epsilon: f32,
): void {
  for (let r: i32 = 0; r < rows; r++) {
    const size = inverseSize(x, d, epsilon)
    const s = f32x4.splat(size)
    let dot = f32x4.splat(0)
    for (let i: i32 = 0; i < d; i += 4) {
      const g = f32x4.mul(v128.load(at(dy, i)), v128.load(at(gain, i)))
      dot = madd(g, v128.load(at(x, i)), dot)
    }
    const back = f32x4.splat((-sumLanes(dot) * size * size * size) / <f32>d)
    for (let i: i32 = 0; i < d; i += 4) {
      const up = v128.load(at(dy, i))
      const v = v128.load(at(x, i))
      v128.store(at(dx, i), madd(v, back, f32x4.mul(f32x4.mul(up, v128.load(at(gain, i))), s)))
      v128.store(at(dgain, i), madd(f32x4.mul(up, v), s, v128.load(at(dgain, i))))
    }
    x = at(x, d)
    dy = at(dy, d)
    dx = at(dx, d)
  }
}

// ---- swiglu: y = gate · σ(gate) · value; a row of `up` is gate and value beside each other; f is a multiple of 4

export function swiglu(up: usize, y: usize, rows: i32, f: i32): void {
  const one = f32x4.splat(1)
  for (let r: i32 = 0; r < rows; r++) {
    for (let i: i32 = 0; i < f; i += 4) {
      const gate = v128.load(at(up, i))
      const sigmoid = f32x4.div(one, f32x4.add(one, exp4(f32x4.neg(gate))))
      v128.store(at(y, i), f32x4.mul(f32x4.mul(gate, sigmoid), v128.load(at(up, f + i))))
    }
    up = at(up, 2 * f)
    y = at(y, f)
  }
}

export function swigluGradient(dy: usize, up: usize, dup: usize, rows: i32, f: i32): void {
  const one = f32x4.splat(1)
  for (let r: i32 = 0; r < rows; r++) {
    for (let i: i32 = 0; i < f; i += 4) {
      const gate = v128.load(at(up, i))
      const value = v128.load(at(up, f + i))
      const g = v128.load(at(dy, i))
      const sigmoid = f32x4.div(one, f32x4.add(one, exp4(f32x4.neg(gate))))
      // d(x·σ)/dx = σ · (1 + x · (1 − σ))
      const slope = f32x4.mul(sigmoid, madd(gate, f32x4.sub(one, sigmoid), one))
      v128.store(at(dup, i), f32x4.mul(f32x4.mul(g, value), slope))
      v128.store(at(dup, f + i), f32x4.mul(g, f32x4.mul(gate, sigmoid)))
    }
    dy = at(dy, f)
    up = at(up, 2 * f)
    dup = at(dup, 2 * f)
  }
}

// ---- attention within bands; D is a multiple of 4

/**
 * Token i of T looks at tokens first[i] … i. A row of `qkv` is q, k and v of all heads beside each other, 3·H·D floats.
 * @param bias (W, H) added for each distance
 * @param out (T, H·D)
 * @param shares (H, T, W) what each token gave to first[i] … i, kept for the gradient
 */
export function attention(
  qkv: usize,
  bias: usize,
  first: usize,
  out: usize,
  shares: usize,
  T: i32,
  H: i32,
  D: i32,
  W: i32,
  scale: f32,
): void {
  const d = H * D
  for (let h: i32 = 0; h < H; h++) {
    for (let i: i32 = 0; i < T; i++) {
      const from = load<i32>(at(first, i))
      const count = i - from + 1
      const p = at(shares, (h * T + i) * W)
      const q = at(qkv, i * 3 * d + h * D)
      const k = at(qkv, from * 3 * d + d + h * D)
      let peak: f32 = -Infinity
      for (let j: i32 = 0; j < count; j++) {
        const logit = dot(q, at(k, j * 3 * d), D) * scale + load<f32>(at(bias, (count - 1 - j) * H + h))
        store<f32>(at(p, j), logit)
        peak = max(peak, logit)
      }
      let total: f32 = 0
      let j: i32 = 0
      const shift = f32x4.splat(peak)
      let totals = f32x4.splat(0)
      for (; j + 4 <= count; j += 4) {
        const power = exp4(f32x4.sub(v128.load(at(p, j)), shift))
        v128.store(at(p, j), power)
        totals = f32x4.add(totals, power)
      }
      total = sumLanes(totals)
      for (; j < count; j++) {
        const power = exp1(load<f32>(at(p, j)) - peak)
        store<f32>(at(p, j), power)
        total += power
      }
      const inverse = <f32>1 / total
      for (let x: i32 = 0; x < count; x++) store<f32>(at(p, x), load<f32>(at(p, x)) * inverse)
      weightedSum(p, at(k, d), 3 * d, count, at(out, i * d + h * D), D)
    }
  }
}

function dot(a: usize, b: usize, D: i32): f32 {
  let s0 = f32x4.splat(0),
    s1 = s0
  let i: i32 = 0
  for (; i + 8 <= D; i += 8) {
    s0 = madd(v128.load(at(a, i)), v128.load(at(b, i)), s0)
    s1 = madd(v128.load(at(a, i), 16), v128.load(at(b, i), 16), s1)
  }
  if (i < D) s0 = madd(v128.load(at(a, i)), v128.load(at(b, i)), s0)
  return sumLanes(f32x4.add(s0, s1))
}

/** out = Σ_j p_j · row_j */
function weightedSum(p: usize, rows: usize, stride: i32, count: i32, out: usize, D: i32): void {
  let i: i32 = 0
  for (; i + 16 <= D; i += 16) {
    let s0 = f32x4.splat(0),
      s1 = s0,
      s2 = s0,
      s3 = s0
    for (let j: i32 = 0; j < count; j++) {
      const x = v128.load32_splat(at(p, j))
      const row = at(rows, j * stride + i)
      s0 = madd(x, v128.load(row), s0)
      s1 = madd(x, v128.load(row, 16), s1)
      s2 = madd(x, v128.load(row, 32), s2)
      s3 = madd(x, v128.load(row, 48), s3)
    }
    v128.store(at(out, i), s0)
    v128.store(at(out, i), s1, 16)
    v128.store(at(out, i), s2, 32)
    v128.store(at(out, i), s3, 48)
  }
  for (; i < D; i += 4) {
    let s = f32x4.splat(0)
    for (let j: i32 = 0; j < count; j++) {
      s = madd(v128.load32_splat(at(p, j)), v128.load(at(rows, j * stride + i)), s)
    }
    v128.store(at(out, i), s)
  }
}

/** row += x · v */
function addScaled(row: usize, x: f32, v: usize, D: i32): void {
  const s = f32x4.splat(x)
  let i: i32 = 0
  for (; i + 4 <= D; i += 4) v128.store(at(row, i), madd(s, v128.load(at(v, i)), v128.load(at(row, i))))
  for (; i < D; i++) store<f32>(at(row, i), load<f32>(at(row, i)) + x * load<f32>(at(v, i)))
}

/**
 * @param dqkv (T, 3·H·D) and @param dbias (W, H) come filled with 0
 * @param slopes (W) scratch
 */
export function attentionGradient(
  dout: usize,
  qkv: usize,
  shares: usize,
  first: usize,
  dqkv: usize,
  dbias: usize,
  slopes: usize,
  T: i32,
  H: i32,
  D: i32,
  W: i32,
  scale: f32,
): void {
  const d = H * D
  for (let h: i32 = 0; h < H; h++) {
    for (let i: i32 = 0; i < T; i++) {
      const from = load<i32>(at(first, i))
      const count = i - from + 1
      const p = at(shares, (h * T + i) * W)
      const up = at(dout, i * d + h * D)
      const q = at(qkv, i * 3 * d + h * D)
      const k = at(qkv, from * 3 * d + d + h * D)
      const dk = at(dqkv, from * 3 * d + d + h * D)
      let mean: f32 = 0
      for (let j: i32 = 0; j < count; j++) {
        const dp = dot(up, at(k, j * 3 * d + d), D)
        store<f32>(at(slopes, j), dp)
        mean += dp * load<f32>(at(p, j))
      }
      for (let j: i32 = 0; j < count; j++) {
        const share = load<f32>(at(p, j))
        const slope = share * (load<f32>(at(slopes, j)) - mean)
        const place = at(dbias, (count - 1 - j) * H + h)
        store<f32>(place, load<f32>(place) + slope)
        const scaled = slope * scale
        store<f32>(at(slopes, j), scaled)
        addScaled(at(dk, j * 3 * d), scaled, q, D)
        addScaled(at(dk, j * 3 * d + d), share, up, D)
      }
      weightedSum(slopes, k, 3 * d, count, at(dqkv, i * 3 * d + h * D), D)
    }
  }
}

// ---- rows of a table

/** y[n] = table[index[n]]; d is a multiple of 4 */
export function gather(table: usize, index: usize, y: usize, count: i32, d: i32): void {
  for (let n: i32 = 0; n < count; n++) {
    memory.copy(at(y, n * d), at(table, load<i32>(at(index, n)) * d), (<usize>d) << 2)
  }
}

/** table[index[n]] += x[n]; the table comes filled with what it is added to */
export function scatterAdd(x: usize, index: usize, table: usize, count: i32, d: i32): void {
  for (let n: i32 = 0; n < count; n++) addScaled(at(table, load<i32>(at(index, n)) * d), 1, at(x, n * d), d)
}

// ---- products with a matrix of compressed rows

/** y[row] += Σ value · b[column]; y comes filled with what it is added to */
export function sparseMatMul(
  starts: usize,
  columns: usize,
  values: usize,
  b: usize,
  y: usize,
  rows: i32,
  d: i32,
): void {
  for (let row: i32 = 0; row < rows; row++) {
    const to = at(y, row * d)
    const end = load<i32>(at(starts, row + 1))
    for (let entry = load<i32>(at(starts, row)); entry < end; entry++) {
      addScaled(to, load<f32>(at(values, entry)), at(b, load<i32>(at(columns, entry)) * d), d)
    }
  }
}

/** db[column] += Σ value · dy[row]; db comes filled with what it is added to */
export function sparseMatMulGradient(
  starts: usize,
  columns: usize,
  values: usize,
  dy: usize,
  db: usize,
  rows: i32,
  d: i32,
): void {
  for (let row: i32 = 0; row < rows; row++) {
    const from = at(dy, row * d)
    const end = load<i32>(at(starts, row + 1))
    for (let entry = load<i32>(at(starts, row)); entry < end; entry++) {
      addScaled(at(db, load<i32>(at(columns, entry)) * d), load<f32>(at(values, entry)), from, d)
    }
  }
}

// ---- softmax cross-entropy

/** From outside: AssemblyScript's own logarithm keeps a table in memory, and this memory is TF.js's. */
declare function log(x: f64): f64

/** Rows of logits that exist at once: enough that packing the vectors for them is little of the work. */
const LOSS_ROWS: i32 = 240

/**
 * loss[n] = log(Σ_s e^(states_n · vectors_s + offset_s)) − own[n], with e^own[n] added to the sum when the own item stands
 * apart from the vectors. All gradients are made on the way, so that logits exist for a few rows at a time only: of loss[n],
 * for the sum of all losses.
 * @param states (N, d) @param vectors (S, d) @param offsets (S) @param own (N)
 * @param skip (N) the vector that is the row's own and must not compete with itself, −1 for none; 0 when own is among them
 * @param dvectors (S, d) and @param doffsets (S) come filled with 0
 * @param logits (LOSS_ROWS, S) scratch
 */
export function softmaxLoss(
  states: usize,
  vectors: usize,
  offsets: usize,
  own: usize,
  skip: usize,
  loss: usize,
  dstates: usize,
  dvectors: usize,
  doffsets: usize,
  down: usize,
  N: i32,
  S: i32,
  d: i32,
  logits: usize,
  scratch: usize,
): void {
  for (let from: i32 = 0; from < N; from += LOSS_ROWS) {
    const rows = min(LOSS_ROWS, N - from)
    const block = at(states, from * d)
    matMul(block, d, 1, vectors, 1, d, logits, rows, S, d, false, scratch)
    for (let r: i32 = 0; r < rows; r++) {
      const n = from + r
      const row = at(logits, r * S)
      const target = load<f32>(at(own, n))
      let s: i32 = 0
      for (; s + 4 <= S; s += 4) v128.store(at(row, s), f32x4.add(v128.load(at(row, s)), v128.load(at(offsets, s))))
      for (; s < S; s++) store<f32>(at(row, s), load<f32>(at(row, s)) + load<f32>(at(offsets, s)))
      const skipped = skip ? load<i32>(at(skip, n)) : -1
      if (skipped >= 0) store<f32>(at(row, skipped), -1e9)
      const sum = softmax(row, S, target, skip !== 0)
      // softmax leaves the row divided by the sum and returns log(sum).
      store<f32>(at(loss, n), sum - target)
      store<f32>(at(down, n), skip ? exp1(target - sum) - 1 : -1)
      for (s = 0; s + 4 <= S; s += 4) {
        v128.store(at(doffsets, s), f32x4.add(v128.load(at(doffsets, s)), v128.load(at(row, s))))
      }
      for (; s < S; s++) store<f32>(at(doffsets, s), load<f32>(at(doffsets, s)) + load<f32>(at(row, s)))
    }
    matMul(logits, S, 1, vectors, d, 1, at(dstates, from * d), rows, d, S, false, scratch)
    matMul(logits, 1, S, block, d, 1, dvectors, S, d, rows, true, scratch)
  }
}

/** Turns logits into shares; @returns the logarithm of their sum of powers, `apart` among them when asked. */
function softmax(row: usize, S: i32, apart: f32, hasApart: bool): f32 {
  let peaks = f32x4.splat(hasApart ? apart : load<f32>(row))
  let s: i32 = 0
  for (; s + 4 <= S; s += 4) peaks = f32x4.max(peaks, v128.load(at(row, s)))
  let peak = max(
    max(f32x4.extract_lane(peaks, 0), f32x4.extract_lane(peaks, 1)),
    max(f32x4.extract_lane(peaks, 2), f32x4.extract_lane(peaks, 3)),
  )
  for (; s < S; s++) peak = max(peak, load<f32>(at(row, s)))
  const shift = f32x4.splat(peak)
  let sums = f32x4.splat(0)
  for (s = 0; s + 4 <= S; s += 4) {
    const power = exp4(f32x4.sub(v128.load(at(row, s)), shift))
    v128.store(at(row, s), power)
    sums = f32x4.add(sums, power)
  }
  let sum = sumLanes(sums)
  for (; s < S; s++) {
    const power = exp1(load<f32>(at(row, s)) - peak)
    store<f32>(at(row, s), power)
    sum += power
  }
  if (hasApart) sum += exp1(apart - peak)
  const factor = f32x4.splat(<f32>1 / sum)
  for (s = 0; s + 4 <= S; s += 4) v128.store(at(row, s), f32x4.mul(v128.load(at(row, s)), factor))
  for (; s < S; s++) store<f32>(at(row, s), load<f32>(at(row, s)) / sum)
  return <f32>log(sum) + peak
}

// ---- dropout

/**
 * y = x where a hash of the place and the seed says keep, divided by the share kept; 0 elsewhere. The hash is the finaliser
 * of MurmurHash3, which `ops.ts` has too: the same places are dropped on every back end.
 */
export function dropout(x: usize, y: usize, size: i32, seed: i32, threshold: u32, scale: f32): void {
  const factor = f32x4.splat(scale)
  const limit = i32x4.splat(<i32>threshold)
  let index = i32x4(0, 1, 2, 3)
  let i: i32 = 0
  for (; i + 4 <= size; i += 4) {
    let hash = i32x4.add(i32x4.mul(index, i32x4.splat(0x9e3779b1)), i32x4.splat(seed))
    hash = v128.xor(hash, i32x4.shr_u(hash, 16))
    hash = i32x4.mul(hash, i32x4.splat(0x85ebca6b))
    hash = v128.xor(hash, i32x4.shr_u(hash, 13))
    hash = i32x4.mul(hash, i32x4.splat(0xc2b2ae35))
    hash = v128.xor(hash, i32x4.shr_u(hash, 16))
    const kept = i32x4.ge_u(hash, limit)
    v128.store(at(y, i), v128.and(f32x4.mul(v128.load(at(x, i)), factor), kept))
    index = i32x4.add(index, i32x4.splat(4))
  }
  for (; i < size; i++) {
    let hash = <u32>i * 0x9e3779b1 + <u32>seed
    hash ^= hash >> 16
    hash *= 0x85ebca6b
    hash ^= hash >> 13
    hash *= 0xc2b2ae35
    hash ^= hash >> 16
    store<f32>(at(y, i), hash >= threshold ? load<f32>(at(x, i)) * scale : 0)
  }
}
