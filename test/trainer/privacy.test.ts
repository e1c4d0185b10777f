/** `vitrine privacy` as an operator meets it: what is printed, for people and as JSON, and what is refused. */
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { type CommandDef, runCommand } from 'citty'
import { describe, expect, it, vi } from 'vitest'
import { COMMANDS } from '../../trainer/help.ts'
import { CAVEATS, type StatedPlan } from '../../trainer/privacy-plan.ts'
import { UserError } from '../../trainer/user-error.ts'

const BIN = join(import.meta.dirname, '../../trainer/bin.js')
const SHOP = ['--shoppers', '100000', '--rounds', '200', '--k', '10', '--dropout', '0.2']

const command: CommandDef = await COMMANDS.privacy()

/** What it prints, without a process of its own. @throws UserError */
async function printed(...args: string[]): Promise<string> {
  const log = vi.spyOn(console, 'log').mockImplementation(() => {})
  try {
    await runCommand(command, { rawArgs: args })
    return log.mock.calls.map(String).join('\n')
  } finally {
    log.mockRestore()
  }
}
const planned = async (...args: string[]): Promise<StatedPlan> => JSON.parse(await printed(...args, '--json'))

describe('vitrine privacy', () => {
  it('prints every number as one JSON document', () => {
    const stdout = execFileSync(process.execPath, [BIN, 'privacy', ...SHOP, '--json'], { encoding: 'utf8' })
    expect(stdout).toMatch(/^[^\n]+\n$/)
    const plan = JSON.parse(stdout)
    expect(plan).toMatchObject({
      shoppers: 100_000,
      rounds: 200,
      participations: 10,
      dropout: 0.2,
      minBatch: 1000,
      delta: 1e-7,
      measurement: { kind: 'pine', normBound: 65_536 },
      dimension: 16_384,
      clipNorm: 1,
      fractionBits: 16,
      reports: 4000,
      isReleased: true,
      noiseMultiplier: 2.2,
      strength: 'moderate',
      best: { rounds: 10, reports: 80_000, noiseMultiplier: 44.1 },
      // Of the shares, before them, and for each that is sealed: its length, a key and a tag.
      reportBytes: 155_848 + 60 + 2 * (4 + 81),
      caveats: CAVEATS,
    })
    expect(plan.choices).toHaveLength(6)
    expect(plan.privacy.epsilon).toBe(plan.epsilon)
    expect(plan.privacy.ifParticipationIsSecret).toBeLessThan(plan.epsilon)
  })

  it('says within 80 columns what may be claimed, what not, and what is better', async () => {
    const text = await printed(...SHOP)
    for (const line of text.split('\n')) expect(line.length, line).toBeLessThanOrEqual(80)
    for (const said of [
      '4,000 a round; the minimum of 1,000 is reached',
      '156,078 bytes',
      '8.56  10 rounds: may be claimed',
      'not a claim: holds only if participation is secret',
      /\n +10 +80,000 +44\.1 +0\.338 +0\.0998 {2}best\n/,
      '10 rounds in place of 200: ε 0.338 in place of 8.56',
      /ε = 8\.56 and\s+δ = 1e-7/,
      /one\s+operator: no privacy claim/,
    ]) {
      expect(text).toMatch(said)
    }
  })

  it('rounds an ε up and never down', async () => {
    for (const k of ['1', '3', '10']) {
      const args = ['--shoppers', '90000', '--rounds', '20', '--k', k, '--z', '3.7']
      const { epsilon } = await planned(...args)
      const shown = Number(/^ +([\d.]+) {2}\d+ rounds?: may be claimed/m.exec(await printed(...args))?.[1])
      expect(shown).toBeGreaterThanOrEqual(epsilon)
      expect(shown).toBeLessThan(epsilon * 1.01)
    }
  })

  it('claims nothing of rounds that are not released, and calls a large ε weak', async () => {
    const few = await printed('--shoppers', '3000', '--rounds', '40', '--k', '2')
    expect(few).toContain('150 a round; NOTHING IS RELEASED below 1,000')
    expect(few).toContain('Nothing, as no round would be released.')
    expect(few).not.toContain('may be claimed,')
    const fewest = await printed('--shoppers', '600', '--rounds', '2', '--k', '2', '--dropout', '0.9')
    expect(fewest).toContain('Even 2 rounds have too few reports: it takes 10,000 shoppers.')
    const weak = await printed('--shoppers', '20000', '--rounds', '200', '--k', '10')
    expect(weak).toMatch(/say\s+"secure aggregation, weak DP"/)
    expect(weak).toMatch(/more than a million-fold/)
  })

  it('plans counts and sums by their sensitivity', async () => {
    const shop = ['--shoppers', '5000', '--rounds', '4', '--k', '4', '--z', '2.5']
    const deviation = async (...args: string[]) => (await planned(...shop, ...args)).noiseStdDev
    expect(await deviation('--kind', 'count')).toBe(2.5)
    expect(await deviation('--kind', 'histogram')).toBe(2.5)
    expect(await deviation('--kind', 'multihot', '--weight', '3')).toBeCloseTo(2.5 * Math.sqrt(3), 12)
    expect(await deviation('--kind', 'sum', '--max', '40')).toBe(100)
    expect(await deviation('--kind', 'sum', '--max', '40', '--d', '9')).toBe(300)
    expect(await deviation('--clip', '0.25')).toBe(2.5 * 16_384)
    // σ of both, √2 · 2.5 · √3.
    expect(await printed(...shop, '--kind', 'multihot', '--weight', '3')).toMatch(/off\s+by\s+6\.12/)
    expect(await planned(...shop, '--kind', 'count')).not.toHaveProperty('reportBytes')
  })

  const shop = { shoppers: '1000', rounds: '4', k: '2' }
  it.each<[args: Record<string, string>, what: RegExp, remedy: RegExp]>([
    [{ ...shop, shoppers: '0' }, /--shoppers 0: not a whole number above 0/, /--shoppers 100000/],
    [{ ...shop, shoppers: '1e5' }, /--shoppers 1e5: not a whole number/, /--shoppers 100000/],
    [{ ...shop, shoppers: '10000000001' }, /--shoppers 10000000001: more than there are/, /count again/],
    [
      { ...shop, shoppers: '8', rounds: '40' },
      /--rounds 40: less than one report a round, of 8 shoppers/,
      /--rounds 2/,
    ],
    [{ ...shop, rounds: '1000001' }, /--rounds 1000001: more than a million/, /shorter/],
    [{ ...shop, k: '5' }, /--k 5: more rounds than --rounds 4/, /--k 4/],
    [{ ...shop, k: '1.5' }, /--k 1.5: not a whole number/, /--k 10/],
    [{ ...shop, dropout: '1' }, /--dropout 1: not a share/, /--dropout 0\.2/],
    [{ ...shop, dropout: '-0.1' }, /--dropout -0\.1: not a share/, /--dropout 0\.2/],
    [{ ...shop, d: '50001' }, /--d 50001: .* 50000 numbers at most/, /--d 16384/],
    [{ ...shop, clip: '0.1' }, /--clip 0\.1: has more than 16 fraction bits/, /--clip 0\.100006103515625/],
    [{ ...shop, clip: '40000' }, /--clip 40000: not a number from .* to 32768/, /--clip 1/],
    [{ ...shop, z: 'none' }, /--z none: not a number from 0\.001 to 1000000/, /--z 7/],
    [{ ...shop, ratio: '0' }, /--ratio 0: not a number/, /--ratio 0\.1/],
    [{ ...shop, z: '3', ratio: '0.1' }, /--z 3 and --ratio 0\.1/, /leave one of them out/],
    [{ ...shop, 'min-batch': '499' }, /--min-batch 499: .* fewer than 500/, /--min-batch 1000/],
    [{ ...shop, delta: '0.001' }, /--delta 0\.001: .* below 1 \/ shoppers, 0\.001/, /--delta 1e-7/],
    [{ ...shop, shoppers: '20000000' }, /--delta 1e-7: .* 5e-8/, /--delta 1e-9/],
    [{ ...shop, kind: 'counts' }, /--kind counts: not known/, /did you mean count\?/],
    [{ ...shop, kind: 'sum' }, /--kind sum: needs --max/, /--help/],
    [{ ...shop, kind: 'count', clip: '1' }, /--clip 1: says nothing of --kind count/, /--kind pine/],
    [{ ...shop, weight: '3' }, /--weight 3: says nothing of --kind pine/, /--kind multihot/],
  ])('refuses %j', async (args, what, remedy) => {
    const flags = Object.entries(args).map(([flag, value]) => `--${flag}=${value}`)
    const refused = await printed(...flags).catch((error: unknown) => error)
    expect(refused).toBeInstanceOf(UserError)
    expect(refused).toMatchObject({ message: expect.stringMatching(what), remedy: expect.stringMatching(remedy) })
  })
})
