/**
 * What a Content-Security-Policy must allow for the tag, and which directives are missing, written out in full.
 * https://www.w3.org/TR/CSP3/, with the fallbacks of section 6.8 and the URL matching of section 6.7.2.8.
 */

/** What the tag needs of a page, and how each need shows in a policy. */
export type Need = 'tag' | 'shelf' | 'edge' | 'worker' | 'kernel' | 'trusted-types'

export interface Missing {
  need: Need
  /** To put in the place of the directive of that name, or to add: "connect-src 'self' https://edge.example". */
  directive: string
}

export interface TagInPage {
  /** Of the page. */
  origin: string
  /** The folder of the tag. Ends in "/". */
  edge: string
  src: string
  nonce: string
  integrity: string
  /** It says that WebAssembly is allowed. */
  wasm: boolean
  hasShelves: boolean
}

type Directives = Map<string, string[]>

const FALLBACKS = {
  'script-src': ['script-src-elem', 'script-src', 'default-src'],
  'connect-src': ['connect-src', 'default-src'],
  'worker-src': ['worker-src', 'child-src', 'script-src', 'default-src'],
  wasm: ['script-src', 'default-src'],
}

/** @param header as it was sent: several policies may be joined by commas */
export function splitPolicies(header: string): string[] {
  return header
    .split(/[,\n]/)
    .map((policy) => policy.trim())
    .filter((policy) => policy !== '')
}

export function missingDirectives(policy: string, tag: TagInPage): Missing[] {
  const directives = parse(policy)
  const missing: Missing[] = []
  const edgeOrigin = new URL(tag.edge).origin
  const edgeSource = edgeOrigin === tag.origin ? "'self'" : edgeOrigin

  const scripts = effective(directives, 'script-src')
  if (scripts) {
    const isDynamic = scripts.sources.includes("'strict-dynamic'")
    const allows = (url: string) => allowsScript(scripts.sources, url, tag)
    const add = isDynamic ? "'nonce-…'" : edgeSource
    if (!allows(tag.src)) missing.push({ need: 'tag', directive: extend(scripts.name, scripts.sources, add) })
    // With 'strict-dynamic' a script that runs may add others.
    else if (tag.hasShelves && !isDynamic && !allows(`${tag.edge}assets/shelf.js`)) {
      missing.push({ need: 'shelf', directive: extend(scripts.name, scripts.sources, `${tag.edge}assets/`) })
    }
  }
  const compiles = effective(directives, 'wasm')
  if (tag.wasm && compiles && !compiles.sources.some((source) => /^'(wasm-)?unsafe-eval'$/.test(source))) {
    // Of two directives of one name only the first counts, so what else script-src lacks is written into the same.
    const other = missing.find(({ directive }) => directive.startsWith('script-src '))
    const sources = other?.directive.split(' ').slice(1) ?? compiles.sources
    const directive = extend('script-src', sources, "'wasm-unsafe-eval'")
    if (other) other.directive = directive
    missing.push({ need: 'kernel', directive })
  }
  const connections = effective(directives, 'connect-src')
  if (
    connections &&
    !['assets/worker.js', 'v1/latest', 'v1/chunks/0', 'v1/log/tile/0/000'].every((path) =>
      connects(`${tag.edge}${path}`),
    )
  ) {
    missing.push({
      need: 'edge',
      directive: extend('connect-src', withoutScriptWords(connections.sources), edgeSource),
    })
  }
  function connects(url: string): boolean {
    return (connections?.sources ?? []).some((source) => matches(source, url, tag.origin))
  }
  const workers = effective(directives, 'worker-src')
  if (workers && !workers.sources.includes('blob:')) {
    const directive = extend('worker-src', withoutScriptWords(workers.sources), 'blob:')
    missing.push({ need: 'worker', directive })
  }
  const names = directives.get('trusted-types')
  if (names && !names.includes('vitrine') && !names.includes('*')) {
    missing.push({ need: 'trusted-types', directive: extend('trusted-types', names, 'vitrine') })
  }
  return missing
}

function parse(policy: string): Directives {
  const directives: Directives = new Map()
  for (const directive of policy.split(';')) {
    const [name, ...values] = directive.trim().split(/\s+/)
    // Of two directives of one name, the first counts.
    if (name && !directives.has(name.toLowerCase())) directives.set(name.toLowerCase(), values)
  }
  return directives
}

function effective(directives: Directives, directive: keyof typeof FALLBACKS) {
  const name = FALLBACKS[directive].find((candidate) => directives.has(candidate))
  if (!name) return undefined
  return { name: name === 'default-src' ? directive : name, sources: directives.get(name) ?? [] }
}

function allowsScript(sources: string[], url: string, { src, nonce, integrity, origin }: TagInPage): boolean {
  if (nonce !== '' && sources.includes(`'nonce-${nonce}'`)) return true
  const hashes = integrity.split(/\s+/).filter((hash) => hash !== '')
  if (url === src && hashes.some((hash) => sources.includes(`'${hash}'`))) return true
  return !sources.includes("'strict-dynamic'") && sources.some((source) => matches(source, url, origin))
}

function extend(name: string, sources: string[], added: string): string {
  return [name, ...sources.filter((source) => source !== "'none'" && source !== added), added].join(' ')
}

/** What a fallback allowed stays allowed; nonces, hashes and the like say something about scripts only. */
function withoutScriptWords(sources: string[]): string[] {
  return sources.filter((source) => !source.startsWith("'") || source === "'self'")
}

function matches(source: string, address: string, origin: string): boolean {
  const url = new URL(address)
  if (source === '*') return /^(https?|wss?):$/.test(url.protocol)
  if (source === "'self'") return url.origin === origin
  if (/^[a-z][a-z0-9+.-]*:$/i.test(source)) return sameScheme(source.toLowerCase(), url.protocol)
  const [, scheme, host, port, path = ''] =
    /^(?:([a-z][a-z0-9+.-]*:)\/\/)?([^:/]+|\[[^\]]+\])(?::(\d+|\*))?(\/.*)?$/i.exec(source) ?? []
  if (!host || source.startsWith("'")) return false
  if (!sameScheme(scheme?.toLowerCase() ?? new URL(origin).protocol, url.protocol)) return false
  if (!sameHost(host.toLowerCase(), url.hostname)) return false
  const ownPort = url.port || defaultPort(url.protocol)
  if (port !== '*' && ownPort !== (port ?? defaultPort(url.protocol)) && !(port === '80' && ownPort === '443'))
    return false
  if (path === '' || path === '/') return true
  return path.endsWith('/') ? url.pathname.startsWith(path) : url.pathname === path
}

/** A policy for http holds for https too, never the other way round. */
function sameScheme(allowed: string, actual: string): boolean {
  return allowed === actual || (allowed === 'http:' && actual === 'https:')
}

function sameHost(allowed: string, actual: string): boolean {
  if (allowed === '*') return true
  return allowed.startsWith('*.') ? actual.endsWith(allowed.slice(1)) : actual === allowed
}

function defaultPort(protocol: string): string {
  return protocol === 'https:' ? '443' : '80'
}
