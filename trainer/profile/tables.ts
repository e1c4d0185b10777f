/** What `vitrine evaluate-profile` found, for people to read. */

import type { FeatureName } from '../../shared/profile/features.ts'
import { intervalText } from '../evaluate.ts'
import { FEATURE_WORDS } from './feature-words.ts'
import type { CategoryForetold, NextCategoryScore } from './next-category-score.ts'
import type { PriceScore } from './price-bands.ts'
import type { InterestQuality, Timeliness } from './quality.ts'
import type { Foretold, HeadScore } from './scorecard.ts'
import type { Agreement, SegmentScore } from './segment-score.ts'
import type { TasteScore } from './tastes.ts'
import type { GateScore } from './visit-gate.ts'

export function headTable({
  head,
  moments,
  rate,
  majority,
  rule,
  trained,
  ideal,
  gap_closed,
  better_than_rule,
  drivers,
}: HeadScore) {
  const row = (name: string, { auroc, log_loss, calibration_error }: Foretold) =>
    `  ${name.padEnd(34)} ${auroc.toFixed(3)}   ${log_loss.toFixed(4)}   ${calibration_error.toFixed(3)}`
  return [
    `${head}: ${moments.test} moments asked, ${(100 * rate).toFixed(1)} % yes; ${moments.training} taught`,
    `  ${''.padEnd(34)} AUROC   log-loss  calibration error`,
    row('majority', majority),
    row(rule.name, rule),
    row('profile', trained),
    ...(ideal ? [row('an observer who knows the truth', ideal)] : []),
    ...(gap_closed === undefined ? [] : [`  of the way from rule to observer: ${(100 * gap_closed).toFixed(0)} %`]),
    `  log-loss below the rule's by ${intervalText(better_than_rule)}`,
    '  what drives it: nats lost when dealt to others, bits it tells alone',
    ...drivers.map(
      ({ feature, permutation_importance, information_gain }) =>
        `    ${feature.padEnd(32)} ${permutation_importance.toFixed(4)}   ${Number.isNaN(information_gain) ? '–' : information_gain.toFixed(4)}`,
    ),
  ].join('\n')
}

export function gateTable({ looks, nats, constant, better_than_constant, gate }: GateScore): string {
  return [
    `this visit beside what lasts: the category of ${looks.test} looks, nats`,
    `  what lasts alone                          ${nats.long.toFixed(4)}`,
    `  this visit alone                          ${nats.visit.toFixed(4)}`,
    `  ${`this visit at ${constant}`.padEnd(41)} ${nats.constant.toFixed(4)}`,
    `  as the gate says                          ${nats.gate.toFixed(4)}`,
    `  the gate below the constant by ${intervalText(better_than_constant)}; it reads`,
    ...Object.entries(gate.weights).map(
      ([name, weight]) => `    ${FEATURE_WORDS[name as FeatureName].padEnd(34)} ${weight.toFixed(3)}`,
    ),
  ].join('\n')
}

export function tasteTable({
  shoppers,
  last_looked_at,
  profile,
  ideal,
  gap_closed,
  better_than_last,
}: TasteScore): string {
  return [
    `interests: the three dearest categories of ${shoppers} shoppers, precision`,
    `  last three looked into                    ${last_looked_at.toFixed(3)}`,
    `  profile                                   ${profile.toFixed(3)}`,
    `  an observer who knows all others’ truth   ${ideal.toFixed(3)}`,
    `  of the way from the last to the observer: ${(100 * gap_closed).toFixed(0)} %`,
    `  more than the last three by ${intervalText(better_than_last)}`,
  ].join('\n')
}

export function priceTable({ shoppers, last_looked_at, profile, ideal, gap_closed }: PriceScore): string {
  return [
    `price band: high above low, ${shoppers} shoppers of the two, AUROC`,
    `  the price last looked at                  ${last_looked_at.toFixed(3)}`,
    `  profile                                   ${profile.toFixed(3)}`,
    `  an observer taught half of the truth      ${ideal.toFixed(3)}`,
    `  of the way from the last to the observer: ${(100 * gap_closed).toFixed(0)} %`,
  ].join('\n')
}

export function nextTable({
  moments,
  categories,
  last_category,
  profile,
  ideal,
  gap_closed,
  better_than_last,
}: NextCategoryScore): string {
  const row = (name: string, { log_loss, first, first_three, calibration_error }: CategoryForetold) =>
    `  ${name.padEnd(34)} ${log_loss.toFixed(4)}     ${first.toFixed(3)}   ${first_three.toFixed(3)}        ${calibration_error.toFixed(3)}`
  return [
    `next category: ${moments.test} visits asked, ${categories} categories; ${moments.training} taught`,
    `  ${''.padEnd(34)} log-loss  first  first three  calibration error`,
    row('what the last visit began with', last_category),
    row('profile', profile),
    ...(ideal ? [row('an observer who knows the tastes', ideal)] : []),
    ...(gap_closed === undefined
      ? []
      : [`  of the way from the last to the observer: ${(100 * gap_closed).toFixed(0)} %`]),
    `  log-loss below the last’s by ${intervalText(better_than_last)}`,
  ].join('\n')
}

export interface FoundSegments {
  found: { name: Record<string, string>; shoppers: number }[]
  tried: { segments: number; nats: number }[]
  bytes: number
  score?: SegmentScore
}

export function segmentTable({ found, tried, bytes, score }: FoundSegments): string {
  const row = (name: string, { adjusted_mutual_information, purity }: Agreement) =>
    `  ${name.padEnd(42)}${adjusted_mutual_information.toFixed(3)}   ${purity.toFixed(3)}`
  return [
    `segments: ${found.length}, in ${bytes} bytes`,
    `  nats a visit held out: ${tried.map(({ segments, nats }) => `${segments}: ${nats.toFixed(3)}`).join(', ')}`,
    ...found.map(({ name, shoppers }) => `  ${String(shoppers).padStart(6)}  ${name.en} | ${name.zh}`),
    ...(score
      ? [
          `  beside the ${score.kinds} kinds that ${score.shoppers} shoppers really are of: adjusted mutual information, purity`,
          row('the last category looked into', score.last_looked_at),
          row('profile', score.profile),
          row('an observer taught half of the truth', score.ideal),
          `  of the way from the last to the observer: ${(100 * score.gap_closed).toFixed(0)} %`,
        ]
      : []),
  ].join('\n')
}

export function qualityTable({ coverage, timeliness, diversity }: InterestQuality): string {
  const percent = (share: number) => `${(100 * share).toFixed(0)} %`
  const timely = (name: string, { median_events, shown_by_end }: Timeliness) =>
    `    ${name.padEnd(32)} ${median_events === null ? 'never for half' : `${median_events} events`}, ${percent(shown_by_end)} by the end`
  return [
    `what interests are like: of ${coverage.shoppers} shoppers`,
    `  coverage: something is known of ${percent(coverage.shoppers_known)}; the first three hold ${percent(coverage.attention)} of true attention (most: ${percent(coverage.most_attention)}); ${percent(coverage.categories)} of the categories are somebody’s`,
    `  timeliness: events until a changed taste shows, ${timeliness.shoppers} shoppers, half need no more than`,
    timely('profile', timeliness.profile),
    timely('the last three looked into', timeliness.last_looked_at),
    timely('the first look at it', timeliness.first_sign),
    `  diversity: as of ${diversity.profile.toFixed(1)} equal categories (in truth ${diversity.truth.toFixed(1)}); the first three have ${diversity.roots_in_first_three.toFixed(1)} different roots`,
  ].join('\n')
}
