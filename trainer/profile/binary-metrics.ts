/** How well probabilities foretell a yes or no. */

/** Area under the ROC curve: a yes has the higher score than a no, ties half (Hanley & McNeil 1982). NaN of one kind alone. */
export function auroc(scores: ArrayLike<number>, answers: ArrayLike<number>): number {
  const order = Array.from({ length: scores.length }, (_, n) => n).sort((a, b) => scores[a] - scores[b])
  let [ranks, positives] = [0, 0]
  for (let from = 0; from < order.length; ) {
    let to = from
    while (to < order.length && scores[order[to]] === scores[order[from]]) to++
    for (let at = from; at < to; at++) {
      if (answers[order[at]] === 0) continue
      ranks += (from + to + 1) / 2
      positives++
    }
    from = to
  }
  return (ranks - (positives * (positives + 1)) / 2) / (positives * (order.length - positives))
}

/** Mean −ln of what was said of the answer that came, in nats. */
export function logLoss(probabilities: ArrayLike<number>, answers: ArrayLike<number>): number {
  let sum = 0
  for (let n = 0; n < answers.length; n++) {
    sum -= Math.log(Math.max(1e-12, answers[n] === 0 ? 1 - probabilities[n] : probabilities[n]))
  }
  return sum / answers.length
}

const BINS = 10

/** Expected calibration error over bins of equal size (Naeini et al. 2015; Nguyen & O'Connor 2015). */
export function calibrationError(probabilities: ArrayLike<number>, answers: ArrayLike<number>): number {
  const order = Array.from({ length: probabilities.length }, (_, n) => n)
  order.sort((a, b) => probabilities[a] - probabilities[b])
  let error = 0
  for (let bin = 0; bin < BINS; bin++) {
    const rows = order.slice(Math.floor((bin * order.length) / BINS), Math.floor(((bin + 1) * order.length) / BINS))
    error += Math.abs(rows.reduce((sum, n) => sum + probabilities[n] - answers[n], 0))
  }
  return error / order.length
}
