/** A release in stages, decided by what two aggregators release: it grows, is taken back, waits, and goes on where it was stopped. */
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { seeded } from '../../../shared/data/random.ts'
import { VDAFS } from '../../../shared/federated/counts.ts'
import type { Vdaf } from '../../../shared/federated/vdaf.ts'
import { networkHash } from '../../../shared/model/bundle.ts'
import type { RoundEntry, TaskEntry } from '../../../shared/tlog/entry.ts'
import { audit } from '../../../trainer/audit/audit.ts'
import { openSource } from '../../../trainer/audit/source.ts'
import { publish, readPrevious } from '../../../trainer/publish.ts'
import type { Counted } from '../../../trainer/rounds/counting.ts'
import { endRound, openRound } from '../../../trainer/rounds/rounds.ts'
import {
  ARM_COUNT,
  detectableLoss,
  finishStages,
  judge,
  type StagePlan,
  withStage,
} from '../../../trainer/rounds/staged-release.ts'
import { contribution, upload } from '../../edge/aggregation/contribution.ts'
import { type TwoAggregators, twoAggregators } from '../../edge/aggregation/two-aggregators.ts'
import { POLICY, SHOP } from '../../edge/sample-bundle.ts'
import { smallBundle } from '../../web/learning/shop.ts'

/** One answer of one shopper, as its bucket. */
const [MISSED, HIT, STAGED_MISSED, STAGED_HIT] = [0, 1, 2, 3]
const PLAN: StagePlan = { shares: [0.1, 0.5], margin: 0.05, patience: 3 }
let undone: number

let two: TwoAggregators
let release: string
let told: string[]
beforeEach(async () => {
  two = await twoAggregators()
  told = []
  undone = 0
  const { publisher } = two
  await publish(await smallBundle(1, 'before'), SHOP, publisher.destination)
  const others = (await publisher.destination.standing()).model as { version: number; manifest: string }
  const changed = await smallBundle(2, 'after')
  changed.manifest.created = new Date(1000 * two.clock.seconds).toISOString()
  const staged = await withStage(changed, { share: 0.1, others: { version: 1, manifest: others.manifest } })
  release = await networkHash(staged.manifest)
  await publish(staged, SHOP, publisher.destination)
})
afterEach(() => two.stop())

const standing = async () => {
  const previous = await readPrevious(two.publisher.destination)
  const { model } = await two.publisher.destination.standing()
  return { model, manifest: previous?.manifest }
}
const several = (bucket: number, count: number) => new Array<number>(count).fill(bucket)
const better = [...several(MISSED, 16), ...several(HIT, 4), ...several(STAGED_MISSED, 4), ...several(STAGED_HIT, 16)]
const worse = [...several(MISSED, 4), ...several(HIT, 16), ...several(STAGED_MISSED, 16), ...several(STAGED_HIT, 4)]
const even = [...several(MISSED, 10), ...several(HIT, 10), ...several(STAGED_MISSED, 10), ...several(STAGED_HIT, 10)]

/** What shoppers answer in each round, one round after the other: then nobody is asked any more. */
async function open(...rounds: number[][]) {
  const begun = await two.begin({ name: ARM_COUNT, vdaf: VDAFS[ARM_COUNT], minBatch: 20, noiseMultiplier: 0 })
  // Its first round is of another network; nobody answers.
  two.clock.seconds += 3600
  const { task, id, vdaf } = begun
  const nextRound = async (): Promise<RoundEntry> => {
    const opens = two.clock.seconds
    const round = await openRound(id, { model: release, opens, closes: opens + 3600 }, two.publisher)
    if (round.model === release) await answerWith(vdaf, round, rounds.shift())
    two.clock.seconds = round.closes
    return round
  }
  return { task, id, nextRound }
}
async function answerWith(vdaf: Vdaf, round: RoundEntry, buckets: readonly number[] | undefined): Promise<void> {
  if (!buckets) throw new Error('nobody is asked any more')
  for (const bucket of buckets) {
    const made = await contribution(vdaf, round, [bucket], two.clock.seconds)
    expect((await upload(two.servers.leader.url, made)).status).toBe(201)
  }
}
const finish = (
  { task, id, nextRound }: { task: TaskEntry; id: string; nextRound(): Promise<RoundEntry> },
  plan = PLAN,
) =>
  finishStages({
    publisher: { ...two.publisher, say: (message) => told.push(message) },
    ...{ plan, task, taskId: id, nextRound, expected: 40 },
    folder: join(two.folder, 'state'),
    takeBack: async () => void undone++,
    now: () => 1000 * two.clock.seconds,
  })

async function expectClean(): Promise<void> {
  const source = openSource(join(two.folder, 'edge'))
  const { findings } = await audit(source, { contents: true, now: Date.now(), publisher: POLICY.publisher })
  expect(findings.filter(({ severity }) => severity === 'critical')).toEqual([])
}

describe('a release', () => {
  it('that is no worse goes to more browsers, and then to all', async () => {
    const before = (await standing()).manifest
    const done = await finish(await open(better, better))
    expect(done).toMatchObject({ outcome: 'released', version: 4 })
    expect(done?.stages.map(({ share, says, version }) => ({ share, says, version }))).toEqual([
      { share: 0.1, says: 'no-worse', version: 2 },
      { share: 0.5, says: 'no-worse', version: 3 },
    ])
    expect(done?.stages[0]).toMatchObject({ control: { rate: 0.2, whole: 20 }, staged: { rate: 0.8, whole: 20 } })
    const { manifest, model } = await standing()
    expect(model).toMatchObject({ type: 'bundle', version: 4 })
    expect(manifest?.stage).toBeUndefined()
    expect(manifest?.chunks).toEqual(before?.chunks)
    expect(told.join('\n')).toMatch(
      /bundle 3 goes to everyone: no worse \(hit rate 80\.0 % of 20 against 20\.0 % of 20/,
    )
    expect(await finish(await open())).toBeUndefined()
    await expectClean()
  })

  it('that is worse is taken back, from everyone at once', async () => {
    const done = await finish(await open(worse))
    expect(done).toMatchObject({ outcome: 'rolled-back', version: 3, stages: [{ says: 'worse', share: 0.1 }] })
    expect(undone).toBe(1)
    const { manifest, model } = await standing()
    expect(model).toMatchObject({ type: 'rollback', version: 3, restores: 1 })
    expect(await networkHash(manifest as never)).not.toBe(release)
    expect(manifest?.stage).toBeUndefined()
    await expectClean()
  })

  it('waits while too few have answered, and says what their number could tell', async () => {
    const done = await finish(await open(even.slice(0, 5), better, better))
    expect(done).toMatchObject({ outcome: 'released', stages: [{ rounds: 1 }, { rounds: 1 }] })
    expect(told.filter((message) => message.includes('(too-few): the stage waits'))).toHaveLength(2)
    expect(told[0]).toMatch(/bundle 2 is for 10\.0 % of browsers: once 40 have answered, a loss of 78\.3 % in hit rate/)
  })

  it('of which nothing can be told in its patience is taken back', async () => {
    const done = await finish(await open(even, even, even))
    expect(done).toMatchObject({ outcome: 'rolled-back', stages: [{ says: 'unknown', rounds: 3 }] })
    expect(done?.stages[0].control?.whole).toBe(60)
  })

  it('whose place another version has taken while it waited is left alone: that one stays', async () => {
    const opened = await open(even, even)
    const superseded = async () => {
      const round = await opened.nextRound()
      if (round.model === release) await publish(await smallBundle(3, 'other prices'), SHOP, two.publisher.destination)
      return round
    }
    expect(await finish({ ...opened, nextRound: superseded })).toBeUndefined()
    expect((await standing()).model).toMatchObject({ type: 'bundle', version: 3 })
    expect(told.at(-1)).toContain('its stage ends undecided')
    expect(undone).toBe(0)
  })

  it('goes on where its publisher was stopped: what was counted stays, and no round is counted twice', async () => {
    const opened = await open(even, even)
    // Stopped when a third round was to open.
    await expect(finish(opened)).rejects.toThrow('nobody is asked')
    // That round is open; it ends without an answer.
    two.clock.seconds += 3600
    const again = {
      ...opened,
      nextRound: async () => {
        const round = await openRound(
          opened.id,
          { model: release, opens: two.clock.seconds, closes: two.clock.seconds + 3600 },
          two.publisher,
        )
        two.clock.seconds = round.closes
        return round
      },
    }
    const decided = await finish(again, { ...PLAN, patience: 2 })
    expect(decided?.stages).toMatchObject([{ says: 'unknown', rounds: 2, control: { whole: 40 } }])
  })

  it('counts a round that had ended when its publisher was stopped before it was counted', async () => {
    const opened = await open(better, better)
    const stopped = async () => {
      const round = await opened.nextRound()
      if (round.model !== release) return round
      await endRound(opened.id, two.publisher)
      throw new Error('stopped')
    }
    await expect(finish({ ...opened, nextRound: stopped })).rejects.toThrow('stopped')
    const done = await finish(opened)
    expect(done?.stages.map(({ rounds }) => rounds)).toEqual([1, 1])
    expect(done?.outcome).toBe('released')
  })
})

describe('the verdict', () => {
  const ARM = 300
  const RATE = 0.25
  const MARGIN = 0.05
  const LOOKS = 4
  /** How often a stage ends so, of what chance and noise make of one true difference in as many rounds as it may have. */
  function saidOf(difference: number, deviation: number): Record<string, number> {
    const random = seeded(`verdicts ${difference} ${deviation}`)
    const said: Record<string, number> = { worse: 0, 'no-worse': 0, unknown: 0 }
    const draws = 1000
    const sumsOf = () =>
      [RATE, RATE + difference].flatMap((rate) => {
        let hits = 0
        for (let shopper = 0; shopper < ARM; shopper++) if (random.next() < rate) hits++
        return [ARM - hits, hits].map((sum) => Math.round(sum + deviation * random.normal()))
      })
    for (let n = 0; n < draws; n++) {
      const tally: Record<number, Counted> = {}
      let says = 'unknown'
      for (let look = 0; look < LOOKS && says === 'unknown'; look++) {
        tally[look] = { reports: 2 * ARM, sums: sumsOf(), variance: deviation ** 2 }
        says = judge(tally, { margin: MARGIN, patience: LOOKS }).says
      }
      said[says] += 1 / draws
    }
    return said
  }

  it.each([0, 20])('is wrong one time in twenty at most, after all its looks, with noise of %i', (deviation) => {
    // Four standard errors of the share of 1,000 draws.
    const bound = 0.05 + 4 * Math.sqrt((0.05 * 0.95) / 1000)
    expect(saidOf(0, deviation).worse).toBeLessThan(bound)
    expect(saidOf(-MARGIN, deviation)['no-worse']).toBeLessThan(bound)
    expect(saidOf(0.2, deviation)['no-worse']).toBeGreaterThan(0.99)
  })

  it.each([0, 20])('tells the loss that it says it could, four times of five, with noise of %i', (deviation) => {
    const loss = detectableLoss(2 * ARM * LOOKS, 0.5, LOOKS * deviation ** 2, LOOKS, RATE - 0.02)
    const { worse } = saidOf(-loss, deviation)
    expect(worse).toBeGreaterThan(0.76)
    expect(worse).toBeLessThan(0.9)
  })

  const once = { margin: MARGIN, patience: 1 }
  it('says nothing of a handful without a hit, which one time in four is chance', () => {
    const few: Counted = { reports: 905, sums: [675, 225, 5, 0], variance: 0 }
    expect(judge({ 1: few }, once)).toMatchObject({ says: 'unknown', staged: { rate: 0, whole: 5 } })
    expect(judge({ 1: { ...few, sums: [675, 225, 50, 0] } }, once).says).toBe('worse')
  })

  it('is unknown of nothing, and of what noise alone has left', () => {
    expect(judge({}, once)).toEqual({ says: 'unknown', rounds: 0 })
    expect(judge({ 1: { reports: 9, sums: [5, 4, -3, 2], variance: 9 } }, once).says).toBe('unknown')
  })
})
