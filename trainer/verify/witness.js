/**
 * Runs in the page before the page's own scripts, only in the browser that `vitrine verify` starts. It writes down what
 * cannot be asked for later (refusals of the policy, layout shifts, long frames) and reads the page when told to. Plain
 * JavaScript, because it is handed to the browser as it stands. `evidence.ts` declares what `read` returns.
 */
;(() => {
  const KEY = Symbol.for('vitrine.witness')
  if (window !== window.top || window[KEY]) return

  const violations = []
  const shifts = []
  const resizes = []
  const longScripts = []

  addEventListener(
    'securitypolicyviolation',
    ({ effectiveDirective, blockedURI, sourceFile, sample, disposition }) =>
      violations.push({ directive: effectiveDirective, blocked: blockedURI, sourceFile, sample, disposition }),
    true,
  )

  const observe = (type, onEntry) => {
    if (!PerformanceObserver.supportedEntryTypes.includes(type)) return
    new PerformanceObserver((list) => list.getEntries().forEach(onEntry)).observe({ type, buffered: true })
  }
  observe('layout-shift', ({ startTime, value, hadRecentInput }) => {
    if (!hadRecentInput) shifts.push({ time: startTime, value })
  })
  observe('long-animation-frame', ({ scripts }) => {
    for (const { sourceURL, invoker, duration } of scripts) longScripts.push({ url: sourceURL, invoker, duration })
  })

  // A shelf that changes its height is what may push the page about.
  const heights = new WeakMap()
  const sizes = new ResizeObserver((entries) => {
    for (const { target, contentRect } of entries) {
      const before = heights.get(target) ?? 0
      heights.set(target, contentRect.height)
      if (before !== contentRect.height) resizes.push({ time: performance.now(), before, after: contentRect.height })
    }
  })
  const shelves = document.getElementsByTagName('vitrine-shelf')
  const watched = new WeakSet()
  const watchShelves = () => {
    for (const shelf of shelves) {
      if (watched.has(shelf)) continue
      watched.add(shelf)
      sizes.observe(shelf)
    }
  }
  new MutationObserver(watchShelves).observe(document, { subtree: true, childList: true })

  const text = (value) => (value === undefined || value === null || value === '' ? undefined : String(value))
  const list = (value) => (Array.isArray(value) ? value : value === undefined || value === null ? [] : [value])
  const isObject = (value) => typeof value === 'object' && value !== null

  // As `isTagFile` in visit.ts knows them: by name, or pinned to a release.
  const TAG_FILE = /\/(vitrine|assets\/vitrine\.[0-9a-f]{16})\.js([?#]|$)/
  const readScripts = () =>
    [...document.scripts]
      .filter((script) => script.dataset.vitrine !== undefined || TAG_FILE.test(script.src))
      .map((script) => ({
        src: script.src,
        consent: script.dataset.consent,
        integrity: script.integrity,
        crossOrigin: script.crossOrigin,
        referrerPolicy: script.referrerPolicy,
        nonce: script.nonce,
        wasm: script.dataset.wasm !== undefined,
        blocksParsing: !script.async && !script.defer && script.type !== 'module',
      }))

  const readDataLayer = () => {
    const events = []
    const consents = []
    const layer = Array.isArray(window.dataLayer) ? window.dataLayer : undefined
    const ids = (items) => list(items).map((item) => text(isObject(item) ? (item.item_id ?? item.id) : undefined))
    for (const entry of layer ?? []) {
      if (!isObject(entry)) continue
      const isTuple = Array.isArray(entry) || Object.prototype.toString.call(entry) === '[object Arguments]'
      if (isTuple && entry[0] === 'event') {
        events.push({ name: text(entry[1]), ids: ids(entry[2]?.items).filter(Boolean) })
      } else if (isTuple && entry[0] === 'consent') {
        const said = isObject(entry[2]) ? entry[2] : {}
        consents.push({
          kind: text(entry[1]),
          personalisation: text(said.personalization_storage),
          functionality: text(said.functionality_storage),
        })
      } else if (typeof entry.event === 'string') {
        events.push({ name: entry.event, ids: ids(entry.ecommerce?.items ?? entry.items).filter(Boolean) })
      }
    }
    return { present: layer !== undefined, events, consents }
  }

  const readJsonLd = () => {
    const types = []
    const products = []
    const errors = []
    const visit = (node) => {
      if (Array.isArray(node)) return node.forEach(visit)
      if (!isObject(node)) return
      const own = list(node['@type']).map((type) => String(type).replace(/^https?:\/\/schema\.org\//, ''))
      types.push(...own)
      if (own.includes('Product') || own.includes('ProductGroup')) {
        products.push({ id: text(node.sku ?? node.productID ?? node.productGroupID), name: text(node.name) })
      }
      Object.values(node).forEach(visit)
    }
    for (const script of document.querySelectorAll('script[type="application/ld+json"]')) {
      try {
        visit(JSON.parse(script.textContent))
      } catch (error) {
        errors.push(String(error.message))
      }
    }
    return { types: [...new Set(types)], products, errors }
  }

  const meta = (property) => text(document.querySelector(`meta[property="${property}"]`)?.content)

  const read = () => ({
    address: location.href,
    secure: isSecureContext,
    gpc: navigator.globalPrivacyControl === true,
    running: window.vitrine?.running === true,
    scripts: readScripts(),
    metaPolicies: [...document.querySelectorAll('head > meta[http-equiv="content-security-policy" i]')].map(
      ({ content }) => content,
    ),
    dataLayer: readDataLayer(),
    attributes: [...document.querySelectorAll('[data-vitrine-event], [data-vitrine-item]')].map(({ dataset }) => ({
      event: text(dataset.vitrineEvent),
      item: text(dataset.vitrineItem),
    })),
    jsonLd: readJsonLd(),
    openGraph: { type: meta('og:type'), item: meta('product:retailer_item_id') },
    shelves: [...shelves].map((shelf) => ({
      kind: shelf.getAttribute('kind') ?? 'for-you',
      state: shelf.dataset.state,
      cards: shelf.shadowRoot?.querySelectorAll('li').length ?? 0,
    })),
    violations,
    shifts,
    resizes,
    longScripts,
  })

  /** The tag's own answer; undefined when there is none in time. */
  const ask = (command, timeoutMs) =>
    Promise.race([window.vitrine?.(command), new Promise((resolve) => setTimeout(resolve, timeoutMs))])

  /** Brings each shelf before the shopper's eyes, so that it can be seen to be seen. */
  const look = async () => {
    for (const shelf of shelves) {
      shelf.scrollIntoView({ block: 'center', behavior: 'instant' })
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }

  const links = () =>
    [...document.querySelectorAll('a[href]')].filter((link) => link.origin === location.origin).map(({ href }) => href)

  /** The next page is judged by what happens from now on, also where it comes without a new document. */
  const focus = (href) => {
    for (const seen of [shifts, resizes, longScripts]) seen.length = 0
    ;[...document.querySelectorAll('a[href]')].find((link) => link.href === href)?.focus({ preventScroll: true })
  }

  Object.defineProperty(window, KEY, { value: { read, ask, look, links, focus } })
})()
