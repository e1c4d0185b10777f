/** Small files in a folder of their own, made for one test and removed after it. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { Product } from '../../../shared/data/catalog.ts'
import { decodeEvent } from '../../../shared/data/events.ts'
import type { HistoryEvent } from '../../../trainer/datasets/dataset.ts'
import { UserError } from '../../../trainer/user-error.ts'

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'vitrine-import-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

export function fileWith(name: string, content: string | Uint8Array, folder = temporaryFolder()): string {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

const lines = <T>(path: string) =>
  readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as T)

/** The dataset's events in time order; each must be one that every other part accepts unchanged. */
export function eventsIn(folder: string): HistoryEvent[] {
  const events = lines<HistoryEvent>(join(folder, 'events.jsonl'))
  for (const { shopper, ...event } of events) {
    const decoded = decodeEvent(event)
    if (JSON.stringify(sorted(decoded)) !== JSON.stringify(sorted(event))) {
      throw new Error(`the event of ${shopper} loses fields when decoded: ${JSON.stringify(event)}`)
    }
  }
  return events.sort((a, b) => a.time - b.time || a.id.localeCompare(b.id))
}

export const productsIn = (folder: string) => lines<Product>(join(folder, 'catalog.jsonl'))

const sorted = (event: object) => Object.fromEntries(Object.entries(event).sort(([a], [b]) => a.localeCompare(b)))

/** The error of an import that must fail in a way the operator can mend. */
export async function userErrorOf(work: Promise<unknown>): Promise<UserError> {
  try {
    await work
  } catch (error) {
    if (error instanceof UserError) return error
    throw error
  }
  throw new Error('it was expected to fail')
}
