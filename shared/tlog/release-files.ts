/**
 * Names of the tag's files in a release. What has its hash in its name never changes, and is served for as long as pages may load it:
 *
 *     vitrine.js                    of the newest release
 *     vitrine.3f1c09ab5d2e8f60.js   the same, for pages that pin it
 *     worker.0f822fa8f2e870f0.js    what the tag of the release loads
 *     integrity.json                of the newest release
 */
const HASH_DIGITS = 16

/** @param sha256 of the file, in hex */
export const hashedName = (stem: string, sha256: string, extension: string): string =>
  `${stem}.${sha256.slice(0, HASH_DIGITS)}.${extension}`

export const isHashedName = (name: string): boolean => /^[\w-]+\.[0-9a-f]{16}\.\w+$/.test(name)

/** The tag by the name that never serves another; undefined where no release has it. */
export const pinnedName = (files: Record<string, string>): string | undefined =>
  Object.keys(files).find((name) => name.startsWith('vitrine.') && isHashedName(name))
