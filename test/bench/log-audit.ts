/** A whole audit of a log in a folder, beside the hashes and the signatures that no audit can do without, on one thread. */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { AuditTimes } from './log-audit-process.ts'
import { logFolder } from './log-folder.ts'
import { type Row, rounded } from './row.ts'

const MIB = 1 << 20

export async function benchAudit(entries: number): Promise<Row> {
  const { folder, setUpMs } = await logFolder(entries)
  const times = await auditAlone(folder)
  const verifyMs = (times.verifyMs / times.verified) * entries
  const floorMs = times.hashMs + verifyMs
  return {
    op: 'audit',
    entries,
    ms: rounded(times.ms, 0),
    per_second: rounded((entries / times.ms) * 1000, 0),
    cpu_ms: rounded(times.cpuMs, 0),
    floor_ms: rounded(floorMs, 0),
    ratio: rounded(times.ms / floorMs, 2),
    sha256: times.hashes,
    sha256_floor_ms: rounded(times.hashMs, 0),
    // Extrapolated from so many.
    ed25519_measured: times.verified,
    ed25519_floor_ms: rounded(verifyMs, 0),
    peak_rss_mib: rounded(times.peakRssBytes / MIB, 0),
    start_rss_mib: rounded(times.startRssBytes / MIB, 0),
    // 0 where the log was made by an earlier run.
    set_up_ms: rounded(setUpMs, 0),
  }
}

async function auditAlone(folder: string): Promise<AuditTimes> {
  const script = join(import.meta.dirname, 'log-audit-process.ts')
  const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', script, folder])
  return JSON.parse(stdout)
}
