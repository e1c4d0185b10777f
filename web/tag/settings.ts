/**
 * The one line a shop adds, read back:
 *
 *     <script async src="https://edge.example/vitrine.js" data-key="shop+0a1b2c3d+AbC…" data-consent="auto" data-wasm></script>
 */
import { type Consent, DEFAULT_CONSENT } from '../protocol.ts'

export interface Settings {
  /** The folder the tag came from, which is the edge. Ends in "/". */
  edge: string
  /** The verifier key bundles are signed for: "name+hash+base64". */
  key: string
  /** How often a page that stays open asks for a newer bundle; 0 is never. */
  refreshSeconds: number
  language: string
  /** The shop says that the page allows WebAssembly. */
  wasm: boolean
  /** Only "auto" lets the page's Google consent mode speak for the shopper. */
  consentMode: 'auto' | 'remember' | 'none'
  /** What holds until somebody decides. */
  consent: Consent
  /** Passed on to what the tag adds to the page, for a Content-Security-Policy that lists nonces. */
  nonce: string
}

const REFRESH_SECONDS = 900
const INITIAL: Record<Settings['consentMode'], Consent> = {
  auto: DEFAULT_CONSENT,
  remember: { ...DEFAULT_CONSENT, remember: true },
  none: { personalise: false, remember: false, contribute: false },
}

/** @throws Error that tells the shop's developer what its script tag lacks. */
export function readSettings(page: Document): Settings {
  if (!isSecureContext) throw new Error('browsers give a page no cryptography unless it is served over https')
  const script = findScript(page)
  if (!script) throw new Error('its own script element was not found; add data-vitrine-key to it')
  const { key, vitrineKey, consent, refreshSeconds, language, wasm } = script.dataset
  const verifierKey = key ?? vitrineKey
  if (!verifierKey) throw new Error('the script element needs data-key, the key that bundles are signed with')
  const consentMode = consent === 'remember' || consent === 'none' ? consent : 'auto'
  const seconds = Number(refreshSeconds ?? REFRESH_SECONDS)
  return {
    edge: new URL('.', script.src).href,
    key: verifierKey,
    refreshSeconds: seconds >= 0 ? seconds : REFRESH_SECONDS,
    language: language || page.documentElement.lang || navigator.language,
    wasm: wasm !== undefined,
    consentMode,
    consent: INITIAL[consentMode],
    nonce: script.nonce,
  }
}

/** `currentScript` is null where the tag is added as a module or by a bundler. */
function findScript(page: Document): HTMLScriptElement | null {
  const { currentScript } = page
  if (currentScript instanceof HTMLScriptElement && currentScript.src) return currentScript
  return page.querySelector<HTMLScriptElement>('script[data-vitrine-key], script[src$="/vitrine.js"]')
}
