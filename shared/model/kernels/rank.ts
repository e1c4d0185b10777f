/** Every item's score and the best of them. */

/** @param width a multiple of 8 */
export function score(
  rows: usize,
  scales: usize,
  biases: usize,
  state: usize,
  scores: usize,
  items: i32,
  width: i32,
): void {
  for (let item = 0; item < items; item++) {
    let sum = f32x4.splat(0)
    for (let j = 0; j < width; j += 8) {
      const row = v128.load_ext<i8>(rows + j)
      const at = state + ((<usize>j) << 2)
      sum = f32x4.add(sum, f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(row)), v128.load(at)))
      sum = f32x4.add(sum, f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(row)), v128.load(at, 16)))
    }
    const dot =
      f32x4.extract_lane(sum, 0) + f32x4.extract_lane(sum, 1) + f32x4.extract_lane(sum, 2) + f32x4.extract_lane(sum, 3)
    store<f32>(scores, dot * load<f32>(scales) + load<f32>(biases))
    rows += width
    scales += 4
    biases += 4
    scores += 4
  }
}
