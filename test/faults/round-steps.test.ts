/**
 * Whatever fails in a round, at whichever of its file calls, at the leader or at the helper: it ends in one release, of every report that
 * was acknowledged, once, and neither has ever noised its share twice for the other to see.
 */
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Disk, layOut } from './disk.ts'
import { changes, type FileCall, failure, tellFileCalls } from './file-calls.ts'
import { callsOf, type Life, type Ran, runRound, type Which } from './two-in-one-process.ts'

const REPORTS = 3
/** Report i adds 2^i: the sum shows which were counted, and how often. */
const TASK = { vdaf: { kind: 'sum', max: 2 ** REPORTS - 1 }, minBatch: REPORTS, noiseMultiplier: 2 } as const
const MEASUREMENTS = Array.from({ length: REPORTS }, (_, n) => [2 ** n])
const SOAK = Boolean(process.env.VITRINE_SOAK)

let root: string
let folders = 0
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'vitrine-steps-'))
})
afterAll(() => rm(root, { recursive: true, force: true }))

async function newFolder(): Promise<string> {
  const folder = join(root, String(folders++))
  for (const which of ['leader', 'helper']) await mkdir(join(folder, which), { recursive: true })
  return folder
}

/** Of a round that is over nothing of these is left, nor of a write of them that was never ended. */
const SECRET = /key-|part-|share-|jobs|reports.|withdrawn./

/** Forcing to the disk is told and not waited for. */
const quickly = ({ name, happen }: FileCall) => (name === 'sync' ? Promise.resolve() : happen())
const never = new Promise<never>(() => {})

/** One release, of every report once, and of one noise of each of the two. */
function expectReleasedOnce({ vdaf, status, aggregate, sent, noiseOf }: Ran): void {
  expect(status).toMatchObject({ state: 'released', reports: REPORTS })
  expect([sent.leader.size, sent.helper.size]).toEqual([1, 1])
  const noise = [...sent.leader, ...sent.helper].map((share) => noiseOf.get(share)?.[0] as bigint)
  const [sum] = vdaf.unshard([new Uint8Array(aggregate as Uint8Array), vdaf.aggregate([])])
  expect(sum - noise[0] - noise[1]).toBe(BigInt(2 ** REPORTS - 1))
}

interface Fault {
  /** Can it happen to this call? */
  at(call: FileCall): boolean
  /** @param happen makes the call */
  around(call: FileCall, happen: () => Promise<unknown>, life: Life): Promise<unknown>
  /** When a process is gone, what was not forced to the disk is too. */
  cutsPower?: boolean
}

/** A round in which it happens to the n-th of the calls of one of the two to which it can. @returns whether there is an n-th */
async function runWith(whose: Which, n: number, fault: Fault): Promise<boolean> {
  const folder = await newFolder()
  const at = join(folder, whose)
  let disk = fault.cutsPower ? await Disk.of(at) : undefined
  let calls = 0
  const around = callsOf(async (call, life) => {
    if (life.which !== whose) return quickly(call)
    const happen = async () => {
      const result = await quickly(call)
      disk?.apply(call)
      return result
    }
    return fault.at(call) && ++calls === n ? fault.around(call, happen, life) : happen()
  })
  const between = async () => {
    if (!disk) return
    const [onlyForced] = disk.cuts()
    disk = undefined
    await rm(at, { recursive: true })
    await layOut(onlyForced, at)
  }
  const round = { folder, task: TASK, measurements: MEASUREMENTS, between }
  const ran = await tellFileCalls(folder, around, () => runRound(round))
  try {
    expectReleasedOnce(ran)
    expect((await readdir(folder, { recursive: true })).filter((name) => SECRET.test(name))).toEqual([])
  } catch (error) {
    throw new Error(`call ${n} of the ${whose}: ${JSON.stringify(ran.status)}`, { cause: error })
  }
  await rm(folder, { recursive: true })
  return calls >= n
}

const goneAfter: Fault = {
  at: changes,
  async around(_call, happen, life) {
    await happen().catch(() => undefined)
    life.end()
    return never
  },
}
/** Stride: of the calls only some, but all in a soak. */
const FAULTS: [string, number, Fault][] = [
  ['is killed after a call', 7, goneAfter],
  ['has its power cut after a call, with what was not forced to the disk', 7, { ...goneAfter, cutsPower: true }],
  [
    'is killed half way through a write',
    13,
    {
      at: ({ happenHalf }) => happenHalf !== undefined,
      async around(call, _happen, life) {
        await call.happenHalf?.()
        life.end()
        return never
      },
    },
  ],
  ['has a call fail', 29, { at: () => true, around: async (call) => Promise.reject(failure('EIO', call)) }],
  [
    'has a call fail once it has happened',
    19,
    {
      at: changes,
      around: (call, happen) => happen().then(() => Promise.reject(failure('EIO', call))),
    },
  ],
  [
    'finds the disk full',
    11,
    {
      at: ({ happenHalf }) => happenHalf !== undefined,
      async around(call) {
        await call.happenHalf?.()
        throw failure('ENOSPC', call)
      },
    },
  ],
]

describe.each(['leader', 'helper'] as const)('a %s', (whose) => {
  test.each(FAULTS)('that %s, whichever, ends the round in one release', async (_how, stride, fault) => {
    let n = 1
    while (await runWith(whose, n, fault)) n += SOAK ? 1 : stride
    expect(n).toBeGreaterThan(8)
  })
})
