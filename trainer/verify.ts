/**
 * A headless visit of a shop's page and a checklist of what Vitrine finds there, with remedies. `verify/visit.ts`
 * gathers, `verify/checks.ts` judges.
 */
import type { Browser } from 'playwright-core'
import { launchChromium } from './chromium.ts'
import { UserError } from './user-error.ts'
import { type Checklist, countStates, type PageChecks } from './verify/checklist.ts'
import { checkEvidence } from './verify/checks.ts'
import { startVisit } from './verify/visit.ts'

export interface VerifyOptions {
  /** For each page, until the tag has done what it will do. */
  timeoutMs: number
  /** Follows one link to a product and looks again. */
  interact?: boolean
  /** For a shop in development, with a certificate of its own. */
  ignoreHttpsErrors?: boolean
}

/** @throws UserError when the address is none, or this machine has no browser */
export async function verifyPage(url: string, options: VerifyOptions): Promise<Checklist> {
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
    throw new UserError(`"${url}" is no address of a page`, 'write it in full, such as https://shop.example/product/7')
  }
  const browser = await launchChromium().catch((error: Error) => {
    throw new UserError(
      error.message.split('\n')[0],
      'install Chromium or Chrome, or name one with CHROMIUM=/path/to/chrome',
    )
  })
  return verifyIn(browser, url, options).finally(() => browser.close())
}

/** The same in a browser that runs already, with a profile of its own. */
export async function verifyIn(browser: Browser, url: string, options: VerifyOptions): Promise<Checklist> {
  const { timeoutMs, interact = false, ignoreHttpsErrors = false } = options
  const visit = await startVisit(browser, { timeoutMs, ignoreHttpsErrors })
  try {
    const evidence = await visit.open(url)
    const first: PageChecks = { url: evidence.page?.address ?? url, checks: checkEvidence(evidence) }
    if (!interact || !evidence.page) return { ...first, ...countStates([first]) }

    const next = await visit.followProduct(evidence)
    const followed: PageChecks = next
      ? { url: next.page?.address ?? next.asked, checks: checkEvidence(next) }
      : { url: first.url, checks: [NO_PRODUCT_LINK] }
    return { ...first, followed, ...countStates([first, followed]) }
  } finally {
    await visit.close()
  }
}

const NO_PRODUCT_LINK = {
  id: 'product-link',
  title: 'Link to a product',
  state: 'warn',
  found: 'this page has no link to a product that the bundle knows, nor one that looks like it',
  remedy: 'start from a page that lists products, or verify a product page by its own address',
} as const
