import { expect, test } from 'vitest'
import { layOutHelp } from '../../trainer/help-layout.ts'

const WIDE = `What it does, in a sentence (vitrine it v1)

                   \x1b[36m--data=<PATH>\x1b[39m    A folder or a file, or whatever else holds a history (Required)
  --models=<popularity,buy-again,rules>    Which to measure                                               `

test('descriptions stand in one column, within the width; a long flag has its own below it', () => {
  expect(layOutHelp(WIDE, 60)).toBe(`What it does, in a sentence (vitrine it v1)

           \x1b[36m--data=<PATH>\x1b[39m    A folder or a file, or whatever
                            else holds a history (Required)
  --models=<popularity,buy-again,rules>
                            Which to measure`)
})
