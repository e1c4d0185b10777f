/** Runs once before all tests: makes sure that there is a Chromium, installing one where that is possible. */
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { findChromium } from '../trainer/chromium.ts'

export default function setup(): void {
  if (findChromium()) return
  const run = (command: string, ...args: string[]) => execFileSync(command, args, { stdio: 'inherit' })
  if (existsSync('/usr/bin/apt-get') && process.getuid?.() === 0) {
    run('apt-get', 'update')
    run('apt-get', 'install', '-y', '--no-install-recommends', 'chromium')
  } else {
    run('npx', 'playwright-core', 'install', 'chromium')
  }
  if (!findChromium()) throw new Error('no Chromium could be installed: install one, or set CHROMIUM to its path')
}
