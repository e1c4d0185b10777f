/**
 * The fully linear proof of VDAF draft-20 section 7.3 (BBCGGI19, theorem 4.3), in its Lagrange basis: that an encoded measurement is
 * valid, shown to verifiers who each have one share of it and of the proof, and who learn nothing else.
 *
 * A validity circuit is affine but for calls of one gadget. The inputs of all calls on one wire are values of a polynomial at roots of
 * unity; the gadget applied to these polynomials is again one, whose values at the roots are the gadget's outputs. The prover sends that
 * one. Verifiers take the outputs from it, and test at a random point that it is the gadget of the wires; a wire begins with a random
 * seed, so that its value there says nothing.
 */
import { type Field, inverse, rootOfUnity } from '../field.ts'
import { dotProduct, doubleValues, nextPowerOf2, weightsAt } from '../polynomial.ts'

/** Of degree 2, as all are that Prio3 has. */
export interface Gadget {
  arity: number
  evaluate(inputs: readonly bigint[]): bigint
}

export interface Circuit<Measurement, Result> {
  field: Field
  gadget: Gadget
  /** Of the gadget, in an evaluation. */
  calls: number
  measurementLength: number
  jointRandLength: number
  /** Of an output share. */
  outputLength: number
  /** Of what `evaluate` gives: all 0 for a valid measurement. */
  evalOutputLength: number
  /** @throws Error for a measurement that is out of range */
  encode(measurement: Measurement): bigint[]
  /** @param sharesInverse 1 / the number of shares: what a constant is to each of them */
  evaluate(
    call: (inputs: readonly bigint[]) => bigint,
    measurement: readonly bigint[],
    jointRand: readonly bigint[],
    sharesInverse: bigint,
  ): bigint[]
  truncate(measurement: readonly bigint[]): bigint[]
  decode(aggregate: readonly bigint[], measurements: number): Result
}

type AnyCircuit = Pick<
  Circuit<never, unknown>,
  'field' | 'gadget' | 'calls' | 'evalOutputLength' | 'evaluate' | 'jointRandLength'
>

const wireLength = ({ calls }: AnyCircuit) => nextPowerOf2(1 + calls)
const gadgetLength = (circuit: AnyCircuit) => 2 * (wireLength(circuit) - 1) + 1

export const proveRandLength = ({ gadget }: AnyCircuit): number => gadget.arity
export const queryRandLength = ({ evalOutputLength }: AnyCircuit): number =>
  1 + (evalOutputLength > 1 ? evalOutputLength : 0)
export const proofLength = (circuit: AnyCircuit): number => circuit.gadget.arity + gadgetLength(circuit)
export const verifierLength = ({ gadget }: AnyCircuit): number => 1 + gadget.arity + 1

/** Wire seeds, then values of the gadget polynomial at the first of the 2P-th roots of unity. */
export function prove(
  circuit: AnyCircuit,
  measurement: readonly bigint[],
  proveRand: readonly bigint[],
  jointRand: readonly bigint[],
): bigint[] {
  const { field, gadget } = circuit
  const wires = emptyWires(circuit, proveRand)
  let k = 0
  circuit.evaluate(
    (inputs) => {
      k++
      for (const [j, input] of inputs.entries()) wires[j][k] = input
      return gadget.evaluate(inputs)
    },
    measurement,
    jointRand,
    1n,
  )
  const doubled = wires.map((wire) => doubleValues(field, wire))
  const polynomial = doubled[0].map((_, i) => gadget.evaluate(doubled.map((wire) => wire[i])))
  return [...proveRand, ...polynomial.slice(0, gadgetLength(circuit))]
}

/**
 * A share of the verifier: the circuit's output, each wire at the test point, the gadget polynomial there.
 * @returns undefined where the point is a root of unity: its values there would say what the inputs are
 */
export function query(
  circuit: AnyCircuit,
  measurement: readonly bigint[],
  proof: readonly bigint[],
  queryRand: readonly bigint[],
  jointRand: readonly bigint[],
  shares: number,
): bigint[] | undefined {
  const { field, gadget, evalOutputLength } = circuit
  const wires = emptyWires(circuit, proof.slice(0, gadget.arity))
  const values = withLastValue(field, proof.slice(gadget.arity))
  let k = 0
  const outputs = circuit.evaluate(
    (inputs) => {
      k++
      for (const [j, input] of inputs.entries()) wires[j][k] = input
      return values[2 * k]
    },
    measurement,
    jointRand,
    inverse(field, BigInt(shares)),
  )
  const isReduced = evalOutputLength > 1
  const output = isReduced ? dotProduct(field, outputs, queryRand) : outputs[0]
  const t = queryRand[isReduced ? evalOutputLength : 0]
  const atWires = weightsAt(field, wires[0].length, t)
  const atGadget = weightsAt(field, values.length, t)
  if (!atWires || !atGadget) return undefined
  return [output, ...wires.map((wire) => dotProduct(field, wire, atWires)), dotProduct(field, values, atGadget)]
}

/** @param verifier the sum of its shares */
export function decide({ gadget }: AnyCircuit, verifier: readonly bigint[]): boolean {
  const wires = verifier.slice(1, 1 + gadget.arity)
  return verifier[0] === 0n && gadget.evaluate(wires) === verifier[1 + gadget.arity]
}

function emptyWires(circuit: AnyCircuit, seeds: readonly bigint[]): bigint[][] {
  return seeds.map((seed) => [seed, ...new Array<bigint>(wireLength(circuit) - 1).fill(0n)])
}

/** The value that 2P − 1 others leave no choice: the coefficient of the highest power, Σ yᵢ wⁱ / 2P, is 0. */
function withLastValue(field: Field, values: readonly bigint[]): bigint[] {
  const { modulus } = field
  const w = rootOfUnity(field, Math.log2(values.length + 1))
  let [root, sum] = [1n, 0n]
  for (const value of values) {
    sum = (sum + value * root) % modulus
    root = (root * w) % modulus
  }
  // `root` is w^(n−1), the inverse of w.
  return [...values, ((modulus - sum) * w) % modulus]
}
