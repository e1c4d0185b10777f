/**
 * Who learns, from what, and who is asked, on histories that are cut twice:
 *
 *     before the first cut     trains the backbone, with all shoppers
 *     between the two          is on the clients' devices, and is learned there alone
 *     after the second         is asked: settings are chosen on some clients, figures are of shoppers who are none
 */
import { hash32, mix32 } from '../../shared/data/random.ts'
import type { Token } from '../../shared/data/sequence.ts'
import { type LocalTraining, recentHistory } from '../../shared/model/local-update.ts'
import { type Wishes, wishesOf } from '../../shared/model/wishes.ts'
import type { TrainingEnds } from '../batches.ts'
import type { Histories } from '../datasets/histories.ts'
import { PARTS, type Part } from '../learning/shoppers.ts'
import { UserError } from '../user-error.ts'

/** Of all events, or of each history where there are no times. */
const CUTS = [0.5, 0.8] as const

/** What one device learns from. */
export interface Lesson {
  shopper: string
  tokens: Token[]
  wishes: Wishes
}

/** What a shopper wanted after the second cut, at `wishes` in `tokens`. */
export type Question = Lesson

export interface Material {
  /** Where each shopper's part for the backbone ends. */
  ends: TrainingEnds
  /** One of each client: what is recent on the device. */
  clients: Lesson[]
  /** All that the clients' devices have, for who could collect it. */
  pool: Lesson[]
  questions: Record<Part, Question[]>
  /** In words. */
  split: string
}

/** Of ten shoppers three teach nothing at all: figures are of them. Settings are chosen on three of the others, by what they do later. */
const [TUNED_ON, REPORTED_OF] = [0.3, 0.6]

export interface Role {
  teaches: boolean
  asked?: Part
}

export function roleOf(shopper: string): Role {
  const place = mix32(hash32(`part ${shopper}`)) / 2 ** 32
  if (place < TUNED_ON) return { teaches: true, asked: 'tune' }
  return place < REPORTED_OF ? { teaches: false, asked: 'report' } : { teaches: true }
}

/** A few shops' buyers do thousands of things: they would be most of what is measured. */
const MOST_ASKED = 40

/** @throws UserError where there is nobody to learn from or to ask */
export function materialOf(h: Histories, training: LocalTraining): Material {
  const [first, second] = cutsOf(h)
  const material: Material = {
    ends: Uint32Array.from(first.ends),
    clients: [],
    pool: [],
    questions: { tune: [], report: [] },
    split: `the backbone learns ${first.words}, clients ${second.words}; asked is what shoppers want after that who taught nothing`,
  }
  for (let s = 0; s < h.shoppers.length; s++) {
    const shopper = h.shoppers[s]
    const [start, known, taught, end] = [h.start[s], first.ends[s], second.ends[s], h.start[s + 1]]
    const { teaches, asked } = roleOf(shopper)
    if (teaches && taught > known) {
      const tokens = tokensBetween(h, start, taught)
      const recent = recentHistory(tokens, h.time[known], training)
      if (recent) material.clients.push({ shopper, ...copied(recent) })
      for (const part of windows(tokens, known - start, training)) material.pool.push({ shopper, ...part })
    }
    if (asked && end > taught) {
      const tokens = tokensBetween(h, start, end)
      const wishes = wishesOf(tokens)
        .filter((at) => at >= taught - start)
        .slice(0, MOST_ASKED)
      if (wishes.length > 0) material.questions[asked].push({ shopper, tokens, wishes })
    }
  }
  if (material.clients.length === 0 || PARTS.some((part) => material.questions[part].length === 0)) {
    throw new UserError(
      `${h.name}: ${material.clients.length} shoppers can teach, and ${material.questions.report.length} can be asked`,
      'import a longer history, of more shoppers',
    )
  }
  return material
}

interface Cut {
  /** (shoppers) */
  ends: number[]
  words: string
}

function cutsOf(h: Histories): [Cut, Cut] {
  const times = h.timed ? Float64Array.from(h.time).sort() : undefined
  const [first, second] = CUTS.map((share): Cut => {
    if (!times) {
      const ends = h.shoppers.map((_, s) => h.start[s] + Math.floor(share * (h.start[s + 1] - h.start[s])))
      return { ends, words: `until ${100 * share} % of each history` }
    }
    const time = times[Math.floor(share * times.length)]
    const ends = h.shoppers.map((_, s) => {
      let end = h.start[s + 1]
      while (end > h.start[s] && h.time[end - 1] >= time) end--
      return end
    })
    return { ends, words: `until ${new Date(time).toISOString().slice(0, 10)}` }
  })
  return [first, second]
}

function tokensBetween(h: Histories, from: number, to: number): Token[] {
  return Array.from({ length: to - from }, (_, n) => {
    const item = h.item[from + n]
    const token = { item: Math.max(-1, item), action: h.action[from + n], time: h.time[from + n] }
    return item < 0 ? { ...token, query: h.queries[-1 - item] } : token
  })
}

const copied = ({ tokens, wishes }: { tokens: readonly Token[]; wishes: Wishes }) => ({ tokens: [...tokens], wishes })

/** Everything from a place on, in parts as long as a device's, each with a third of it as context. */
function* windows(tokens: Token[], from: number, { latest }: LocalTraining) {
  const context = Math.floor(latest / 3)
  for (let at = from; at < tokens.length; at += latest - context) {
    const start = Math.max(0, at - context)
    const part = tokens.slice(start, at + latest - context)
    const wishes = wishesOf(part).filter((place) => place >= at - start)
    if (wishes.length > 0) yield { tokens: part, wishes }
  }
}
