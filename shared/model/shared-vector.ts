/**
 * What shoppers' devices teach everyone's model together: one flat vector, which is added to a network that has been trained
 * without them.
 *
 *     A[action], T[gap], norm      become  A + ΔA, T + ΔT, norm + Δ
 *     W of each block              becomes W + F·B        F (rows, r) fixed, drawn from a seed; B (r, columns) learned
 *
 * Nothing in it has a row for an item, a category or a word: the gradient of such a row would say what was touched. It is
 * LoRA (Hu et al. 2021) with the first factor frozen (FFA-LoRA, Sun et al. 2024), so that all of it is linear in the vector:
 * the mean of the devices' updates is the update of the mean, noise enters once and is not multiplied by itself, and an
 * update may start at 0 beside whatever model is published. A device needs nothing but that model: backbone + vector, folded
 * into arrays that no shop's page can tell from others.
 */
import { seeded } from '../data/random.ts'
import {
  ADAPTABLE,
  type Adaptable,
  type AdapterConfig,
  adapterShapes,
  applyChange,
  changeOf,
  productOf,
} from './adapter.ts'
import type { CompiledModel } from './compile.ts'
import { joined, type ModelConfig, type Params, paramShapes, sizeOf, unflattenTo } from './params.ts'

/** Floats of a shared vector at most: what an update costs to prove and send grows with it. */
export const MAX_SHARED = 16_384

/** Part of what a task is: with another seed the same numbers mean another change. */
export interface SharedConfig extends AdapterConfig {
  seed: string
}

/** Chosen on shoppers that no figure is reported of (docs/quality.md). */
export const SHARED: SharedConfig = { rank: 8, matrices: ADAPTABLE, seed: 'shared vector' }

/** Parameters that are moved as they are. */
const MOVED = ['token.action', 'token.gap', 'norm'] as const

/**
 * In the order of the flat vector.
 * @throws Error for more than MAX_SHARED floats
 */
export function sharedShapes(model: ModelConfig, config: AdapterConfig): Record<string, number[]> {
  const all = paramShapes(model)
  const shapes: Record<string, number[]> = {}
  for (const name of MOVED) shapes[name] = all[name]
  for (const [name, shape] of Object.entries(adapterShapes(model, config)))
    if (name.endsWith('.b')) shapes[name] = shape
  const floats = lengthOf(shapes)
  if (floats > MAX_SHARED) throw new Error(`shared vector: ${floats} floats, more than ${MAX_SHARED}`)
  return shapes
}

/** d: how long the vector is. */
export const sharedLength = (model: ModelConfig, config: AdapterConfig): number => lengthOf(sharedShapes(model, config))

const lengthOf = (shapes: Record<string, number[]>) =>
  Object.values(shapes).reduce((sum, shape) => sum + sizeOf(shape), 0)

/** The vector by names. @throws Error when it has another length, or is not finite */
export function namedShared(model: ModelConfig, config: AdapterConfig, vector: ArrayLike<number>): Params {
  const flat = Float32Array.from(vector)
  if (!flat.every(Number.isFinite)) throw new Error('shared vector: is not finite')
  return unflattenTo(sharedShapes(model, config), flat)
}

/** The other way round. */
export const flatShared = (model: ModelConfig, config: AdapterConfig, params: Params): Float32Array =>
  joined(Object.keys(sharedShapes(model, config)).map((name) => params[name].values))

/** F of each matrix that has a B, `block0.qkv.a` (rows, r): N(0, 1/rows), always the same. */
export function fixedFactors(model: ModelConfig, config: SharedConfig): Params {
  const factors: Params = {}
  for (const [name, shape] of Object.entries(adapterShapes(model, config))) {
    if (!name.endsWith('.a')) continue
    const random = seeded(`${config.seed} ${name}`)
    factors[name] = {
      shape,
      values: Float32Array.from({ length: sizeOf(shape) }, () => random.normal() / Math.sqrt(shape[0])),
    }
  }
  return factors
}

/**
 * The published model: the backbone's arrays with the vector in them. The kernel's copy is of the model without it: fold
 * first, then `withKernel`.
 * @throws Error when the vector is of another length, or not finite
 */
export function foldShared<Values extends Int8Array | Float32Array>(
  model: CompiledModel<Values>,
  config: SharedConfig,
  vector: ArrayLike<number>,
): CompiledModel<Values> {
  const named = namedShared(model.config, config, vector)
  const { width } = model.config
  const shift = { shape: [width], values: new Float32Array(width) }
  const params = { ...named, ...fixedFactors(model.config, config), shift }
  const folded = applyChange(model, changeOf(model.config, { ...config, params }))
  return {
    ...folded,
    action: sum(model.action, named['token.action'].values),
    gap: sum(model.gap, named['token.gap'].values),
    norm: sum(model.norm, named.norm.values),
  }
}

/**
 * The same on parameters as they train, for a run that goes on or is published. A block's change is of its matrix with the
 * norm's gain in it, as devices know it; so the gains are folded first.
 * @throws Error when the vector is of another length, or not finite
 */
export function addShared(model: ModelConfig, params: Params, config: SharedConfig, vector: ArrayLike<number>): Params {
  const named = namedShared(model, config, vector)
  const factors = fixedFactors(model, config)
  const changed = { ...params }
  const set = (name: string, values: Float32Array) => {
    changed[name] = { shape: params[name].shape, values }
  }
  for (const name of MOVED) set(name, sum(params[name].values, named[name].values))
  for (let n = 0; n < model.blocks; n++) {
    for (const matrix of config.matrices) {
      const name = `block${n}.${matrix}`
      const gain = GAIN_OF[matrix] && params[`block${n}.${GAIN_OF[matrix]}`].values
      const { shape, values } = params[name]
      const folded = gain ? values.map((value, at) => value * gain[Math.floor(at / shape[1])]) : values
      set(name, sum(folded, productOf(factors[`${name}.a`].values, named[`${name}.b`].values, config.rank)))
      if (gain) set(`block${n}.${GAIN_OF[matrix]}`, new Float32Array(gain.length).fill(1))
    }
  }
  return changed
}

const GAIN_OF: Partial<Record<Adaptable, string>> = { qkv: 'norm1', up: 'norm2' }

const sum = (a: Float32Array, b: Float32Array): Float32Array => a.map((value, at) => value + b[at])
