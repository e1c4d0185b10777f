/** Runs once before all tests: builds the tag and the shop, and makes sure that there is a Chromium. */
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { findChromium } from '../trainer/chromium.ts'
import { buildWeb } from '../web/build.ts'

export default async function setup(): Promise<void> {
  installChromium()
  // Once for all: test files run side by side, and a build empties what another serves.
  await buildWeb()
}

function installChromium(): void {
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
