/** A training's progress, for people (a bar), for logs (a line now and then) and for a parent process (messages). */
import { Presets, SingleBar } from 'cli-progress'
import type { TrainProgress } from './train.ts'

/** A line this often where there is no terminal to draw on. */
const LINE_EVERY_MS = 10_000

export interface ProgressView {
  show(progress: TrainProgress): void
  end(): void
}

const figures = ({ epoch, epochs, loss, ndcg, itemsPerSecond, secondsLeft }: TrainProgress) => ({
  pass: `${epoch}/${epochs}`,
  loss: loss.toFixed(3),
  ndcg: ndcg === undefined ? '–' : ndcg.toFixed(4),
  speed: Math.round(itemsPerSecond).toLocaleString('en'),
  left: secondsLeft < 90 ? `${Math.ceil(secondsLeft)} s` : `${Math.ceil(secondsLeft / 60)} min`,
})

/** Draws on stderr, so that stdout stays for results. */
export function progressView(): ProgressView {
  return process.stderr.isTTY ? barView() : lineView()
}

function barView(): ProgressView {
  const bar = new SingleBar(
    {
      format:
        'training {bar} {percentage}% · pass {pass} · loss {loss} · validation NDCG@10 {ndcg} · {speed} items/s · {left} left',
      stream: process.stderr,
    },
    Presets.shades_classic,
  )
  bar.start(1000, 0, { pass: '', loss: '–', ndcg: '–', speed: '–', left: '–' })
  return {
    show: (progress) => bar.update(Math.round(progress.done * 1000), figures(progress)),
    end: () => bar.stop(),
  }
}

function lineView(): ProgressView {
  let last = 0
  return {
    show(progress) {
      if (Date.now() - last < LINE_EVERY_MS) return
      last = Date.now()
      const { pass, loss, ndcg, speed, left } = figures(progress)
      const done = Math.round(progress.done * 100)
      console.error(
        `training ${done} % · pass ${pass} · loss ${loss} · validation NDCG@10 ${ndcg} · ${speed} items/s · ${left} left`,
      )
    },
    end() {},
  }
}
