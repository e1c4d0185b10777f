import { describe, expect, it } from 'vitest'
import { type ServerOptimiser, serverStep, startServer } from '../../../trainer/federation/server-step.ts'

/** Two rounds, in two coordinates that differ in sign and size. */
const UPDATES = [Float64Array.of(0.3, -2), Float64Array.of(-0.1, -1)]
const after = (optimiser: ServerOptimiser) =>
  UPDATES.reduce((state, update) => serverStep(state, update, optimiser), startServer(2))

describe('a server step', () => {
  it('of averaging adds the mean, as often as it is told', () => {
    const { vector, rounds } = after({ kind: 'average', rate: 0.5 })
    expect(vector[0]).toBeCloseTo(0.1, 12)
    expect(vector[1]).toBeCloseTo(-1.5, 12)
    expect(rounds).toBe(2)
  })

  it('of momentum goes on where it was going', () => {
    // m: .3, −2; then .8·.3 − .1 = .14, .8·−2 − 1 = −2.6. x = 2·(.3 + .14), 2·(−2 − 2.6)
    const { vector } = after({ kind: 'momentum', rate: 2, momentum: 0.8 })
    expect(vector[0]).toBeCloseTo(0.88, 12)
    expect(vector[1]).toBeCloseTo(-9.2, 12)
  })

  it('of Adam is first as long as the rate, whatever the size, and then as the moments say', () => {
    const adam: ServerOptimiser = { kind: 'adam', rate: 0.1, beta1: 0.7, beta2: 0.9, adaptivity: 0 }
    const first = serverStep(startServer(2), UPDATES[0], adam)
    expect(first.vector[0]).toBeCloseTo(0.1, 12)
    expect(first.vector[1]).toBeCloseTo(-0.1, 12)
    // m = .7·.09 − .3·.1 = .033, of 1 − .49; v = .9·.009 + .1·.01 = .0091, of 1 − .81
    const { vector } = serverStep(first, UPDATES[1], adam)
    expect(vector[0]).toBeCloseTo(0.1 + (0.1 * (0.033 / 0.51)) / Math.sqrt(0.0091 / 0.19), 12)
    // m = .7·−.6 − .3·1 = −.72; v = .9·.4 + .1·1 = .46
    expect(vector[1]).toBeCloseTo(-0.1 - (0.1 * (0.72 / 0.51)) / Math.sqrt(0.46 / 0.19), 12)
  })

  it('of Adam hardly moves what is small beside the adaptivity', () => {
    const { vector } = serverStep(startServer(2), Float64Array.of(1e-5, 1), {
      kind: 'adam',
      rate: 0.1,
      beta1: 0.9,
      beta2: 0.99,
      adaptivity: 1e-3,
    })
    expect(vector[0]).toBeCloseTo((0.1 * 1e-5) / (1e-5 + 1e-3), 12)
    expect(vector[1]).toBeCloseTo(0.1 / 1.001, 12)
  })

  it('leaves the state before it as it was', () => {
    const start = startServer(2)
    serverStep(start, UPDATES[0], { kind: 'adam', rate: 1, beta1: 0.9, beta2: 0.99, adaptivity: 1e-4 })
    expect(start).toEqual(startServer(2))
  })

  it('refuses what would poison every later round', () => {
    const average: ServerOptimiser = { kind: 'average', rate: 1 }
    expect(() => serverStep(startServer(2), Float64Array.of(1), average)).toThrow('1 numbers, of 2')
    expect(() => serverStep(startServer(2), Float64Array.of(1, Number.NaN), average)).toThrow('finite')
  })
})
