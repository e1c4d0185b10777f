/**
 * A leader and a helper of one round, in this process, over real files: either can be gone at any moment, and is opened again on what it
 * left. Which of the two makes a file call is known by the asynchronous context that it is made in, so that what a process that is gone
 * had begun never goes on.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Aggregator, openAggregator, type RoundStatus } from '../../edge/aggregation/aggregator.ts'
import { type Vdaf, vdafOf } from '../../shared/federated/vdaf.ts'
import { base64Of } from '../../shared/tlog/base64.ts'
import { entryId, type RoundEntry, type SignedEntry, signEntry, type TaskEntry } from '../../shared/tlog/entry.ts'
import { encodeNote, parseNote } from '../../shared/tlog/note.ts'
import { openAnswer, signQuestion } from '../../trainer/serve.ts'
import { contribution } from '../edge/aggregation/contribution.ts'
import { LENIENT, START, vectors } from '../edge/aggregation/two-aggregators.ts'
import { POLICY, SHOP } from '../edge/sample-bundle.ts'
import { HELPER, LEADER, TASK_ENTRY } from '../shared/tlog/sample-task.ts'
import type { FileCall } from './file-calls.ts'

export type Which = 'leader' | 'helper'
const WHICH: readonly Which[] = ['helper', 'leader']
const CLOSES = START + 3600
const GONE = Symbol('gone')

/** One run of a process. */
export interface Life {
  which: Which
  isOver: boolean
  over: Promise<typeof GONE>
  end(): void
  opened: Promise<Aggregator>
}

const living = new AsyncLocalStorage<Life>()
export interface Ran {
  vdaf: Vdaf
  round: RoundEntry
  /** What both say that became of it. */
  status: RoundStatus
  aggregate?: Uint8Array
  /** Noised shares that one has sent to the other, in base64, each once. */
  sent: Record<Which, Set<string>>
  /** What was drawn for each noised share that was made. */
  noiseOf: Map<string, readonly bigint[]>
}

export interface Rounding {
  folder: string
  task: Partial<TaskEntry>
  measurements: readonly ArrayLike<number>[]
  /** Called when a process is gone and before it is opened again. */
  between?: (which: Which) => Promise<void>
}

/** Runs a round from the signing of its task to the signing of its result; everybody asks until there is an answer. */
export async function runRound({ folder, task: changed, measurements, between }: Rounding): Promise<Ran> {
  const clock = { seconds: START + 60 }
  const noiseOf: Ran['noiseOf'] = new Map()
  const sent: Ran['sent'] = { leader: new Set(), helper: new Set() }
  const task: TaskEntry = { ...TASK_ENTRY, ...changed }
  const lives = new Map<Which, Life>()

  const watched = (of: TaskEntry): Vdaf => {
    const vdaf = vdafOf(of, vectors)
    const addNoise: Vdaf['addNoise'] = (share, noise) => {
      const made = vdaf.addNoise(share, noise)
      noiseOf.set(base64Of(made), noise)
      return made
    }
    return { ...vdaf, addNoise }
  }

  function watch(which: Which, note: Uint8Array): void {
    const { type, share } = JSON.parse(parseNote(note).text) as Record<string, string>
    if (type === 'collected' || type === 'release') sent[which].add(share)
  }

  function begin(which: Which): Life {
    let end = () => {}
    const over = new Promise<typeof GONE>((resolve) => {
      end = () => resolve(GONE)
    })
    const life = { which, isOver: false, over } as Life
    life.end = () => {
      life.isOver = true
      end()
    }
    life.opened = living.run(life, () =>
      openAggregator({
        folder: `${folder}/${which}`,
        signer: which === 'leader' ? LEADER : HELPER,
        operator: task[which].operator,
        publisher: POLICY.publisher,
        terms: LENIENT,
        vdafOf: watched,
        maxReports: 1000,
        now: () => 1000 * clock.seconds,
        async post(_url, note) {
          watch('leader', note)
          const answer = await ask('helper', (helper) => helper.answer(note))
          watch('helper', answer)
          return answer
        },
      }),
    )
    life.opened.catch(() => undefined)
    lives.set(which, life)
    return life
  }

  /** Of whoever runs now; again where that one is gone, or fails. */
  async function ask<T>(which: Which, work: (aggregator: Aggregator) => Promise<T>): Promise<T> {
    for (let fails = 0; ; ) {
      const asked = living.getStore()
      const life = lives.get(which) ?? begin(which)
      try {
        const answer = await Promise.race([
          life.over,
          life.opened.then((aggregator) => living.run(life, () => work(aggregator))),
        ])
        if (answer !== GONE) return answer
      } catch (error) {
        if (++fails > 3) throw error
        // A process that cannot open its folder ends.
        const isOpen = await life.opened.then(
          () => true,
          () => false,
        )
        if (isOpen) continue
      }
      if (lives.get(which) === life) {
        lives.delete(which)
        await living.exit(async () => between?.(which))
      }
      // Whoever asked may be gone too.
      if (asked?.isOver) return new Promise(() => {})
    }
  }

  const publisherAsks = (which: Which, question: Parameters<typeof signQuestion>[0]) =>
    ask(which, async (aggregator) => {
      const note = await signQuestion(question, SHOP)
      return openAnswer(await aggregator.answer(note), note, task[which].key)
    })
  async function signed(entry: SignedEntry['entry']) {
    const note = await signEntry(entry, SHOP)
    const lines = [] as string[]
    for (const which of WHICH) lines.push(await ask(which, (aggregator) => aggregator.sign(note)))
    const { text } = parseNote(note)
    const own = new TextDecoder().decode(note).slice(text.length + 1)
    return encodeNote(text, [own, ...lines])
  }
  const keyOf = async (which: Which) => {
    const answer = await publisherAsks(which, { type: 'key', task: entryId(task), round: 1 })
    if (answer.type !== 'key') throw new Error(`no key: ${JSON.stringify(answer)}`)
    return base64Of(answer.key)
  }

  await signed(task)
  const [leaderKey, helperKey] = [await keyOf('leader'), await keyOf('helper')]
  const times = { model: 'a'.repeat(64), opens: START, closes: CLOSES }
  const round: RoundEntry = { type: 'round', task: entryId(task), round: 1, ...times, leaderKey, helperKey }
  const record = await signed(round)
  for (const which of WHICH) await ask(which, (aggregator) => aggregator.openRound(record))
  const vdaf = vdafOf(task, vectors)
  for (const measurement of measurements) {
    const { round: of, id, bytes } = await contribution(vdaf, round, measurement, clock.seconds)
    await ask('leader', (leader) => leader.putReport(of, id, bytes))
  }
  const taken = await contribution(vdaf, round, measurements[0], clock.seconds)
  await ask('leader', (leader) => leader.putReport(taken.round, taken.id, taken.bytes))
  await ask('leader', (leader) => leader.withdraw(taken.round, taken.secret))

  clock.seconds = CLOSES
  const id = entryId(round)
  const statusOf = (which: Which) =>
    ask(which, async (aggregator) => {
      aggregator.tick()
      await sleep(1)
      return aggregator.status(id)
    })
  let status = await statusOf('leader')
  while (status.state === 'open' || status.state === 'closing') status = await statusOf('leader')
  const helperStatus = await statusOf('helper')
  if (JSON.stringify(helperStatus) !== JSON.stringify(status)) {
    throw new Error(`they differ: ${JSON.stringify([status, helperStatus])}`)
  }
  const ran: Ran = { vdaf, round, status, sent, noiseOf }
  if (status.state !== 'released') return ran
  const { reports, batch, aggregate: hash } = status
  await signed({
    type: 'result',
    task: entryId(task),
    round: 1,
    outcome: 'released',
    reports,
    batch,
    aggregate: hash,
  })
  const aggregate = await ask('leader', (leader) => leader.readAggregate(id))
  // What a disk that failed has kept of it is removed when it is opened again.
  for (const which of WHICH) {
    lives.get(which)?.end()
    lives.delete(which)
    await ask(which, async () => undefined)
  }
  return { ...ran, aggregate }
}

/** Tells `around` of the calls of one of the two, with the life that makes it; a call of a life that is over is never answered. */
export const callsOf =
  (around: (call: FileCall, life: Life) => Promise<unknown>) =>
  (call: FileCall): Promise<unknown> => {
    const life = living.getStore()
    if (!life) return call.happen()
    return life.isOver ? new Promise(() => {}) : around(call, life)
  }
