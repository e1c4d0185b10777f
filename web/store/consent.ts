/** What the shopper allows, as it is remembered. */
import type { Consent } from '../protocol.ts'

/** @returns undefined for anything that is no consent, which is no permission. */
export function decodeConsent(value: unknown): Consent | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const { personalise, remember, contribute } = value as Record<string, unknown>
  return { personalise: personalise === true, remember: remember === true, contribute: contribute === true }
}

/** That which is remembered now allows contributing: another tab may have taken it back. */
export function mayContribute(remembered: unknown): boolean {
  const { personalise, remember, contribute } = decodeConsent(remembered) ?? {}
  return personalise === true && remember === true && contribute === true
}
