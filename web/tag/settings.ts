/**
 * The one line a shop adds, read back:
 *
 *     <script async src="https://edge.example/vitrine.js" data-consent="auto" data-wasm></script>
 *
 * What the tag trusts is not said there: the release that the edge serves, and the log has on record, has its policy written into it.
 */
import type { Policy } from '../../shared/tlog/policy.ts'
import { type Consent, DEFAULT_CONSENT } from '../protocol.ts'

/** Written in by a release (`trainer/release.ts`): where there was none, the tag does not start, and the console names this. */
declare const POLICY_OF_THIS_RELEASE: Policy

export interface Settings {
  /** The folder the tag came from, which is the edge. Ends in "/". */
  edge: string
  policy: Policy
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
  if (!isSecureContext) throw new Error('the page is not served over https')
  const script = findScript(page)
  if (!script) throw new Error('no script element: add data-vitrine to it')
  const { consent, refreshSeconds, language, wasm } = script.dataset
  const consentMode = consent === 'remember' || consent === 'none' ? consent : 'auto'
  const seconds = Number(refreshSeconds ?? REFRESH_SECONDS)
  return {
    // A page that pins its release names it by its hash, among the assets.
    edge: new URL(/assets\/vitrine\.\w+\.js/.test(script.src) ? '..' : '.', script.src).href,
    policy: POLICY_OF_THIS_RELEASE,
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
  return page.querySelector<HTMLScriptElement>('script[data-vitrine], script[src$="/vitrine.js"]')
}
