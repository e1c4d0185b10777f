/**
 * The smallest ONNX sentence encoder: input_ids (texts, pieces) int64 → rows of a table, (texts, pieces, width). Written
 * field by field after onnx.proto3, so that no model file has to lie in the repository.
 */
const INT64 = 7
const FLOAT = 1

export function gatherModel(table: number[][]): Uint8Array {
  const values = new Uint8Array(Float32Array.from(table.flat()).buffer)
  const tensor = [
    ...varint(1, table.length),
    ...varint(1, table[0].length),
    ...varint(2, FLOAT),
    ...text(8, 'table'),
    ...bytes(9, values),
  ]
  const gather = [...text(1, 'table'), ...text(1, 'input_ids'), ...text(2, 'vectors'), ...text(4, 'Gather')]
  const graph = [
    ...bytes(1, gather),
    ...text(2, 'encoder'),
    ...bytes(5, tensor),
    ...bytes(11, valueInfo('input_ids', INT64, ['texts', 'pieces'])),
    ...bytes(12, valueInfo('vectors', FLOAT, ['texts', 'pieces', table[0].length])),
  ]
  return Uint8Array.from([...varint(1, 8), ...bytes(7, graph), ...bytes(8, varint(2, 13))])
}

function valueInfo(name: string, type: number, shape: (string | number)[]): number[] {
  const dims = shape.flatMap((size) => bytes(1, typeof size === 'number' ? varint(1, size) : text(2, size)))
  return [...text(1, name), ...bytes(2, bytes(1, [...varint(1, type), ...bytes(2, dims)]))]
}

function number(value: number): number[] {
  return value < 128 ? [value] : [(value % 128) + 128, ...number(Math.floor(value / 128))]
}
const varint = (field: number, value: number) => [...number(field * 8), ...number(value)]
const bytes = (field: number, content: Iterable<number>) => {
  const list = [...content]
  return [...number(field * 8 + 2), ...number(list.length), ...list]
}
const text = (field: number, value: string) => bytes(field, new TextEncoder().encode(value))
