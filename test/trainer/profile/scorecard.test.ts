import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { compile } from '../../../shared/model/compile.ts'
import { initParams } from '../../../shared/model/params.ts'
import type { NextCategory } from '../../../shared/profile/next-category.ts'
import { readyBackend } from '../../../trainer/backend.ts'
import { nextCategoryOf } from '../../../trainer/profile/next-category.ts'
import { scoreNextCategory } from '../../../trainer/profile/next-category-score.ts'
import { scorePrices } from '../../../trainer/profile/price-bands.ts'
import { interestQuality } from '../../../trainer/profile/quality.ts'
import { type HeadScore, scoreHeads } from '../../../trainer/profile/scorecard.ts'
import { scoreSegments } from '../../../trainer/profile/segment-score.ts'
import { fitSegments } from '../../../trainer/profile/segments.ts'
import { readShoppers, type Shoppers } from '../../../trainer/profile/shoppers.ts'
import { scoreTastes } from '../../../trainer/profile/tastes.ts'
import { readTruth } from '../../../trainer/profile/truth.ts'
import { generateSample } from '../../../trainer/sample/sample.ts'

const folder = mkdtempSync(join(tmpdir(), 'vitrine-profile-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
let shoppers: Shoppers
let heads: HeadScore[]

beforeAll(async () => {
  await readyBackend('wasm')
  await generateSample({ out: join(folder, 'shop'), products: 300, shoppers: 900, days: 180, seed: 'profile' })
  shoppers = await readShoppers(join(folder, 'shop'))
  heads = scoreHeads(shoppers, { seed: '1', truth: await readTruth(join(folder, 'shop'), shoppers) })
}, 120_000)

describe('the heads of a simulated shop', () => {
  it('foretell a purchase and a return better than their rules, and no better than who knows the truth', () => {
    expect(heads.map(({ head }) => head)).toEqual(['intent', 'return'])
    for (const { rule, trained, ideal, majority } of heads) {
      expect(majority.auroc).toBe(0.5)
      expect(rule.auroc).toBeGreaterThan(0.6)
      expect(trained.log_loss).toBeLessThan(rule.log_loss)
      expect(trained.auroc).toBeGreaterThan(rule.auroc)
      expect(ideal?.log_loss).toBeLessThan(trained.log_loss)
    }
    expect(heads[0].better_than_rule.low).toBeGreaterThan(0)
  })

  it('say what drives them: the cart a purchase, the chance of a visit a return', () => {
    const [intent, comeBack] = heads.map(({ drivers }) => drivers.map(({ feature }) => feature))
    expect(intent.slice(0, 4).join()).toMatch(/cart/)
    expect(comeBack[0]).toBe('chance of a visit in 30 days')
  })

  it('read a network’s state beside the features', () => {
    const config = {
      items: shoppers.products.length,
      contentWidth: 0,
      width: 16,
      blocks: 1,
      heads: 2,
      window: 8,
      hidden: 16,
    }
    const some = { ...shoppers, shoppers: shoppers.shoppers.slice(0, 300) }
    const network = compile(config, initParams(config, 1))
    const [{ drivers }] = scoreHeads(some, { seed: '1', network })
    const all = drivers.map(({ feature }) => feature)
    expect(all.length).toBe(10)
    expect(scoreHeads(some, { seed: '1' })[0].trained).not.toEqual(scoreHeads(some, { seed: '1', network })[0].trained)
  })

  it('of a history too short to ask about is an error with a remedy', () => {
    const short = shoppers.shoppers.map(({ id, events }) => ({
      id,
      events: events.filter(({ time }) => time > shoppers.end - 20 * 86_400_000),
    }))
    expect(() => scoreHeads({ ...shoppers, shoppers: short }, { seed: '1' })).toThrow(/no moment of "intent"/)
  })
})

describe('the interests of a simulated shop', () => {
  it('are nearer to the truth than the last categories looked into', async () => {
    const score = scoreTastes(shoppers, await readTruth(join(folder, 'shop'), shoppers))
    expect(score.shoppers).toBeGreaterThan(800)
    expect(score.better_than_last.low).toBeGreaterThan(0)
    expect(score.ideal).toBeGreaterThan(score.last_looked_at)
  })
})

describe('the price bands of a simulated shop', () => {
  it('are told apart better by all looks than by the last one', async () => {
    const score = await scorePrices(shoppers, await readTruth(join(folder, 'shop'), shoppers))
    expect(score.profile).toBeGreaterThan(score.last_looked_at + 0.05)
    expect(score.gap_closed).toBeGreaterThan(0.5)
  })
})

describe('the next category of a simulated shop', () => {
  it('is foretold better by the profile than by the last one, and no better than by who knows the tastes', async () => {
    const truth = await readTruth(join(folder, 'shop'), shoppers)
    const { last_category, profile, ideal, better_than_last } = await scoreNextCategory(shoppers, { seed: '1', truth })
    expect(better_than_last.low).toBeGreaterThan(0)
    expect(profile.first_three).toBeGreaterThan(last_category.first_three)
    expect(ideal?.log_loss).toBeLessThan(profile.log_loss)
  })
})

describe('what ships to foretell what a visit begins with', () => {
  it('knows the shop’s categories and season, and counts on what is dear and on what comes again', () => {
    const next = nextCategoryOf(shoppers, '1') as NextCategory
    expect(next.categories.length).toBeGreaterThan(20)
    expect(next.season.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 5)
    const [, , , , either, times] = next.head.beta
    expect(either).toBeGreaterThan(0)
    expect(times).toBeGreaterThan(0)
    expect(nextCategoryOf(shoppers, '1')).toEqual(next)
  })

  it('is not made of fewer visits than tell shoppers from one another', () => {
    expect(nextCategoryOf({ ...shoppers, shoppers: shoppers.shoppers.slice(0, 20) }, '1')).toBeUndefined()
  })
})

describe('the segments of a simulated shop', () => {
  it('are nearer to the kinds of shopper that it was made of than the last category is', async () => {
    const fitted = fitSegments(shoppers, '1')
    const score = await scoreSegments(shoppers, fitted, await readTruth(join(folder, 'shop'), shoppers))
    const { last_looked_at, profile } = score
    expect(profile.adjusted_mutual_information).toBeGreaterThan(last_looked_at.adjusted_mutual_information)
    expect(profile.adjusted_mutual_information).toBeLessThan(0.9)
    expect(score.kinds).toBe(12)
  })
})

describe('what the interests of a simulated shop are like', () => {
  it('a taste shows in the profile after it first shows in the looks, and never more often', async () => {
    const truth = await readTruth(join(folder, 'shop'), shoppers)
    const { timeliness, coverage, diversity } = interestQuality(shoppers, truth)
    const { profile, first_sign } = timeliness
    expect(timeliness.shoppers).toBeGreaterThan(30)
    expect(profile.median_events ?? 1e9).toBeGreaterThan(first_sign.median_events ?? 1e9)
    expect(coverage.attention).toBeLessThan(coverage.most_attention)
    expect(coverage.attention).toBeGreaterThan(0.5 * coverage.most_attention - 0.1)
    expect(coverage.shoppers_known).toBeGreaterThan(0.95)
    expect(diversity.profile).toBeGreaterThan(1)
  })
})
