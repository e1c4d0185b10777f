import { expect, test } from 'vitest'
import { nearest } from '../../trainer/nearest.ts'

test.each([
  ['trian', 'train'],
  ['impotr', 'import'],
  ['--present', '--preset'],
  ['publsh', 'publish'],
  ['tarni', 'train'],
])('%s was meant to be %s', (word, meant) => {
  expect(nearest(word, ['train', 'import', 'publish', '--preset'])).toBe(meant)
})

test.each(['shop', 'in', 'x', '', 'trainings'])('"%s" was meant to be none of them', (word) => {
  expect(nearest(word, ['train', 'import', 'id'])).toBeUndefined()
})
