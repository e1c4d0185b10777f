/**
 * Arithmetic of PINE over Field64, p = 2^64 − 2^32 + 1. `shared/federated/pine/fast-vectors.ts` lays the memory out and calls this;
 * `vectors.ts` beside it is plain, and gives the same.
 *
 * Elements are 64 bits, less than p, one after the other. Lengths are in elements. Nothing here looks at where an array ends. No branch and
 * no address depends on an element but where a comparison with p is compiled to a branch: what a clock would tell is whether a sum was
 * reduced.
 */

const P: u64 = ((<u64>0xffffffff) << 32) | 1
/** 2^64 mod p. */
const EPSILON: u64 = 0xffffffff

function plus(a: u64, b: u64): u64 {
  const sum = a + b
  // The sum of two is less than 2p: where it wrapped around, 2^64 is missing, which is EPSILON.
  const wrapped = sum < a ? sum + EPSILON : sum
  return wrapped >= P ? wrapped - P : wrapped
}

function minus(a: u64, b: u64): u64 {
  const difference = a - b
  return a < b ? difference + P : difference
}

/** The product's high half has weight 2^64 = 2^32 − 1 in its low 32 bits, and 2^96 = −1 above them. */
function times(a: u64, b: u64): u64 {
  const a0 = a & EPSILON
  const a1 = a >> 32
  const b0 = b & EPSILON
  const b1 = b >> 32
  const low = a0 * b0
  const first = a1 * b0 + (low >> 32)
  const second = a0 * b1 + (first & EPSILON)
  const lo = (second << 32) | (low & EPSILON)
  const hi = a1 * b1 + (first >> 32) + (second >> 32)
  const top = hi >> 32
  let result = lo - top
  if (lo < top) result -= EPSILON
  const middle = (hi & EPSILON) * EPSILON
  const sum = result + middle
  const wrapped = sum < result ? sum + EPSILON : sum
  return wrapped >= P ? wrapped - P : wrapped
}

function power(base: u64, exponent: u64): u64 {
  let result: u64 = 1
  let square = base
  for (let rest = exponent; rest > 0; rest >>= 1) {
    if (rest & 1) result = times(result, square)
    square = times(square, square)
  }
  return result
}

/** to[n] = a[n] + b[n] */
export function add(a: usize, b: usize, to: usize, length: usize): void {
  for (let at: usize = 0; at < length << 3; at += 8) store<u64>(to + at, plus(load<u64>(a + at), load<u64>(b + at)))
}

/** to[n] = a[n] − b[n] */
export function subtract(a: usize, b: usize, to: usize, length: usize): void {
  for (let at: usize = 0; at < length << 3; at += 8) store<u64>(to + at, minus(load<u64>(a + at), load<u64>(b + at)))
}

/** to[n] = v[n] + c */
export function addToEach(v: usize, c: u64, to: usize, length: usize): void {
  for (let at: usize = 0; at < length << 3; at += 8) store<u64>(to + at, plus(load<u64>(v + at), c))
}

/** to[n] = v[n] · r^n */
export function timesPowers(v: usize, r: u64, to: usize, length: usize): void {
  let factor: u64 = 1
  for (let at: usize = 0; at < length << 3; at += 8) {
    store<u64>(to + at, times(load<u64>(v + at), factor))
    factor = times(factor, r)
  }
}

/** Moves those that are less than p to the front. @returns how many they are */
export function keepReduced(v: usize, length: usize): usize {
  let kept: usize = 0
  for (let n: usize = 0; n < length; n++) {
    const x = load<u64>(v + (n << 3))
    store<u64>(v + (kept << 3), x)
    if (x < P) kept++
  }
  return kept
}

/**
 * Sums of elements with signs, as `FieldVectors.signedSums` has them. Halves of elements are summed by themselves: with fewer than 2^31
 * elements no sum of them is too large.
 * @param v (length), and zeros up to a multiple of four
 */
export function signedSums(v: usize, length: usize, signs: usize, sums: usize, to: usize): void {
  const bytes = (length + 3) >> 2
  for (let sum: usize = 0; sum < sums; sum++) {
    let low: i64 = 0
    let high: i64 = 0
    for (let byte: usize = 0; byte < bytes; byte++) {
      const four = <i32>load<u8>(signs + sum * bytes + byte)
      const at = v + (byte << 5)
      // 00, 01, 10, 11 are −1, 0, 0, 1: both bits together, less one.
      for (let n: usize = 0; n < 4; n++) {
        const two = (four >> ((<i32>n) << 1)) & 3
        const sign = <i64>((two & 1) + (two >> 1) - 1)
        const x = load<u64>(at + (n << 3))
        low += sign * <i64>(x & EPSILON)
        high += sign * <i64>(x >> 32)
      }
    }
    store<u64>(to + (sum << 3), plus(times(ofSigned(high), 1 << 32), ofSigned(low)))
  }
}

/** Of a number between −2^63 and 2^63. */
function ofSigned(x: i64): u64 {
  return x < 0 ? <u64>x + P : <u64>x >= P ? <u64>x - P : <u64>x
}

/**
 * Values at the roots of unity, in place.
 * @param roots of each level after the other, 2^(level − 1) powers of its root: `prepareRoots`
 */
function transform(v: usize, log: i32, roots: usize): void {
  const n: usize = 1 << log
  for (let i: usize = 0; i < n; i++) {
    const j = reverse(<u32>i, log)
    if (i < j) {
      const swapped = load<u64>(v + (i << 3))
      store<u64>(v + (i << 3), load<u64>(v + (j << 3)))
      store<u64>(v + (j << 3), swapped)
    }
  }
  let level = roots
  for (let half: usize = 1; half < n; half <<= 1) {
    for (let from: usize = 0; from < n; from += half << 1) {
      for (let i: usize = 0; i < half; i++) {
        const even = v + ((from + i) << 3)
        const odd = even + (half << 3)
        const x = load<u64>(even)
        const y = times(load<u64>(odd), load<u64>(level + (i << 3)))
        store<u64>(even, plus(x, y))
        store<u64>(odd, minus(x, y))
      }
    }
    level += half << 3
  }
}

function reverse(i: u32, log: i32): usize {
  let x = i
  let reversed: u32 = 0
  for (let bit = 0; bit < log; bit++) {
    reversed = (reversed << 1) | (x & 1)
    x >>= 1
  }
  return <usize>reversed
}

/** Coefficients from values, in place: the transform, then all but the first the other way round, and divided by n. */
function inverseTransform(v: usize, log: i32, roots: usize): void {
  transform(v, log, roots)
  const n: usize = 1 << log
  const scale = power(<u64>n, P - 2)
  for (let i: usize = 1; i < n >> 1; i++) {
    const swapped = load<u64>(v + (i << 3))
    store<u64>(v + (i << 3), load<u64>(v + ((n - i) << 3)))
    store<u64>(v + ((n - i) << 3), swapped)
  }
  for (let i: usize = 0; i < n; i++) store<u64>(v + (i << 3), times(load<u64>(v + (i << 3)), scale))
}

/** Powers of the roots of unity of order 2, 4, … 2^log, half of each. @param root of order 2^log @param to (2^log − 1) */
export function prepareRoots(root: u64, log: i32, to: usize): void {
  let levelRoot = root
  for (let level = log; level > 0; level--) {
    const half: usize = 1 << (level - 1)
    const at = to + ((half - 1) << 3)
    let x: u64 = 1
    for (let i: usize = 0; i < half; i++) {
      store<u64>(at + (i << 3), x)
      x = times(x, levelRoot)
    }
    levelRoot = times(levelRoot, levelRoot)
  }
}

/** A wire: its seed, then every chunkLength-th input from `input` on, then zeros. */
function layWire(wire: usize, seed: u64, input: usize, calls: usize, chunkLength: usize, length: usize): void {
  store<u64>(wire, seed)
  for (let call: usize = 0; call < calls; call++) {
    store<u64>(wire + ((call + 1) << 3), load<u64>(input + ((call * chunkLength) << 3)))
  }
  memory.fill(wire + ((calls + 1) << 3), 0, (length - calls - 1) << 3)
}

/** Its values at twice as many roots of unity. @param wire room for as many */
function doubleWire(wire: usize, log: i32, roots: usize): void {
  inverseTransform(wire, log, roots)
  memory.fill(wire + (8 << log), 0, 8 << log)
  transform(wire, log + 1, roots)
}

/**
 * The coefficients of the gadget polynomial.
 * @param right 0 for squares
 * @param left and right (calls · chunkLength)
 * @param seeds one a wire, those of left and right in turn
 * @param log of the length of a wire
 * @param room (4 · 2^log)
 * @param to (2 · 2^log)
 */
export function prove(
  left: usize,
  right: usize,
  seeds: usize,
  calls: usize,
  chunkLength: usize,
  log: i32,
  roots: usize,
  room: usize,
  to: usize,
): void {
  const length: usize = 1 << log
  const other = room + (length << 4)
  memory.fill(to, 0, length << 4)
  for (let n: usize = 0; n < chunkLength; n++) {
    const a = room
    let b = room
    if (right) {
      layWire(a, load<u64>(seeds + (n << 4)), left + (n << 3), calls, chunkLength, length)
      b = other
      layWire(b, load<u64>(seeds + (n << 4), 8), right + (n << 3), calls, chunkLength, length)
      doubleWire(b, log, roots)
    } else layWire(a, load<u64>(seeds + (n << 3)), left + (n << 3), calls, chunkLength, length)
    doubleWire(a, log, roots)
    for (let at: usize = 0; at < length << 4; at += 8) {
      store<u64>(to + at, plus(load<u64>(to + at), times(load<u64>(a + at), load<u64>(b + at))))
    }
  }
  inverseTransform(to, log + 1, roots)
}

/**
 * What the values at the roots of unity are multiplied with for the value at t: (t^n − 1) / n · w^i / (t − w^i).
 * @param t none of the roots
 * @param room (2^log)
 * @param to (2^log)
 */
export function weights(t: u64, log: i32, roots: usize, room: usize, to: usize): void {
  const n: usize = 1 << log
  const half = n >> 1
  const last = roots + ((half - 1) << 3)
  // One inversion for all: products of those before, then back.
  let product: u64 = 1
  for (let i: usize = 0; i < n; i++) {
    store<u64>(room + (i << 3), product)
    product = times(product, minus(t, rootAt(last, i, half)))
  }
  let rest = power(product, P - 2)
  const scale = times(minus(power(t, <u64>n), 1), power(<u64>n, P - 2))
  for (let i = <isize>n - 1; i >= 0; i--) {
    const root = rootAt(last, <usize>i, half)
    const inverse = times(rest, load<u64>(room + ((<usize>i) << 3)))
    store<u64>(to + ((<usize>i) << 3), times(times(scale, root), inverse))
    rest = times(rest, minus(t, root))
  }
}

function rootAt(last: usize, i: usize, half: usize): u64 {
  return i < half ? load<u64>(last + (i << 3)) : minus(0, load<u64>(last + ((i - half) << 3)))
}

/**
 * Each wire at t, and the gadget's outputs.
 * @param weightsAt (2^log), of t
 * @param polynomial (2 · 2^log − 1) coefficients of the gadget polynomial; of 1 more, which is 0, there is room
 * @param wires (seeds)
 * @param outputs (2^log): the first is none, and those after the calls are neither
 */
export function query(
  left: usize,
  right: usize,
  seeds: usize,
  calls: usize,
  chunkLength: usize,
  log: i32,
  roots: usize,
  weightsAt: usize,
  polynomial: usize,
  wires: usize,
  outputs: usize,
): void {
  const length: usize = 1 << log
  const factors: usize = right ? 2 : 1
  for (let n: usize = 0; n < chunkLength * factors; n++) {
    store<u64>(wires + (n << 3), times(load<u64>(seeds + (n << 3)), load<u64>(weightsAt)))
  }
  // Call by call, as the inputs lie.
  for (let call: usize = 0; call < calls; call++) {
    const weight = load<u64>(weightsAt + ((call + 1) << 3))
    for (let n: usize = 0; n < chunkLength; n++) {
      const at = (call * chunkLength + n) << 3
      const wire = wires + ((n * factors) << 3)
      store<u64>(wire, plus(load<u64>(wire), times(load<u64>(left + at), weight)))
      if (right) store<u64>(wire, plus(load<u64>(wire, 8), times(load<u64>(right + at), weight)), 8)
    }
  }
  // At the roots of unity of order 2^log, x^(2^log) is 1.
  add(polynomial, polynomial + (length << 3), outputs, length)
  transform(outputs, log, roots)
}

/** The polynomial's value at t. */
export function evaluate(polynomial: usize, length: usize, t: u64): u64 {
  let sum: u64 = 0
  for (let at = <isize>((length - 1) << 3); at >= 0; at -= 8)
    sum = plus(times(sum, t), load<u64>(polynomial + <usize>at))
  return sum
}
