/** How far a simulation is, for people (a bar) and for logs (a line now and then), with an estimate. */
import { Presets, SingleBar } from 'cli-progress'
import type { RoundRecord } from './simulate.ts'

const LINE_EVERY_MS = 10_000

export interface RoundProgress {
  show(round: number, record: RoundRecord): void
  end(): void
}

/** Draws on stderr, so that stdout stays for results. */
export function roundProgress(rounds: number): RoundProgress {
  const started = Date.now()
  const textOf = (round: number, { arrived, quality }: RoundRecord, before: string) => {
    const left = ((Date.now() - started) / 1000 / round) * (rounds - round)
    return {
      arrived: String(arrived),
      quality: quality ? `${quality.frozen.toFixed(4)} → ${quality.federated.toFixed(4)}` : before,
      left: left < 90 ? `${Math.ceil(left)} s` : `${Math.ceil(left / 60)} min`,
    }
  }
  let said = { arrived: '–', quality: '–', left: '–' }
  if (process.stderr.isTTY) {
    const format = 'rounds {bar} {value}/{total} · {arrived} reports · NDCG@10 {quality} · {left} left'
    const bar = new SingleBar({ format, stream: process.stderr }, Presets.shades_classic)
    bar.start(rounds, 0, said)
    return {
      show(round, record) {
        said = textOf(round, record, said.quality)
        bar.update(round, said)
      },
      end: () => bar.stop(),
    }
  }
  let last = 0
  return {
    show(round, record) {
      said = textOf(round, record, said.quality)
      if (Date.now() - last < LINE_EVERY_MS && round < rounds) return
      last = Date.now()
      console.error(`round ${round}/${rounds} · ${said.arrived} reports · NDCG@10 ${said.quality} · ${said.left} left`)
    },
    end() {},
  }
}
