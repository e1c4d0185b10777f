/** Matrices most of whose entries are 0, such as the content of items: compressed rows, as the field stores them. */
export interface SparseMatrix {
  /** Columns. */
  width: number
  /** (rows + 1) where each row's entries begin; the last is their number. */
  starts: Int32Array
  /** Of each entry. */
  columns: Int32Array
  values: Float32Array
}

/** @param rows entries of each row; zeros are left out */
export function sparseMatrix(
  width: number,
  rows: Iterable<Iterable<readonly [column: number, value: number]>>,
): SparseMatrix {
  const [starts, columns, values]: number[][] = [[0], [], []]
  for (const row of rows) {
    for (const [column, value] of row) {
      if (value === 0) continue
      columns.push(column)
      values.push(value)
    }
    starts.push(columns.length)
  }
  return {
    width,
    starts: Int32Array.from(starts),
    columns: Int32Array.from(columns),
    values: Float32Array.from(values),
  }
}

/** @param values (rows, width) row-major */
export function sparseOf(width: number, values: Float32Array): SparseMatrix {
  const rows = Array.from({ length: values.length / width }, (_, row) =>
    values.subarray(row * width, (row + 1) * width).entries(),
  )
  return sparseMatrix(width, rows)
}

/** (rows, width) row-major. */
export function denseOf(matrix: SparseMatrix): Float32Array {
  const { width, starts, columns, values } = matrix
  const dense = new Float32Array(rowCount(matrix) * width)
  for (let row = 0; row < rowCount(matrix); row++) {
    for (let entry = starts[row]; entry < starts[row + 1]; entry++) dense[row * width + columns[entry]] = values[entry]
  }
  return dense
}

export function rowCount({ starts }: SparseMatrix): number {
  return starts.length - 1
}

/** matrix · b. @param b (width, d) @returns (rows, d) */
export function product(matrix: SparseMatrix, b: Float32Array): Float32Array {
  const { width, starts, columns, values } = matrix
  const d = b.length / width
  const sums = new Float32Array(rowCount(matrix) * d)
  for (let row = 0; row < rowCount(matrix); row++) {
    for (let entry = starts[row]; entry < starts[row + 1]; entry++) {
      const [from, value] = [columns[entry] * d, values[entry]]
      for (let j = 0; j < d; j++) sums[row * d + j] += value * b[from + j]
    }
  }
  return sums
}
