/** What was asked, as means over events with intervals over shoppers, and in a sentence. */
import { type Interval, K, pairedInterval } from '../evaluate.ts'
import { ARMS, type Arm, type Asked } from './evaluation.ts'

/** Of an arm, beside the frozen model. */
export interface Change {
  /** Of the log-likelihood of what was wanted, in nats an event: above 0 is better. */
  nats: Interval
  ndcg: Interval
  /** Share of the shoppers with 20 events or more who lose more than .05 nats an event. */
  harmed: number
}

export interface Group {
  shoppers: number
  events: number
  /** Shoppers with 20 events or more. */
  withMany: number
  arms: Record<Arm, Change>
}

const MANY_EVENTS = 20
const HARM_NATS = 0.05
/** The share of harmed shoppers that is borne. */
export const MOST_HARMED = 0.05

/** @param seeds what was asked of the same shoppers with each seed, in the same order; changes are means over seeds */
export function groupReport(seeds: readonly (readonly Asked[])[]): Group {
  const [first] = seeds
  const shopperOf = first.flatMap(({ frozen }, n) => Array.from(frozen.losses, () => n))
  const eventsOf = first.map(({ frozen }) => frozen.losses.length)
  const many = eventsOf.filter((events) => events >= MANY_EVENTS).length
  const none = new Float64Array(shopperOf.length)
  const meanOfSeeds = (values: (asked: Asked) => Float64Array) => {
    const columns = seeds.map((asked) => asked.flatMap((one) => [...values(one)]))
    return none.map((_, event) => columns.reduce((sum, column) => sum + column[event], 0) / columns.length)
  }
  const arms = Object.fromEntries(
    ARMS.map((arm): [Arm, Change] => {
      const harmed = seeds.flatMap((asked) => asked.filter((one) => isHarmed(one, arm))).length
      return [
        arm,
        {
          nats: pairedInterval(
            meanOfSeeds((one) => gains(one, arm)),
            none,
            shopperOf,
          ),
          ndcg: pairedInterval(
            meanOfSeeds(({ arms }) => arms[arm].ranks.map(ndcgAt)),
            meanOfSeeds(({ frozen }) => frozen.ranks.map(ndcgAt)),
            shopperOf,
          ),
          harmed: many > 0 ? harmed / (many * seeds.length) : 0,
        },
      ]
    }),
  ) as Record<Arm, Change>
  return { shoppers: first.length, events: shopperOf.length, withMany: many, arms }
}

const gains = ({ frozen, arms }: Asked, arm: Arm) => frozen.losses.map((loss, n) => loss - arms[arm].losses[n])

function isHarmed(asked: Asked, arm: Arm): boolean {
  const gained = gains(asked, arm)
  const mean = gained.reduce((sum, gain) => sum + gain, 0) / gained.length
  return gained.length >= MANY_EVENTS && mean < -HARM_NATS
}

/** Of a list of K whose one right item has this place. */
const ndcgAt = (rank: number): number => (rank <= K ? 1 / Math.log2(rank + 1) : 0)

/** What may be said of it, and no more. */
export function verdict({ arms: { plain, gated } }: Group): string {
  const alone =
    plain.nats.low > 0
      ? 'learning helps even where it is always accepted'
      : plain.nats.high < 0
        ? 'plain learning does harm'
        : 'plain learning makes no difference that these shoppers show'
  const safe = gated.harmed <= MOST_HARMED ? 'and few lose by it' : 'but too many lose by it'
  const decided =
    gated.nats.low > 0
      ? `with the gate it helps, ${safe}`
      : gated.nats.high < 0
        ? 'the gate does not keep it from doing harm'
        : `with the gate it makes no difference on average, ${safe}`
  return `${alone}; ${decided}`
}
