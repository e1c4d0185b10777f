/** Is it a good guest? The page's policy, consent, storage, the console, the main thread. */
import type { Check } from './checklist.ts'
import type { Complaint, Evidence, Violation } from './evidence.ts'
import { counted } from './installation-checks.ts'
import { type Missing, missingDirectives, type Need, type TagInPage } from './policy.ts'
import { isTagFile, TAG_SAYS } from './visit.ts'

export function checkPolicy(evidence: Evidence): Check | undefined {
  const { page, policies, edge } = evidence
  if (!page || !edge) return undefined
  const base = { id: 'policy', title: 'Content-Security-Policy' }
  const violations = page.violations.filter((violation) => isOurs(violation, edge))
  const refused = violations.filter(({ disposition }) => disposition === 'enforce')
  if (policies.length === 0) return { ...base, state: 'ok', found: 'the page has none' }

  const script = page.scripts[0]
  const tag: TagInPage = {
    origin: new URL(page.address).origin,
    edge,
    src: script?.src ?? `${edge}vitrine.js`,
    nonce: script?.nonce ?? '',
    wasm: script?.wasm ?? false,
    integrity: script?.integrity ?? '',
    hasShelves: page.shelves.length > 0,
  }
  const works = seenWorking(evidence)
  const lacking = (enforced: boolean) =>
    policies
      .filter((policy) => policy.enforced === enforced)
      .flatMap(({ text }) => missingDirectives(text, tag))
      .filter(({ need }) => !enforced || !works.has(need))
  const missing = lacking(true)
  const details = violations.map(describeViolation)
  const found = describePolicies(evidence)
  if (missing.length > 0 || refused.length > 0) {
    // Only with require-trusted-types-for does a refused policy stop anything, and without the kernel plain loops rank.
    const isHarmless =
      refused.every(isTrustedTypes) &&
      missing.every(({ need }) => need === 'trusted-types' || need === 'kernel') &&
      works.has('worker')
    const lacksKernel = missing.some(({ need }) => need === 'kernel')
    const remedy =
      missing.length > 0
        ? `write into the policy: ${directives(missing)}${lacksKernel ? '; or leave data-wasm out of the tag' : ''}`
        : `allow what was refused: ${[...new Set(refused.map(({ directive, blocked }) => `${directive} ${blocked}`))].join('; ')}`
    const what = `${found}; ${missing.length > 0 ? `missing for ${needs(missing)}` : `${counted(refused.length, 'refusal')}`}`
    return { ...base, state: isHarmless ? 'warn' : 'fail', found: what, details, remedy }
  }
  const later = lacking(false)
  if (later.length > 0) {
    const remedy = `before the report-only policy is enforced, write into it: ${directives(later)}`
    return { ...base, state: 'warn', found: `${found}; enough, for now`, details, remedy }
  }
  return { ...base, state: 'ok', found: `${found}; all that the tag needs is allowed`, details }
}

/** What the browser has let through is allowed, however this file reads the policy. */
function seenWorking({ page, status, exchanges, edge = '' }: Evidence): Set<Need> {
  const works = new Set<Need>()
  if (page?.running) works.add('tag')
  if (page?.shelves.some(({ state }) => state !== undefined)) works.add('shelf')
  if (exchanges.some(({ url, status: answer }) => url === `${edge}v1/latest` && answer)) works.add('edge')
  if (status && !status.failed) works.add('worker')
  return works
}

function isOurs({ directive, blocked, sample, sourceFile }: Violation, edge: string): boolean {
  if (blocked.startsWith(edge)) return true
  if (directive === 'trusted-types') return sample.startsWith('vitrine')
  return sourceFile.startsWith(edge)
}

function isTrustedTypes({ directive }: Violation): boolean {
  return directive === 'trusted-types'
}

function describeViolation({ directive, blocked, disposition }: Violation): string {
  return `${disposition === 'report' ? 'would be refused' : 'refused'} by ${directive}: ${blocked}`
}

function describePolicies({ policies }: Evidence): string {
  const kinds = policies.map(({ from, enforced }) => `${from}${enforced ? '' : ', report only'}`)
  return `${policies.length} (${kinds.join('; ')})`
}

const NEEDS: Record<Need, string> = {
  tag: 'the tag',
  shelf: 'the shelves’ script',
  edge: 'the edge',
  worker: 'the worker',
  kernel: 'the WebAssembly kernel',
  'trusted-types': 'the Trusted Types policy "vitrine"',
}

function needs(missing: Missing[]): string {
  return [...new Set(missing.map(({ need }) => NEEDS[need]))].join(', ')
}

function directives(missing: Missing[]): string {
  return [...new Set(missing.map(({ directive }) => directive))].join('; ')
}

export function checkConsent({ page, status }: Evidence): Check | undefined {
  if (!page || !status) return undefined
  const base = { id: 'consent', title: 'Consent' }
  const attribute = page.scripts[0]?.consent
  const mode = attribute === 'remember' || attribute === 'none' ? attribute : 'auto'
  const signals = page.dataLayer.consents.filter(
    ({ personalisation, functionality }) => personalisation ?? functionality,
  )
  const states = Object.entries(status.consent).map(([what, allowed]) => `${what} ${allowed ? 'yes' : 'no'}`)
  const sources = [
    attribute ? `data-consent="${attribute}"` : 'no data-consent, which is "auto"',
    signals.length > 0 ? `consent mode (${signals.map(({ kind }) => kind).join(', ')})` : 'no consent mode',
    page.gpc ? 'Global Privacy Control: nothing is contributed' : 'no Global Privacy Control',
  ]
  const found = `${states.join(', ')}; from ${sources.join(', ')}`
  const details = signals.map(
    ({ kind, personalisation = 'unsaid', functionality = 'unsaid' }) =>
      `${kind}: personalization_storage ${personalisation}, functionality_storage ${functionality}`,
  )
  if (attribute && attribute !== mode) {
    const remedy = 'data-consent is auto, remember or none'
    return { ...base, state: 'warn', found: `${found}; "${attribute}" is unknown and read as auto`, details, remedy }
  }
  if (page.gpc && status.consent.contribute) {
    const remedy = 'update the tag: with Global Privacy Control nothing may be contributed'
    return { ...base, state: 'fail', found, details, remedy }
  }
  if (mode === 'auto' && signals.length === 0 && !status.consent.remember) {
    const remedy =
      'nothing is remembered from page to page until the shop’s banner says so: Google consent mode with ' +
      'personalization_storage, or vitrine("consent", { remember: true }) when the shopper agrees'
    return { ...base, state: 'warn', found, details, remedy }
  }
  return { ...base, state: 'ok', found, details }
}

export function checkStorage({ status }: Evidence): Check | undefined {
  if (!status || status.failed) return undefined
  const base = { id: 'storage', title: 'Storage' }
  const { storage, consent } = status
  const wanted = consent.remember ? 'indexeddb' : 'memory'
  if (storage === wanted) {
    const why = consent.remember
      ? 'the shopper’s own device, as consent allows'
      : 'ends with the page, until consent allows more'
    return { ...base, state: 'ok', found: `${storage}: ${why}` }
  }
  const remedy = 'see that the page may use IndexedDB: a sandboxed frame or an opaque origin may not'
  return { ...base, state: 'warn', found: `${storage}, although consent says ${wanted}`, remedy }
}

export function checkConsole({ page, complaints, edge }: Evidence): Check | undefined {
  if (!page || !edge) return undefined
  const base = { id: 'console', title: 'Console' }
  const ours = complaints.filter((complaint) => isFromOurFiles(complaint, edge))
  if (ours.length === 0) return { ...base, state: 'ok', found: 'no error from Vitrine’s files' }
  const details = ours.map(({ text, isUncaught }) => `${isUncaught ? 'uncaught: ' : ''}${text.split('\n')[0]}`)
  const isWarning = ours.every(({ text, isUncaught }) => !isUncaught && text.startsWith(TAG_SAYS))
  const remedy = isWarning ? 'the tag says what it lacks' : 'a guest may not do that: please report it with these lines'
  return { ...base, state: 'fail', found: counted(ours.length, 'complaint'), details, remedy }
}

/** What the browser says of requests and policies has its own place in the checklist. */
function isFromOurFiles({ text, url }: Complaint, edge: string): boolean {
  if (/^(Failed to load resource|Access to (fetch|script))|Content Security Policy|Trusted ?(Type|Script)/i.test(text))
    return false
  return text.startsWith(TAG_SAYS) || isTagFile(url) || url.startsWith(`${edge}assets/`)
}

const LONG_TASK_MS = 50

export function checkLongTasks({ page, edge }: Evidence): Check | undefined {
  if (!page?.running || !edge) return undefined
  const base = { id: 'long-tasks', title: 'Main thread' }
  const ours = page.longScripts.filter(
    ({ url, duration }) => duration > LONG_TASK_MS && (isTagFile(url) || url.startsWith(`${edge}assets/`)),
  )
  if (ours.length === 0) return { ...base, state: 'ok', found: `no task of Vitrine’s above ${LONG_TASK_MS} ms` }
  const longest = Math.max(...ours.map(({ duration }) => duration))
  const details = ours.map(({ url, invoker, duration }) => `${Math.round(duration)} ms in ${url} (${invoker})`)
  const remedy = 'look again on a machine that has nothing else to do; if it stays, please report these lines'
  return {
    ...base,
    state: 'warn',
    found: `${counted(ours.length, 'task')}, the longest ${Math.round(longest)} ms`,
    details,
    remedy,
  }
}
