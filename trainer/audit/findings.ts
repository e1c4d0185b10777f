/** What an audit finds: for people and, as JSON, for machines. */

/**
 * `critical`: the log or what it names is not what it should be, and a browser that is told of it refuses it, or ought to be told.
 * `warning`: it is, and something may soon not be, or cannot be shown. `note`: what whoever reads this should know.
 */
export type Severity = 'critical' | 'warning' | 'note'

const SEVERITIES = {
  'checkpoint-missing': 'critical',
  'checkpoint-malformed': 'critical',
  'checkpoint-signature': 'critical',
  stale: 'warning',
  witnesses: 'critical',
  'tile-missing': 'critical',
  'tile-malformed': 'critical',
  'tile-differs': 'critical',
  'root-differs': 'critical',
  shrunk: 'critical',
  fork: 'critical',
  'split-view': 'critical',
  'malformed-entry': 'critical',
  'no-policy': 'critical',
  'wrong-publisher': 'critical',
  /** The key that was given followed another, whose entries it does not vouch for. */
  'published-before': 'warning',
  'wrong-signature': 'critical',
  'rotation-unsigned': 'critical',
  'version-twice': 'critical',
  'version-back': 'critical',
  gap: 'critical',
  'restores-nothing': 'critical',
  'unknown-task': 'critical',
  'round-open': 'critical',
  'round-closed': 'critical',
  'too-few': 'critical',
  'manifest-missing': 'critical',
  'manifest-differs': 'critical',
  'chunk-missing': 'warning',
  'chunk-differs': 'critical',
  'model-incomplete': 'critical',
  'rollback-differs': 'critical',
  'stage-differs': 'critical',
  'aggregate-missing': 'critical',
  'aggregate-differs': 'critical',
  /** Browsers that run the newest release take no part in it. */
  'task-refused': 'warning',
  staged: 'note',
  'one-operator': 'note',
  'tag-missing': 'critical',
  'tag-differs': 'critical',
  'integrity-differs': 'critical',
  'tag-policy': 'critical',
  'latest-unlogged': 'critical',
  'latest-behind': 'warning',
  'not-pinned': 'note',
  'no-witnesses': 'note',
} as const satisfies Record<string, Severity>

export type FindingCode = keyof typeof SEVERITIES

export interface Finding {
  code: FindingCode
  severity: Severity
  /** Path of the file, or "entry 17". */
  where: string
  message: string
  /** The bytes that show it: notes as text, else in base64. */
  evidence: { what: string; text?: string; base64?: string }[]
}

export function finding(
  code: FindingCode,
  where: string,
  message: string,
  evidence: Record<string, Uint8Array | string | undefined> = {},
): Finding {
  const shown = Object.entries(evidence).flatMap(([what, bytes]) =>
    bytes === undefined
      ? []
      : [
          typeof bytes === 'string'
            ? { what, text: bytes }
            : { what, ...readable(bytes.subarray(0, MAX_EVIDENCE_BYTES)) },
        ],
  )
  return { code, severity: SEVERITIES[code], where, message, evidence: shown }
}

/** Of each file: a checkpoint, a record, a hash; of what is longer, the beginning. */
const MAX_EVIDENCE_BYTES = 65_536

function readable(bytes: Uint8Array): { text: string } | { base64: string } {
  const text = new TextDecoder().decode(bytes)
  // Control characters other than newline would do things to a terminal.
  const isText = !text.includes('\ufffd') && [...text].every((character) => character >= ' ' || character === '\n')
  return isText ? { text } : { base64: Buffer.from(bytes).toString('base64') }
}
