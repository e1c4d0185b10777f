/**
 * Writes an ONNX file: protocol buffers by hand, with the numbers of fields from onnx.proto (IR version 8).
 * A list of byte arrays stands for their concatenation, so that a table of 256 MB is copied once.
 */

type Bytes = Uint8Array[]

export interface OnnxTensor {
  shape: number[]
  values: Float32Array | BigInt64Array
}

export interface OnnxNode {
  op: string
  inputs: string[]
  outputs: string[]
  attributes?: Record<string, { float: number } | { int: number }>
}

export interface OnnxPort {
  name: string
  type: 'float32' | 'int64'
  shape: number[]
}

export interface OnnxGraph {
  nodes: OnnxNode[]
  /** Constants: weights and shapes. */
  initializers: Map<string, OnnxTensor>
  inputs: OnnxPort[]
  outputs: OnnxPort[]
}

const IR_VERSION = 8
const OPSET = 17
const ELEMENT = { float32: 1, int64: 7 }
const ATTRIBUTE = { float: 1, int: 2 }

export function onnxFile({ nodes, initializers, inputs, outputs }: OnnxGraph): Uint8Array<ArrayBuffer> {
  const graph = [
    ...nodes.flatMap((node) => message(1, nodeProto(node))),
    ...text(2, 'step'),
    ...[...initializers].flatMap(([name, tensor]) => message(5, tensorProto(name, tensor))),
    ...inputs.flatMap((port) => message(11, valueInfo(port))),
    ...outputs.flatMap((port) => message(12, valueInfo(port))),
  ]
  return joined([...integer(1, IR_VERSION), ...message(7, graph), ...message(8, integer(2, OPSET))])
}

function nodeProto({ op, inputs, outputs, attributes = {} }: OnnxNode): Bytes {
  return [
    ...inputs.flatMap((name) => text(1, name)),
    ...outputs.flatMap((name) => text(2, name)),
    ...text(4, op),
    ...Object.entries(attributes).flatMap(([name, value]) => {
      const [kind, written] =
        'float' in value ? [ATTRIBUTE.float, float(2, value.float)] : [ATTRIBUTE.int, integer(3, value.int)]
      return message(5, [...text(1, name), ...written, ...integer(20, kind)])
    }),
  ]
}

function tensorProto(name: string, { shape, values }: OnnxTensor): Bytes {
  const type = values instanceof Float32Array ? ELEMENT.float32 : ELEMENT.int64
  const raw = new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
  return [...shape.flatMap((n) => integer(1, n)), ...integer(2, type), ...text(8, name), ...message(9, [raw])]
}

function valueInfo({ name, type, shape }: OnnxPort): Bytes {
  const dimensions = shape.flatMap((n) => message(1, integer(1, n)))
  const tensor = [...integer(1, ELEMENT[type]), ...message(2, dimensions)]
  return [...text(1, name), ...message(2, message(1, tensor))]
}

// https://protobuf.dev/programming-guides/encoding/: a field is its number and wire type, then its bytes.

function varint(value: number): Uint8Array {
  const bytes: number[] = []
  // Two's complement in 64 bits: a negative number takes ten bytes.
  let rest = BigInt.asUintN(64, BigInt(value))
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128)
  return Uint8Array.from([...bytes, Number(rest)])
}

const integer = (field: number, value: number): Bytes => [varint(field * 8), varint(value)]

function float(field: number, value: number): Bytes {
  return [varint(field * 8 + 5), new Uint8Array(Float32Array.of(value).buffer)]
}

function message(field: number, content: Bytes): Bytes {
  const length = content.reduce((sum, part) => sum + part.length, 0)
  return [varint(field * 8 + 2), varint(length), ...content]
}

const text = (field: number, value: string): Bytes => message(field, [new TextEncoder().encode(value)])

function joined(parts: Bytes): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}
