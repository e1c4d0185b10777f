import { describe, expect, it } from 'vitest'
import type { Aggregation } from '../../../trainer/federation/aggregation.ts'
import type { Crowd } from '../../../trainer/federation/crowd.ts'
import {
  type Course,
  drawRounds,
  openCourse,
  populationOf,
  type SimulatedRounds,
} from '../../../trainer/federation/simulation.ts'

const SHAPE = { dimension: 3, clipNorm: 0.25, fractionBits: 16 }
const PLAN: SimulatedRounds = {
  cohort: 40,
  rounds: 10,
  dropout: 0.3,
  stragglers: 0.1,
  shape: SHAPE,
  optimiser: { kind: 'average', rate: 1 },
}
/** Devices that all learn the same, and tell which ones were asked. */
const crowdOf = (update: number[], asked: number[] = []): Crowd => ({
  updates: async (_, devices) =>
    devices.map(({ lesson }) => {
      asked.push(lesson)
      return Float32Array.from(update)
    }),
  foretell: async () => [],
  close: async () => {},
})
const mean: Aggregation = async (updates) =>
  updates
    .reduce((sum, update) => sum.map((value, n) => value + update[n]), new Float64Array(3))
    .map((value) => value / 2 ** 16 / updates.length)

describe('a population', () => {
  it('has as many of each kind as was said, and everybody a real history', () => {
    const all = populationOf({ shoppers: 1000, lessons: 300, malicious: 0.013, sybils: 0.2 }, 'a')
    const countOf = (kind: string) => all.filter((shopper) => shopper.kind === kind).length
    expect([countOf('malicious'), countOf('sybil'), countOf('honest')]).toEqual([13, 200, 787])
    expect(all.slice(0, 300).map(({ lesson }) => lesson)).toEqual(Array.from({ length: 300 }, (_, n) => n))
    expect(Math.max(...all.map(({ lesson }) => lesson))).toBe(299)
    expect(populationOf({ shoppers: 1000, lessons: 300, malicious: 0.013, sybils: 0.2 }, 'a')).toEqual(all)
  })
})

describe('rounds', () => {
  const all = populationOf({ shoppers: 100, lessons: 100, malicious: 0, sybils: 0 }, 'r')

  it('ask everybody before anybody again, and lose about as many as was said', () => {
    const rounds = drawRounds(all, { ...PLAN, dropout: 0, stragglers: 0, cohort: 50 }, 'r')
    const [first, second] = [rounds.draw(), rounds.draw()]
    expect(new Set([...first.reporting, ...second.reporting]).size).toBe(100)
    expect(second.turnout.participations).toBe(1)
    expect(rounds.draw().turnout.participations).toBe(2)
    const many = drawRounds(all, { ...PLAN, cohort: 10_000 }, 'r').draw()
    const { asked, lost, late, arrived } = many.turnout
    expect(lost + late + arrived).toBe(asked)
    expect(lost / asked).toBeCloseTo(0.3, 1)
    expect(late / asked).toBeCloseTo(0.1, 1)
    expect(many.reporting).toHaveLength(arrived)
  })

  it('are the same with the same seed', () => {
    const [a, b, c] = ['x', 'x', 'y'].map((seed) => drawRounds(all, PLAN, seed).draw())
    expect(a).toEqual(b)
    expect(a).not.toEqual(c)
  })
})

describe('a course', () => {
  const shoppers = [
    { lesson: 5, kind: 'honest' },
    { lesson: 6, kind: 'malicious' },
    { lesson: 7, kind: 'sybil' },
  ] as const

  it('of honest devices moves by the mean of what they learned', async () => {
    const course = openCourse(crowdOf([0.1, -0.2, 0]), [shoppers[0]], PLAN, mean, 's')
    await course.round([0], 1)
    expectVector(course, [0.1, -0.2, 0])
  })

  it('lets a liar pull back by the clip norm and no more, however little it learned', async () => {
    const course = openCourse(crowdOf([0.003, 0.004, 0]), [...shoppers], PLAN, mean, 's')
    await course.round([1], 1)
    expectVector(course, [-0.15, -0.2, 0])
  })

  it('asks a Sybil for nothing, and it pulls against the last step', async () => {
    const asked: number[] = []
    const course = openCourse(crowdOf([0.03, 0.04, 0], asked), [...shoppers], PLAN, mean, 's')
    await course.round([0], 1)
    await course.round([2], 2)
    expect(asked).toEqual([5])
    expectVector(course, [0.03 - 0.15, 0.04 - 0.2, 0])
  })

  it('goes on after a round in which nothing arrived', async () => {
    const course = openCourse(crowdOf([0.1, 0, 0]), [...shoppers], PLAN, mean, 's')
    await course.round([], 1)
    expect(course.state().rounds).toBe(0)
  })
})

/** Within what rounding to 2^-16 and clipping leave. */
function expectVector(course: Course, expected: readonly number[]): void {
  expect(course.state().vector).toHaveLength(expected.length)
  for (const [n, value] of expected.entries()) expect(course.state().vector[n]).toBeCloseTo(value, 3)
}
