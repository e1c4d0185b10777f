/** A simulation on one page that needs nothing beside it. */

import { DELTA } from '../../shared/federated/accounting/zcdp.ts'
import type { Interval } from '../evaluate.ts'
import { framed } from '../report/frame.ts'
import { type Html, html } from '../report/html.ts'
import { lineChart } from '../report/line-chart.ts'
import { count, kilobytes, measure, percent, seconds, signed } from '../report/numbers.ts'
import { section, table } from '../report/table.ts'
import { ARMS, type RoundRecord, type Simulation } from './simulate.ts'

export function simulationPage(simulation: Simulation, made: Date): string {
  const { dataset, simulated, wire, population } = simulation
  return framed({
    title: `${dataset}: simulated federation`,
    kind: 'Vitrine federation, simulated',
    heading: dataset,
    intro: html`<b>${wire}</b>${simulated && html` <span class="badge">simulated shop</span>`}${population.shoppers > population.lessons && html` <span class="badge">shoppers resampled</span>`}. Written ${made.toISOString().slice(0, 10)}.`,
    sections: [
      { id: 'summary', name: 'In short', body: summary(simulation) },
      { id: 'quality', name: 'Quality', body: quality(simulation) },
      { id: 'cost', name: 'What it costs', body: cost(simulation) },
      { id: 'turnout', name: 'Who took part', body: turnout(simulation) },
      { id: 'settings', name: 'Settings', body: settings(simulation) },
    ],
  })
}

/** Rounds at which quality was asked, with what was found. */
const askedRounds = ({ rounds }: Simulation) =>
  rounds.flatMap(({ quality }, n) => (quality ? [{ round: n + 1, quality }] : []))

const lastOf = ({ rounds }: Simulation): RoundRecord => rounds[rounds.length - 1]

function summary(simulation: Simulation): Html {
  const { gains, rounds, asked } = simulation
  const last = lastOf(simulation)
  const kept = gains.centralised.mean > 0 ? gains.federated.mean / gains.centralised.mean : undefined
  const bytes = rounds.reduce((sum, { sentBytes, fetchedBytes }) => sum + sentBytes + fetchedBytes, 0)
  const asks = rounds.reduce((sum, round) => sum + round.asked, 0)
  const cards: [string, string, string][] = [
    ['gained', signed(gains.federated.mean), 'NDCG@10 by federated learning, of shoppers who took no part'],
    ['kept', kept === undefined ? '–' : percent(kept), 'of what all the data in one place would have taught'],
    [
      'gained with noise',
      signed(gains['with noise'].mean),
      `for ε ${last.epsilon.toFixed(1)} at δ ${DELTA}, of who took part ${last.participations} times`,
    ],
    ['on the wire', kilobytes(bytes / asks), 'for each time that a device is asked'],
  ]
  return html`<section id="summary" aria-labelledby="summary-title"><h2 id="summary-title">In short</h2>
<dl class="cards">${cards.map(([title, figure, text]) => html`<div><dt>${title}</dt><dd><strong>${figure}</strong> <span>${text}</span></dd></div>`)}</dl>
<ul class="verdicts">${verdict('Federated learning', gains.federated)}${verdict('The same with noise', gains['with noise'])}${verdict('All the data in one place', gains.centralised)}</ul>
<p class="figures">${count(asked.shoppers)} shoppers asked about ${count(asked.events)} events.</p></section>`
}

function verdict(what: string, { mean, low, high }: Interval): Html {
  const figures = html`<span class="figures">${signed(mean)} NDCG@10, 95 % interval ${signed(low)} to ${signed(high)}</span>`
  if (low > 0) return html`<li><b class="better">▲ ${what} is better than the model as it was.</b> ${figures}</li>`
  if (high < 0) return html`<li><b class="worse">▼ ${what} is worse than the model as it was.</b> ${figures}</li>`
  return html`<li><b class="even">= ${what}: no difference shown from the model as it was.</b> ${figures}</li>`
}

function quality(simulation: Simulation): Html {
  const asked = askedRounds(simulation)
  const chart = lineChart({
    title: 'NDCG@10 by round',
    xTitle: 'round',
    yTitle: 'NDCG@10',
    wholeX: true,
    lines: ARMS.map((name) => ({
      name,
      points: [
        [0, asked[0].quality.frozen] as const,
        ...asked.map(({ round, quality }) => [round, quality[name]] as const),
      ],
    })),
  })
  const rows = asked.map(({ round, quality }) => [count(round), ...ARMS.map((arm) => measure(quality[arm]))])
  return section(
    'quality',
    'Quality',
    'What shoppers who took no part wanted next, among all items, after each few rounds. Frozen is the model before the first; centralised learns the same vector from all that the clients have.',
    html`<div class="charts">${chart}</div><details><summary>As a table</summary>${table('NDCG@10 by round', ['round', ...ARMS], rows)}</details>`,
  )
}

function cost(simulation: Simulation): Html {
  const { rounds, noiseMultiplier, reportBytes, modelBytes } = simulation
  const summed = (of: (round: RoundRecord) => number) => {
    let sum = 0
    return rounds.map((round, n) => [n + 1, (sum += of(round)) / 1e6] as const)
  }
  return section(
    'cost',
    'What it costs',
    `A report is ${kilobytes(reportBytes)}, a round's new model ${kilobytes(modelBytes)} to fetch. Privacy is what one honest aggregator's noise (z = ${noiseMultiplier}) is worth to the shopper who took part most often, at δ ${DELTA}.`,
    html`<div class="charts">${lineChart({
      title: 'Megabytes by round, of all devices',
      xTitle: 'round',
      yTitle: 'MB',
      wholeX: true,
      lines: [
        { name: 'sent', points: summed(({ sentBytes }) => sentBytes) },
        { name: 'fetched', points: summed(({ fetchedBytes }) => fetchedBytes) },
      ],
    })}${lineChart({
      title: 'ε by round',
      xTitle: 'round',
      yTitle: 'ε',
      wholeX: true,
      lines: [{ name: 'ε', points: rounds.map(({ epsilon }, n) => [n + 1, epsilon] as const) }],
    })}</div>`,
  )
}

function turnout({ rounds, simulated, population: { shoppers, lessons } }: Simulation): Html {
  const kind = simulated ? 'simulated' : 'real'
  const total = (of: (round: RoundRecord) => number) => count(rounds.reduce((sum, round) => sum + of(round), 0))
  const drawn =
    shoppers > lessons
      ? `${count(lessons)} of the ${count(shoppers)} shoppers have a ${kind} history of their own; the others have one of those, drawn with repetition.`
      : `Each of the ${count(shoppers)} shoppers has a ${kind} history of their own.`
  return section(
    'turnout',
    'Who took part',
    `${drawn} A larger crowd of the same histories bears more noise and knows no more.`,
    table(
      'Devices, over all rounds',
      ['', 'devices'],
      [
        ['asked', total(({ asked }) => asked)],
        ['went away', total(({ lost }) => lost)],
        ['came too late', total(({ late }) => late)],
        ['counted', total(({ arrived }) => arrived)],
        ['of those, lied', total(({ lying }) => lying)],
      ],
    ),
  )
}

function settings(simulation: Simulation): Html {
  const { population, plan, noiseMultiplier, seed, split } = simulation
  const { shape, optimiser } = plan
  const rows: [string, string][] = [
    ['shoppers', count(population.shoppers)],
    ['cohort', count(plan.cohort)],
    ['rounds', count(plan.rounds)],
    ['go away', percent(plan.dropout)],
    ['come too late', percent(plan.stragglers)],
    ['lie: their update turned round, at the full clip norm', percent(population.malicious)],
    ['are one party: the last step turned round, at the full clip norm', percent(population.sybils)],
    ['floats of the shared vector', count(shape.dimension)],
    ['clip norm', String(shape.clipNorm)],
    ['noise multiplier, of each of two aggregators', String(noiseMultiplier)],
    ['server', `${optimiser.kind}, rate ${Number(optimiser.rate.toPrecision(3))}`],
    ['seed', seed],
  ]
  return section(
    'settings',
    'Settings',
    `${split[0].toUpperCase()}${split.slice(1)}. The same command with the same seed gives the same page, but for the time it took: ${seconds(simulation.seconds)}.`,
    table('Settings', ['', 'value'], rows),
  )
}
