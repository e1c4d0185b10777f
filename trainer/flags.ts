/** Values of flags, read and refused the same way in every command. */
import { nearest } from './nearest.ts'
import { UserError } from './user-error.ts'

/** @throws UserError unless the value is among the known, with the one that was probably meant */
export function oneOf<T extends string>(flag: string, known: readonly T[], value: string): T {
  const found = known.find((name) => name === value)
  if (found) return found
  const meant = nearest(value, known)
  const others = known.join(', ')
  throw new UserError(
    `${flag} ${value}: not known`,
    meant ? `did you mean ${meant}? One of ${others}` : `one of ${others}`,
  )
}

/** @param example what could stand there */
export function wholeNumber(flag: string, text: string, example: number): number {
  const value = Number(text)
  if (/^\d+$/.test(text) && Number.isSafeInteger(value) && value > 0) return value
  throw new UserError(`${flag} ${text}: not a whole number above 0`, `try ${flag} ${example}`)
}

/** Of `--port`; 0 takes any free one. */
export function portOf(text: string): number {
  const port = Number(text)
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port
  throw new UserError(`--port ${text}: not a port`, 'a whole number from 0 to 65535')
}

export function numberBetween(flag: string, text: string, [least, most]: [number, number], example: number): number {
  const value = Number(text)
  if (value >= least && value <= most) return value
  throw new UserError(`${flag} ${text}: not a number from ${least} to ${most}`, `try ${flag} ${example}`)
}

export function secondsOf(flag: string, text: string): number {
  const value = Number(text)
  if (value > 0 && value < Number.POSITIVE_INFINITY) return value
  throw new UserError(`${flag} ${text}: is no number of seconds`, `try ${flag} 600`)
}

/** 0 … 1, without 1. */
export function shareOf(flag: string, text: string): number {
  const value = Number(text)
  if (text.trim() !== '' && value >= 0 && value < 1) return value
  throw new UserError(`${flag} ${text}: not a share from 0 to less than 1`, `try ${flag} 0.3`)
}

/** Shares that grow, each above 0: "0.1,0.5". */
export function growingShares(flag: string, text: string): number[] {
  const shares = text.split(',').map((share) => shareOf(flag, share))
  if (shares.every((share, n) => share > (shares[n - 1] ?? 0))) return shares
  throw new UserError(`${flag} ${text}: not shares that grow`, `try ${flag} 0.1,0.5`)
}
