/**
 * The checklist, in the order in which things depend on each other. What cannot be judged, because something before it is
 * missing, is left out: the first ✗ is the one to mend.
 */
import type { Check } from './checklist.ts'
import type { Evidence } from './evidence.ts'
import { checkConsent, checkConsole, checkLongTasks, checkPolicy, checkStorage } from './guest-checks.ts'
import { checkBundle, checkEdge, checkPage, checkRecord, checkTag } from './installation-checks.ts'
import { checkCatalogue, checkEvents, checkSemantics, checkShelves } from './shop-checks.ts'

const CHECKS: ((evidence: Evidence) => Check | undefined)[] = [
  checkPage,
  checkTag,
  checkPolicy,
  checkEdge,
  checkRecord,
  checkBundle,
  checkCatalogue,
  checkSemantics,
  checkEvents,
  checkShelves,
  checkConsent,
  checkStorage,
  checkConsole,
  checkLongTasks,
]

export function checkEvidence(evidence: Evidence): Check[] {
  return CHECKS.map((check) => check(evidence)).filter((check) => check !== undefined)
}
