/** Which known word a misspelt one was meant to be. */

/** More would turn one word into another. */
const MOST_EDITS = 2

/** The nearest of `known`, if at most two letters were added, dropped, changed or swapped with their neighbour. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  // Two edits make any word of two letters out of any other.
  const most = Math.min(MOST_EDITS, Math.floor((word.length - 1) / 2))
  const [best] = known.map((name) => ({ name, edits: edits(word, name) })).sort((a, b) => a.edits - b.edits)
  return best && best.edits <= most ? best.name : undefined
}

/** Optimal string alignment: dp[i][j] edits make the first j letters of b out of the first i of a. */
function edits(a: string, b: string): number {
  const dp = Array.from({ length: a.length + 1 }, (_, i) => Array.from({ length: b.length + 1 }, (_, j) => i + j))
  for (let i = 1; i <= a.length; i++) {
    for (let j = 1; j <= b.length; j++) {
      const changed = dp[i - 1][j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1)
      dp[i][j] = Math.min(dp[i - 1][j] + 1, dp[i][j - 1] + 1, changed)
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      if (swapped) dp[i][j] = Math.min(dp[i][j], dp[i - 2][j - 2] + 1)
    }
  }
  return dp[a.length][b.length]
}
