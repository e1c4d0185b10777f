/** Finds a Chromium or Chrome on this machine and starts it headless. */
import { existsSync } from 'node:fs'
import { type Browser, chromium } from 'playwright-core'

const KNOWN_PATHS = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
]

/** `CHROMIUM` in the environment wins, then the usual places, then one that Playwright installed. */
export function findChromium(): string | undefined {
  const named = process.env.CHROMIUM
  if (named) return existsSync(named) ? named : undefined
  return [...KNOWN_PATHS, chromium.executablePath()].find((path) => path && existsSync(path))
}

/** Without these, a headless Chromium on a closed network spends its time failing to reach its maker. */
const QUIET = [
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/**
 * @param leftOut of the flags that Playwright starts it with
 * @throws Error when there is no browser
 */
export function launchChromium(flags: string[] = [], leftOut: string[] = []): Promise<Browser> {
  const executablePath = findChromium()
  if (!executablePath) throw new Error('no Chromium found: install one, or set CHROMIUM to its path')
  const root = process.getuid?.() === 0 ? ['--no-sandbox'] : []
  return chromium.launch({ executablePath, args: [...root, ...QUIET, ...flags], ignoreDefaultArgs: leftOut })
}
