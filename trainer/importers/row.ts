/** What every reader yields: one record with the line it starts on, or why there is none. */
export type Row = { line: number; record: Record<string, unknown> } | { line: number; reason: string; value: string }

/** No honest record is longer: a runaway quote or a missing line end is found before it fills the memory. */
export const MAX_RECORD_CHARS = 1 << 20

/** A value as it is shown in an error or a report. */
export function excerpt(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '')
  const flat = text.replace(/\s+/g, ' ')
  return flat.length > 60 ? `${flat.slice(0, 57)}…` : flat
}
