/**
 * The shop's tabs tell each other that the shared log changed. Nothing of the log itself is said: whoever hears it reads
 * the database. A script of the shop can speak here too, so what arrives is decoded.
 */
import type { Consent } from '../protocol.ts'
import { decodeConsent } from './consent.ts'

export type TabMessage = { type: 'changed' | 'forgotten' } | { type: 'consent'; consent: Consent }

export interface Tabs {
  tell(message: TabMessage): void
  close(): void
}

export function openTabs(onMessage: (message: TabMessage) => void): Tabs {
  const channel = openChannel()
  if (!channel) return { tell() {}, close() {} }
  channel.onmessage = ({ data }) => {
    const message = decodeTabMessage(data)
    if (message) onMessage(message)
  }
  let isOpen = true
  return {
    tell(message) {
      if (isOpen) channel.postMessage(message) // on a closed one it throws
    },
    close() {
      isOpen = false
      channel.close()
    },
  }
}

function openChannel(): BroadcastChannel | undefined {
  try {
    return new BroadcastChannel('vitrine')
  } catch {
    return undefined // an opaque origin, or a browser without: then each tab keeps to itself
  }
}

function decodeTabMessage(value: unknown): TabMessage | undefined {
  const { type, consent } = Object(value) as Record<string, unknown>
  if (type === 'changed' || type === 'forgotten') return { type }
  const decoded = type === 'consent' ? decodeConsent(consent) : undefined
  return decoded && { type: 'consent', consent: decoded }
}
