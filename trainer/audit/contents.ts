/** What entries name, held against what is served: a model's manifest and chunks, the files of a release of the tag. */
import { decodeManifest, filesOf, type Manifest, type Stage, sha256Hex } from '../../shared/model/bundle.ts'
import { checkOthers } from '../../shared/model/stage.ts'
import type { ModelEntry, ReleaseEntry, ResultEntry, RollbackEntry } from '../../shared/tlog/entry.ts'
import { findModel } from '../../shared/tlog/find-model.ts'
import { integrityHex, integrityOf } from '../../shared/tlog/integrity.ts'
import type { Policy } from '../../shared/tlog/policy.ts'
import { isHashedName } from '../../shared/tlog/release-files.ts'
import { type Finding, finding } from './findings.ts'
import type { LogSource } from './source.ts'

export interface Contents {
  checkModel(entry: ModelEntry, where: string): Promise<Finding[]>
  /** Of an older version a chunk may be gone; of the one in force, a browser that needs it gets none. */
  requireWhole(entry: ModelEntry): Promise<Finding[]>
  /** That the sum which a round released is served. */
  checkResult(entry: ResultEntry, where: string): Promise<Finding[]>
  /** @param isNewest then its names are served, beside those with a hash */
  checkRelease(entry: ReleaseEntry, policy: Policy | undefined, isNewest: boolean, where: string): Promise<Finding[]>
}

/**
 * @param source is asked once for a chunk that many bundles share
 * @param size of the log
 */
export function openContents(source: LogSource, size: number): Contents {
  const chunks = new Map<string, Promise<{ bytes: number; actual: string } | undefined>>()
  const manifests = new Map<number, Manifest>()

  function look(sha256: string) {
    let looked = chunks.get(sha256)
    if (!looked) {
      looked = source
        .chunk(sha256)
        .then(async (bytes) => bytes && { bytes: bytes.length, actual: await sha256Hex(bytes) })
      chunks.set(sha256, looked)
    }
    return looked
  }

  async function checkModel(entry: ModelEntry, where: string): Promise<Finding[]> {
    const { version, manifest: sha256 } = entry
    const bytes = await source.chunk(sha256)
    if (!bytes)
      return [finding('manifest-missing', where, `the manifest of version ${version} is not served: ${sha256}`)]
    const path = `v1/chunks/${sha256}`
    const actual = await sha256Hex(bytes)
    if (actual !== sha256) {
      return [
        finding('manifest-differs', path, `the manifest of version ${version} has SHA-256 ${actual}`, {
          served: bytes,
        }),
      ]
    }
    let manifest: Manifest
    try {
      manifest = decodeManifest(new TextDecoder().decode(bytes))
    } catch (error) {
      return [finding('manifest-differs', path, (error as Error).message, { served: bytes })]
    }
    if (manifest.version !== version) {
      const message = `version ${version} is on record with a manifest of version ${manifest.version}`
      return [finding('manifest-differs', path, message, { served: bytes })]
    }
    manifests.set(version, manifest)
    const findings: Finding[] = []
    for (const ref of filesOf(manifest)) {
      const seen = await look(ref.sha256)
      const file = `v1/chunks/${ref.sha256}`
      if (!seen) findings.push(finding('chunk-missing', file, `of version ${version}: it is not served`))
      else if (seen.actual !== ref.sha256 || seen.bytes !== ref.bytes) {
        const message = `of version ${version}: ${seen.bytes} bytes with SHA-256 ${seen.actual}, not ${ref.bytes}`
        findings.push(finding('chunk-differs', file, message))
      }
    }
    if (manifest.stage) findings.push(...(await checkStage(manifest, manifest.stage.others, where)))
    if (entry.type === 'rollback') findings.push(...(await compareWithRestored(entry, manifest, where)))
    return findings
  }

  async function requireWhole({ version }: ModelEntry): Promise<Finding[]> {
    const findings: Finding[] = []
    const { stage } = manifests.get(version) ?? {}
    if (stage) {
      const message = `version ${version} is for ${100 * stage.share} % of browsers, and others stay with ${stage.others.version}`
      findings.push(finding('staged', 'the model in force', message))
    }
    const inForce = [version, stage?.others.version]
    for (const one of inForce.filter((known) => known !== undefined)) {
      const manifest = manifests.get(one) ?? (await readManifest(one))
      for (const { name, sha256 } of manifest?.chunks ?? []) {
        if (await look(sha256)) continue
        const message = `"${name}" of version ${one}, in force, is not served`
        findings.push(finding('model-incomplete', `v1/chunks/${sha256}`, message))
      }
    }
    return findings
  }

  async function compareWithRestored(
    { version, restores }: RollbackEntry,
    manifest: Manifest,
    where: string,
  ): Promise<Finding[]> {
    const restored = manifests.get(restores) ?? (await readManifest(restores))
    const chunksOf = ({ chunks: refs }: Manifest) => JSON.stringify(refs)
    if (restored && chunksOf(restored) === chunksOf(manifest)) return []
    const why = restored ? 'its chunks are others' : `version ${restores} is not served`
    return [finding('rollback-differs', where, `version ${version} is said to restore ${restores}: ${why}`)]
  }

  /** That those for whom a version is not have one that everyone had. */
  async function checkStage(manifest: Manifest, { version, manifest: sha256 }: Stage['others'], where: string) {
    const others = await readManifest(version, sha256)
    try {
      if (!others)
        throw new Error(`others stay with ${sha256} as version ${version}, which is not on record and served`)
      checkOthers(manifest, others)
      return []
    } catch (error) {
      return [finding('stage-differs', where, `version ${manifest.version}: ${(error as Error).message}`)]
    }
  }

  /** Of a version that an earlier audit has read. @param sha256 that it must have */
  async function readManifest(version: number, sha256?: string): Promise<Manifest | undefined> {
    const entry = await findModel(version, size, source.tile)
    if (sha256 !== undefined && entry?.manifest !== sha256) return undefined
    const bytes = entry && (await source.chunk(entry.manifest))
    if (!bytes || (await sha256Hex(bytes)) !== entry.manifest) return undefined
    return decodeManifest(new TextDecoder().decode(bytes))
  }

  async function checkResult(entry: ResultEntry, where: string): Promise<Finding[]> {
    if (entry.outcome === 'aborted') return []
    const seen = await look(entry.aggregate)
    if (!seen)
      return [finding('aggregate-missing', where, `the sum of round ${entry.round} is not served: ${entry.aggregate}`)]
    if (seen.actual === entry.aggregate) return []
    return [
      finding(
        'aggregate-differs',
        where,
        `the sum of round ${entry.round} has SHA-256 ${seen.actual}, not ${entry.aggregate}`,
      ),
    ]
  }

  async function checkRelease(
    { release, files }: ReleaseEntry,
    policy: Policy | undefined,
    isNewest: boolean,
    where: string,
  ): Promise<Finding[]> {
    const findings: Finding[] = []
    for (const [name, integrity] of Object.entries(files)) {
      // What an earlier release served as vitrine.js is there under its hash alone.
      const isNamed = isNewest || isHashedName(name)
      const bytes = await (isNamed ? source.asset(name, integrity) : source.chunk(integrityHex(integrity)))
      if (!bytes) {
        findings.push(finding('tag-missing', name, `of release ${release}: it is not served`))
        continue
      }
      const actual = await integrityOf(new Uint8Array(bytes))
      if (actual !== integrity) {
        findings.push(
          finding('tag-differs', name, `release ${release} has ${integrity} on record, and ${actual} is served`, {
            served: bytes,
          }),
        )
      } else if (name === 'integrity.json') findings.push(...compareIntegrity(files, bytes, release))
      else if (name === 'vitrine.js' && policy && !holdsPolicy(bytes, policy)) {
        findings.push(
          finding('tag-policy', where, `release ${release} does not pin the policy on record`, { served: bytes }),
        )
      }
    }
    return findings
  }

  return { checkModel, requireWhole, checkResult, checkRelease }
}

function compareIntegrity(files: Record<string, string>, bytes: Uint8Array, release: number): Finding[] {
  const { 'integrity.json': _, ...listed } = files
  if (new TextDecoder().decode(bytes) === JSON.stringify(listed)) return []
  const message = `it does not list the files that release ${release} has on record`
  return [finding('integrity-differs', 'integrity.json', message, { served: bytes })]
}

/** As `trainer/release.ts` writes it in. */
const holdsPolicy = (script: Uint8Array, policy: Policy) =>
  new TextDecoder().decode(script).includes(JSON.stringify(policy))
