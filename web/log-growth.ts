/** Whether the log of the edge has only grown since it was last seen. */
import { compareCheckpoints, type OnRecord } from '../shared/tlog/on-record.ts'
import { Untrusted } from '../shared/tlog/policy.ts'
import { tilePath } from '../shared/tlog/tile.ts'
import { getTile, Unreachable } from './network.ts'
import type { Seen } from './store/witnessed.ts'

/**
 * Tiles are asked for only where the log has grown, and which of them its two sizes decide. A damaged copy in the HTTP cache would stay
 * there for a year, so the second try goes past it.
 * @throws Untrusted
 */
export async function checkGrowth(seen: Seen, offered: Pick<OnRecord, 'checkpoint'>, edge: string): Promise<void> {
  for (const cache of ['force-cache', 'reload'] as const) {
    try {
      await compareCheckpoints(seen.checkpoint, offered.checkpoint, (tile) => getTile(edge, tilePath(tile), cache))
      return
    } catch (error) {
      // An edge that has answered so far is not away: it does not show that its log has only grown.
      if (error instanceof Unreachable) throw new Untrusted('unproven', error.message)
      if (cache === 'reload' || (error instanceof Untrusted && error.why === 'fork')) throw error
    }
  }
}
