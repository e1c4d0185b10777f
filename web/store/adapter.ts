/**
 * The shopper's own adapter, kept beside the log where remembering is allowed, and deleted with it. It is of one network:
 * under another it is as if it were not there, and the next lesson takes its place.
 */
import { type Adapter, type AdapterConfig, adapterShapes } from '../../shared/model/adapter.ts'
import type { Manifest } from '../../shared/model/bundle.ts'
import { flatten, type ModelConfig, unflattenTo } from '../../shared/model/params.ts'
import type { Database } from './database.ts'

export interface StoredAdapter extends AdapterConfig {
  model: string
  flat: Float32Array
  /** Milliseconds since 1970, and the events that the shopper's log then had. */
  learnedAt: number
  events: number
}

/** The chunks that make the network: a bundle that changes only prices or rules leaves it the same. */
export function networkName({ chunks }: Pick<Manifest, 'chunks'>): string {
  const hashOf = (name: string) => chunks.find((chunk) => chunk.name === name)?.sha256 ?? ''
  return `${hashOf('vectors')} ${hashOf('encoder')}`
}

export async function saveAdapter(
  database: Database,
  { model, rank, matrices, params }: Adapter,
  learnedAt: number,
  events: number,
): Promise<void> {
  const stored: StoredAdapter = { model, rank, matrices, flat: flatten(params), learnedAt, events }
  await database.put('adapter', stored, 'accepted')
}

/** @returns undefined when there is none, it is of another network, or it cannot be read */
export async function loadAdapter(
  database: Database,
  model: string,
  config: ModelConfig,
): Promise<{ adapter: Adapter; learnedAt: number; events: number } | undefined> {
  const value = await database.get('adapter', 'accepted')
  try {
    const { model: of, rank, matrices, flat, learnedAt, events } = value as StoredAdapter
    if (of !== model || !flat.every(Number.isFinite)) return undefined
    const params = unflattenTo(adapterShapes(config, { rank, matrices }), flat)
    return { adapter: { model, rank, matrices, params }, learnedAt, events }
  } catch {
    return undefined // another script of the page, or a crash, may have left anything
  }
}
