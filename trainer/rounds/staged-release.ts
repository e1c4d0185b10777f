/**
 * A release in stages: a changed network goes to a share of browsers, drawn by themselves (`shared/model/stage.ts`); both arms answer, in
 * rounds of counting, whether their network foretold what they wanted next; and on what the noised sums say the share grows, or the release
 * is taken back. A stage is decided when it can be, not when it is time: until enough have answered it waits.
 *
 * The log says how far a release has come; what its rounds counted is kept beside the server's steps, so that a publisher who was stopped
 * anywhere goes on from there.
 */
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { upperQuantile } from '../../shared/federated/accounting/normal.ts'
import { VDAFS } from '../../shared/federated/counts.ts'
import { encodeManifest, type Manifest, networkHash, type Stage, sha256Hex } from '../../shared/model/bundle.ts'
import type { RoundEntry, TaskEntry } from '../../shared/tlog/entry.ts'
import { type Bundle, publish, readPrevious } from '../publish.ts'
import { restore } from '../rollback.ts'
import { type Counted, countedOf, noiseVariance, type Rate, rateOf, reasonOf } from './counting.ts'
import { ARM_FIGURES } from './figures.ts'
import { endRound, type Publisher } from './rounds.ts'

export const ARM_COUNT = 'hit-rate-10-by-arm'

export interface StagePlan {
  /** Of browsers, ascending, each above 0 and below 1; after the last, the release is for everyone. */
  shares: readonly number[]
  /** The loss of hit rate, 0 … 1, that must not go unnoticed. */
  margin: number
  /** Released rounds of a stage after which what still cannot be told to be no worse is taken back. */
  patience: number
}

/** Of a verdict that is wrong by chance, over all looks at a stage. */
const ERROR = 0.05
/** Of four times in five, in standard deviations. */
const POWER = 0.842

/** In standard deviations; each of the looks that a stage may have takes its part of the error (Bonferroni). */
const significanceOf = (looks: number): number => upperQuantile(ERROR / looks)

/** What the rounds of one stage have counted, by their numbers. */
type Tally = Record<number, Counted>

export interface Verdict {
  says: 'worse' | 'no-worse' | 'unknown'
  rounds: number
  /** Of each arm; undefined while there is none. */
  control?: Rate
  staged?: Rate
  /** Of staged above control, and how far from it the truth may lie, by chance and noise. */
  difference?: number
  reach?: number
}

const ratesOf = (counted: Counted) => ARM_FIGURES.map((figure) => rateOf(counted, figure))

/**
 * What is to be made of a tally: neither is said before 95 % stand behind it, however often it was looked at. The difference is that of Agresti
 * and Caffo (2000), with the noise's variance beside that of chance; an answer of a shopper who answered before counts as another's.
 */
export function judge(tally: Tally, { margin, patience }: Pick<StagePlan, 'margin' | 'patience'>): Verdict {
  const rounds = Object.values(tally)
  const total: Counted = {
    reports: rounds.reduce((sum, { reports }) => sum + reports, 0),
    sums: Array.from({ length: VDAFS[ARM_COUNT].length }, (_, n) => rounds.reduce((sum, { sums }) => sum + sums[n], 0)),
    variance: rounds.reduce((sum, { variance }) => sum + variance, 0),
  }
  const [control, staged] = ratesOf(total)
  if (!control || !staged) return { says: 'unknown', rounds: rounds.length }
  // One hit and one miss more in each arm: of a few answers, none of them a hit, chance says more than that it is never one.
  const [a, b] = ratesOf({ ...total, sums: total.sums.map((sum) => sum + 1) }) as [Rate, Rate]
  const difference = b.rate - a.rate
  const deviation = Math.sqrt(a.chance + a.noise + b.chance + b.noise)
  const reach = significanceOf(patience) * deviation
  const says = difference + reach < 0 ? 'worse' : difference - reach > -margin ? 'no-worse' : 'unknown'
  return { says, rounds: rounds.length, control, staged, difference, reach }
}

/**
 * The loss that so many answers would show, four times of five.
 * @param share of them in the stage
 * @param variance of the noise in each sum, over all its rounds
 * @param looks that a stage may have
 * @param expectedRate in both arms; a half is the worst case
 */
export function detectableLoss(
  answers: number,
  share: number,
  variance: number,
  looks: number,
  expectedRate = 0.5,
): number {
  const rate = Math.min(1, Math.max(0, expectedRate))
  const ofArm = (size: number) => (rate * (1 - rate)) / size + (variance * (rate ** 2 + (1 - rate) ** 2)) / size ** 2
  return (significanceOf(looks) + POWER) * Math.sqrt(ofArm(answers * share) + ofArm(answers * (1 - share)))
}

/** A bundle that is for a share of browsers, or for all of them. */
export async function withStage(
  { manifest, chunks }: Pick<Bundle, 'manifest' | 'chunks'>,
  stage: Stage | undefined,
): Promise<Bundle> {
  const { stage: _, ...rest } = manifest
  const changed: Manifest = { ...rest, ...(stage ? { stage } : {}) }
  const bytes = new TextEncoder().encode(encodeManifest(changed))
  const sha256 = await sha256Hex(bytes)
  const before = await sha256Hex(new TextEncoder().encode(encodeManifest(manifest)))
  const others = [...chunks].filter(([name]) => name !== before)
  const entry = { type: 'bundle', version: changed.version, manifest: sha256 } as const
  return { manifest: changed, entry, chunks: new Map([...others, [sha256, bytes]]) }
}

export interface Stages {
  publisher: Publisher
  plan: StagePlan
  /** Of the count of arms, on record. */
  task: TaskEntry
  taskId: string
  /** Opens its next round; one that is open stays. */
  nextRound(): Promise<RoundEntry>
  /** Where what was counted is kept. */
  folder: string
  /** Answers that a round is expected to have. */
  expected: number
  /** Called before a release is taken back: what made it must not make it again. */
  takeBack(): Promise<void>
  /** Milliseconds since 1970 */
  now?(): number
}

export interface Released {
  outcome: 'released' | 'rolled-back'
  version: number
  /** Of each stage that was decided. */
  stages: (Verdict & { share: number; version: number })[]
}

/** Brings the release that stands in a stage to its end. @returns undefined where none does, or another has taken its place */
export async function finishStages(stages: Stages): Promise<Released | undefined> {
  const { publisher, plan, takeBack, now = Date.now } = stages
  const { destination, key, say = () => {} } = publisher
  const decided: Released['stages'] = []
  for (;;) {
    const manifest = (await readPrevious(destination))?.manifest
    if (!manifest?.stage) return undefined
    const { share, others } = manifest.stage
    const { version } = manifest
    const verdict = await decide(manifest, share, stages)
    if (!verdict) {
      say(`bundle ${version} is in force no longer: its stage ends undecided`)
      return undefined
    }
    decided.push({ share, version, ...verdict })
    if (verdict.says !== 'no-worse') {
      say(`bundle ${version} is taken back: ${wordsOf(verdict)}`)
      await takeBack()
      const { version: restored } = await restore(others, destination, key, now())
      return { outcome: 'rolled-back', version: restored, stages: decided }
    }
    const wider = plan.shares.find((next) => next > share)
    say(`bundle ${version} goes to ${wider === undefined ? 'everyone' : percent(wider)}: ${wordsOf(verdict)}`)
    const next: Manifest = { ...manifest, version: version + 1, created: new Date(now()).toISOString() }
    const stage = wider === undefined ? undefined : { share: wider, others }
    const bundle = await withStage({ manifest: next, chunks: new Map() }, stage)
    await publish(bundle, key, destination)
    if (wider === undefined) return { outcome: 'released', version: version + 1, stages: decided }
  }
}

/**
 * Rounds of counting, until their sums say something of a stage or its patience ends.
 * @returns undefined where another version is in force by then
 */
async function decide(manifest: Manifest, share: number, stages: Stages): Promise<Verdict | undefined> {
  const { publisher, plan, task, taskId, nextRound, folder, expected } = stages
  const { destination, say = () => {} } = publisher
  const { version } = manifest
  const release = await networkHash(manifest)
  const opened = Math.floor(Date.parse(manifest.created) / 1000)
  const file = join(folder, `stage-${version}-${release.slice(0, 16)}.json`)
  const tally = await readTally(file)
  const isOfStage = ({ model, opens }: RoundEntry) => model === release && opens >= opened
  for (;;) {
    const { model, tasks } = await destination.standing()
    if (model?.version !== version) return undefined
    const verdict = judge(tally, plan)
    if (verdict.says !== 'unknown' || verdict.rounds >= plan.patience) return verdict
    const rounds = verdict.rounds + 1
    const noise = noiseVariance(task) * rounds
    const loss = detectableLoss(expected * rounds, share, noise, plan.patience, verdict.control?.rate)
    say(
      `bundle ${version} is for ${percent(share)} of browsers: once ${expected * rounds} have answered, a loss of ${percent(loss)} in hit rate ` +
        `would show; what must show is ${percent(plan.margin)}`,
    )
    const { round: last, result } = tasks?.[taskId] ?? {}
    // One that had ended when this was stopped.
    const isWaiting = last && result?.outcome === 'released' && isOfStage(last) && !(last.round in tally)
    const round = isWaiting ? last : await nextRound()
    const ended = await endRound(taskId, publisher)
    const counted = await countedOf(task, ended)
    if (!counted) {
      say(`round ${round.round} of ${task.name} releases nothing (${reasonOf(ended.result)}): the stage waits`)
    } else if (isOfStage(round)) {
      tally[round.round] = counted
      await mkdir(folder, { recursive: true })
      await writeFile(`${file}.partial`, JSON.stringify(tally))
      await rename(`${file}.partial`, file)
    }
  }
}

async function readTally(file: string): Promise<Tally> {
  const text = await readFile(file, 'utf8').catch(() => undefined)
  return text === undefined ? {} : (JSON.parse(text) as Tally)
}

const percent = (share: number) => `${(100 * share).toFixed(1)} %`

function wordsOf({ says, rounds, control, staged, difference = 0, reach = 0 }: Verdict): string {
  if (!control || !staged) return `nothing could be told of it in ${rounds} rounds`
  const hit = ({ rate, whole }: Rate) => `${percent(rate)} of ${Math.round(whole)}`
  const points = (share: number) => (100 * share).toFixed(1)
  const measured = `hit rate ${hit(staged)} against ${hit(control)}: ${points(difference)} ± ${points(reach)} points`
  const why = { worse: 'worse', 'no-worse': 'no worse', unknown: `still unknown after ${rounds} rounds` }[says]
  return `${why} (${measured})`
}
