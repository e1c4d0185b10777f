/** `--backend`, the same in every command that trains. */
import { BACKEND_CHOICES, type Backend, type BackendChoice } from './backend.ts'
import { oneOf } from './flags.ts'

export const BACKEND_FLAG = {
  type: 'string',
  default: 'auto',
  valueHint: BACKEND_CHOICES.join('|'),
  description: 'What computes; vitrine doctor says which there are, and why',
} as const

/** @throws UserError when there is no back end of that name */
export function backendChoice(text: string): BackendChoice {
  return oneOf('--backend', BACKEND_CHOICES, text)
}

/** In a line, with the reason for each that would have come first. */
export function describeBackend({ name, device, software, passedOver }: Backend): string {
  const others = passedOver.map((other) => `${other.name} is not: ${other.reason}`)
  return [`back end ${name} is used, on ${device}${software ? ' (software)' : ''}`, ...others].join('; ')
}
