/**
 * Help within the width of a terminal. citty puts descriptions to the right of the longest flag, however long it is; here
 * they stand in one column, and a flag that reaches into it has its description below.
 *
 *             --data=<PATH>    Dataset folder, history file or benchmark
 *                              sequences (Required)
 *      --protocol=<time-split|leave-one-out|sessions|cold-items>
 *                              How the history is cut (Default: time-split)
 */
import { stripVTControlCharacters } from 'node:util'

/** Of flags; longer ones are few. */
const FLAG_WIDTH = 24
const GAP = 4

export function layOutHelp(usage: string, width: number): string {
  return usage
    .split('\n')
    .map((line) => {
      const [, flag, description] = /^ {2,}(\S+) {4}(\S.*?) *$/.exec(line) ?? []
      if (flag === undefined) return wrap(line, width).join('\n')
      const rows = wrap(description, width - FLAG_WIDTH - GAP).join(`\n${' '.repeat(FLAG_WIDTH + GAP)}`)
      const room = FLAG_WIDTH - widthOf(flag)
      return room >= 2 ? `${' '.repeat(room)}${flag}    ${rows}` : `  ${flag}\n${' '.repeat(FLAG_WIDTH + GAP)}${rows}`
    })
    .join('\n')
}

/** A word that is wider has a row of its own. */
export function wrap(text: string, width: number): string[] {
  const rows: string[] = []
  for (const word of text.split(' ')) {
    const row = rows.at(-1)
    if (row !== undefined && widthOf(row) + 1 + widthOf(word) <= width) rows[rows.length - 1] = `${row} ${word}`
    else rows.push(word)
  }
  return rows
}

const widthOf = (text: string) => stripVTControlCharacters(text).length
