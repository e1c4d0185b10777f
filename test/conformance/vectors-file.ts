/** What the suites of published vectors have in common. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Of one case: what is published of it, and what we make of it. */
export interface Verdict {
  valid: boolean
  accepted: boolean
}
/** @param folder of the vectors */
export type Suite = (folder: string) => AsyncGenerator<{ file: string; verdicts: Verdict[] }>

export const bytes = (base64: string | null) => new Uint8Array(Buffer.from(base64 ?? '', 'base64'))
export const hex = (text: string) => new Uint8Array(Buffer.from(text, 'hex'))
export const utf8 = (text: string) => new TextEncoder().encode(text)
export const json = (file: string) => JSON.parse(readFileSync(file, 'utf8'))

export async function isThrown(act: () => unknown): Promise<boolean> {
  try {
    await act()
    return false
  } catch {
    return true
  }
}

export function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name) => join(folder, name))
}
