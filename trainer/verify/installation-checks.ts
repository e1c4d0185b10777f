/** Is it there? The page, its script tag, the edge, the record, the bundle. */
import { pinnedName } from '../../shared/tlog/release-files.ts'
import type { Check, State } from './checklist.ts'
import type { Asked, EdgeReading, Evidence, Exchange, TagScript } from './evidence.ts'
import { isTagFile } from './visit.ts'

const TAG_LINE = '<script async src="https://EDGE/vitrine.js" data-wasm referrerpolicy="no-referrer"></script>'

export function checkPage({ asked, answer, page }: Evidence): Check {
  const base = { id: 'page', title: 'Page' }
  if (!answer) return { ...base, state: 'ok', found: 'reached by a link, without loading a new document' }
  const { failure, status = 0, redirects, loadedInTime } = answer
  const details = redirects.map((hop) => `${hop.status} ${hop.url}`)
  if (failure) {
    const remedy = failure.includes('ERR_CERT')
      ? 'mend the certificate, or pass --ignore-https-errors'
      : 'open the address in a browser on this machine; more time is --timeout SECONDS'
    return { ...base, state: 'fail', found: `${asked} did not answer (${failure})`, details, remedy }
  }
  if (status >= 400) {
    const remedy =
      status === 401 || status === 403 || status === 429
        ? 'let this machine in: the shop refuses automatic visits or wants a password'
        : 'verify an address that exists'
    return { ...base, state: 'fail', found: `status ${status}`, details, remedy }
  }
  const found = `status ${status}${redirects.length > 0 ? ` after ${counted(redirects.length, 'redirect')}` : ''}`
  if (page && !page.secure) {
    const remedy = 'serve the page over https: browsers give other pages no cryptography, and the tag does not start'
    return { ...base, state: 'fail', found: `${found}, not over https`, details, remedy }
  }
  if (!loadedInTime) {
    const remedy = 'see what the page waits for; more time is --timeout SECONDS'
    return {
      ...base,
      state: 'warn',
      found: `${found}, and it went on loading until the time was over`,
      details,
      remedy,
    }
  }
  return { ...base, state: 'ok', found, details }
}

export function checkTag({ answer, page, exchanges, edge, edgeReading }: Evidence): Check | undefined {
  if (!page || answer?.failure) return undefined
  const base = { id: 'tag', title: 'Script tag' }
  const [script, ...more] = page.scripts
  if (!script) {
    if (page.running) return { ...base, state: 'ok', found: 'running, loaded by another script' }
    const remedy = `add to the head of every page, with the line "vitrine publish" printed: ${TAG_LINE}`
    return { ...base, state: 'fail', found: 'no script element of vitrine.js on this page', remedy }
  }
  const exchange = exchanges.find(({ url }) => url === script.src)
  if (!page.running) return { ...base, state: 'fail', ...whyNotRunning(script, exchange, edgeReading) }

  const details = [script.src]
  const advice: string[] = []
  let state: State = 'ok'
  if (more.length > 0) {
    state = 'warn'
    advice.push(
      `remove ${more.length === 1 ? 'the second tag' : `${more.length} tags`}: the first one runs, others only cost a request`,
    )
    for (const other of more) details.push(other.src)
  }
  if (exchange?.referrer && new URL(exchange.referrer).pathname !== '/') {
    state = 'warn'
    details.push(`its request told the edge which page it was: Referer: ${exchange.referrer}`)
    advice.push('add referrerpolicy="no-referrer" to the tag')
  } else if (script.referrerPolicy !== 'no-referrer') {
    advice.push('add referrerpolicy="no-referrer" to the tag, so that no page’s address reaches the edge')
  }
  if (script.blocksParsing) {
    state = 'warn'
    advice.push('add async to the tag: now the page waits for it')
  }
  const pinned = edge && edgeReading && pinnedAt(edge, edgeReading)
  if (pinned && isForeign(script, page.address)) {
    const name = fileOf(script)
    if (!script.integrity) advice.push(`to pin this release: ${pinned}`)
    else if (name === 'vitrine.js')
      advice.push(`the next release will not fit its integrity; to pin this one: ${pinned}`)
    else if (!pinned.includes(name)) advice.push(`a newer release is there: ${pinned}`)
  }
  const how = more.length > 0 ? `running, added ${more.length + 1} times` : 'running'
  return { ...base, state, found: how, details, ...(advice.length > 0 ? { remedy: advice.join('; ') } : {}) }
}

function whyNotRunning(
  script: TagScript,
  exchange: Exchange | undefined,
  edge: EdgeReading | undefined,
): Pick<Check, 'found' | 'remedy' | 'details'> {
  const details = [script.src]
  const hash = edge?.integrity[fileOf(script)]
  const { status = 200, failure, readable = true } = edge?.tag ?? {}
  if (status >= 300) {
    const remedy = 'mend the address in src: it is the edge’s, followed by /vitrine.js'
    return { found: `in the page, but its file is answered with status ${status}`, details, remedy }
  }
  if (failure) {
    const remedy = `see that ${new URL(script.src).origin} answers from the shoppers’ network`
    return { found: `in the page, but its file could not be loaded (${failure})`, details, remedy }
  }
  if (script.integrity && isKnownMismatch(script.integrity, hash)) {
    const remedy = `the edge serves another release: integrity="${hash}" crossorigin="anonymous"`
    return { found: 'refused by its integrity attribute', details, remedy }
  }
  if (script.integrity && script.crossOrigin === null && exchange?.status === undefined) {
    const remedy = 'an integrity attribute on a script from another origin needs crossorigin="anonymous"'
    return { found: 'refused: it has integrity and no crossorigin', details, remedy }
  }
  if (script.crossOrigin !== null && !readable) {
    const remedy = 'let the header access-control-allow-origin: * through, or leave out crossorigin'
    return { found: 'refused: it has crossorigin, and the answer no CORS header', details, remedy }
  }
  if (exchange?.failure === 'csp') {
    const remedy = 'see "Content-Security-Policy" below'
    return { found: 'refused by the page’s Content-Security-Policy', details, remedy }
  }
  if (exchange?.failure) {
    const remedy = 'see that src is the edge’s /vitrine.js, and that no page is answered in its place'
    return { found: `in the page, but the browser did not take its file (${exchange.failure})`, details, remedy }
  }
  if (!exchange) {
    const remedy = 'see that nothing (a policy, a consent tool, type="text/plain") keeps the page from loading it'
    return { found: 'in the page, but the browser did not ask for its file', details, remedy }
  }
  return { found: 'loaded, but not running', details, remedy: 'see what the console says, below' }
}

function isKnownMismatch(integrity: string, hash: string | undefined): boolean {
  return hash !== undefined && /sha256-/.test(integrity) && !integrity.split(/\s+/).includes(hash)
}

/** The newest release by the name that never serves another; undefined where nothing was released. */
function pinnedAt(edge: string, { integrity }: EdgeReading): string | undefined {
  const name = pinnedName(integrity)
  return name && `src="${edge}assets/${name}" integrity="${integrity[name]}" crossorigin="anonymous"`
}

const fileOf = ({ src }: TagScript) => new URL(src).pathname.split('/').at(-1) ?? ''

function isForeign({ src }: TagScript, address: string): boolean {
  return new URL(src).origin !== new URL(address).origin
}

export function checkRecord({ page, edgeReading }: Evidence): Check | undefined {
  const record = edgeReading?.record
  if (!page || !record) return undefined
  const base = { id: 'record', title: 'On record' }
  if (record.is === 'unreleased') {
    const remedy = 'release the tag: "vitrine publish" does, to the edge that serves it'
    return { ...base, state: 'fail', found: 'the tag that is served has no policy written into it', remedy }
  }
  const { publisher, cosignatures } = record.policy
  if (record.is === 'refused') {
    const found = `what the edge offers would be refused: ${record.problem}`
    const remedy = 'see "vitrine audit" for the whole log; an edge that is running signs its checkpoint anew every hour'
    return { ...base, state: 'fail', found, details: [publisher], remedy }
  }
  const witnessed = cosignatures > 0 ? `, ${counted(cosignatures, 'cosignature')} asked for` : ', no witness asked for'
  const found = `in ${record.origin}, ${record.size} ${record.size === 1 ? 'entry' : 'entries'}${witnessed}`
  return { ...base, state: 'ok', found, details: [publisher] }
}

export function checkEdge(evidence: Evidence): Check | undefined {
  const { edge, edgeReading, exchanges, page } = evidence
  if (!edge || !edgeReading || !page) return undefined
  const base = { id: 'edge', title: 'Edge' }
  const asked: Asked[] = [edgeReading.latest, ...(edgeReading.manifest ? [edgeReading.manifest] : [])]
  const own = exchanges.filter(({ url }) => url.startsWith(edge) && !isTagFile(url))
  const chunks = own.filter(({ url }) => url.includes('/v1/chunks/'))
  const details = [
    ...describeGroup(
      'latest',
      own.filter(({ url }) => url.endsWith('/v1/latest')),
    ),
    ...describeGroup('manifest and chunks', chunks),
    ...describeGroup(
      'scripts',
      own.filter(({ url }) => url.includes('/assets/')),
    ),
  ]
  const silent = asked.find(({ failure }) => failure)
  if (silent) {
    const remedy = `start the edge, or see that ${new URL(edge).host} can be reached from here`
    return { ...base, state: 'fail', found: `no answer from ${silent.url} (${silent.failure})`, details, remedy }
  }
  if (edgeReading.latest.status === 404) {
    const remedy = `publish one: vitrine publish --edge ${edge.slice(0, -1)}`
    return { ...base, state: 'fail', found: 'it answers, and has no bundle', details, remedy }
  }
  const refused = asked.find(({ status = 0 }) => status !== 200)
  if (refused) {
    const remedy = 'see that nothing before the edge (a proxy, a login, a redirect) answers in its place'
    return {
      ...base,
      state: 'fail',
      found: `${refused.url} was answered with status ${refused.status}`,
      details,
      remedy,
    }
  }
  const { problem } = edgeReading.latest
  if (problem) {
    const remedy = 'see that nothing before the edge answers in its place'
    return { ...base, state: 'fail', found: `${edgeReading.latest.url}: ${problem}`, details, remedy }
  }
  const unreadable = asked.find(({ readable }) => !readable)
  if (unreadable) {
    const remedy = 'let the header access-control-allow-origin: * through; the edge sends it'
    return { ...base, state: 'fail', found: `CORS: ${unreadable.url} may not be read by this page`, details, remedy }
  }
  const broken = own.filter(({ failure, status = 0 }) => failure || status >= 400)
  if (broken.length > 0) {
    const found = `it answers here, but ${counted(broken.length, 'request')} of the page went wrong`
    const remedy = 'see "Content-Security-Policy", or ask again: the edge may have been busy'
    return { ...base, state: 'fail', found, details: [...details, ...broken.map(describeFailure)], remedy }
  }
  const bytes = own.reduce((sum, exchange) => sum + (exchange.bytes ?? 0), 0)
  if (own.length === 0) return { ...base, state: 'ok', found: `${edge} answers; the page asked it for nothing` }
  const found = `${edge} answered ${counted(own.length, 'request')}, ${inKilobytes(bytes)}`
  return { ...base, state: 'ok', found, details }
}

export function checkBundle({ page, status, edgeReading }: Evidence): Check | undefined {
  if (!page?.running) return undefined
  const base = { id: 'bundle', title: 'Bundle' }
  if (!status) {
    const remedy = 'try again with a longer --timeout; window.vitrine may have been replaced by another script'
    return { ...base, state: 'fail', found: 'vitrine("status") had no answer', remedy }
  }
  const { bundle, refused, offline, failed } = status
  if (failed) {
    return {
      ...base,
      state: 'fail',
      found: failed,
      remedy: 'see "Content-Security-Policy" and "Edge": the worker did not start',
    }
  }
  const installed = `version ${bundle.version}, ${counted(bundle.items, 'item')}, ${bundle.parts.join(', ')}`
  if (refused) {
    const remedy = 'see "On record", and "vitrine audit" for the whole log; a new page has the newest tag'
    const kept = bundle.version > 0 ? `; the page goes on with ${installed}` : ''
    // Of what is not the publisher's word, the version is nobody's.
    const what = refused.version > 0 ? `version ${refused.version}` : 'what the edge offers'
    const found = `${what} was refused: ${refused.reason}${kept}`
    return { ...base, state: 'fail', found, remedy }
  }
  if (bundle.version === 0) {
    const found = offline ? 'none: the edge could not be reached from the page' : 'none has arrived in time'
    return { ...base, state: 'fail', found, remedy: 'see "Edge"; a longer wait is --timeout SECONDS' }
  }
  const wanted = edgeReading?.manifest?.opened?.chunks.map(({ name }) => name) ?? []
  const lacking = wanted.filter((name) => !bundle.parts.includes(name))
  if (lacking.length > 0) {
    const remedy = 'a longer wait is --timeout SECONDS'
    return { ...base, state: 'warn', found: `${installed}; still to come: ${lacking.join(', ')}`, remedy }
  }
  if (offline) {
    const remedy = 'see "Edge": later pages live on what is kept'
    return { ...base, state: 'warn', found: `${installed}, from a copy: the edge could not be reached`, remedy }
  }
  if (!bundle.simulated) return { ...base, state: 'ok', found: installed }
  const remedy = 'its data is simulated: publish a bundle made from the shop’s own history before shoppers see it'
  return { ...base, state: 'ok', found: `${installed} (simulated)`, remedy }
}

function describeGroup(what: string, exchanges: Exchange[]): string[] {
  if (exchanges.length === 0) return [`${what}: not asked for`]
  const answers = [...new Set(exchanges.map(({ status, failure }) => failure ?? String(status)))].join(', ')
  const bytes = exchanges.reduce((sum, exchange) => sum + (exchange.bytes ?? 0), 0)
  return [`${what}: ${counted(exchanges.length, 'request')}, ${answers}, ${inKilobytes(bytes)}`]
}

function describeFailure({ url, status, failure }: Exchange): string {
  return `${url}: ${failure ?? `status ${status}`}`
}

function inKilobytes(bytes: number): string {
  return `${(bytes / 1000).toFixed(1)} kB`
}

export function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`
}
