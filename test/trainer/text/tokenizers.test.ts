import { describe, expect, it } from 'vitest'
import { sentencepiece, type Vocabulary, wholeWords } from '../../../trainer/text/sentencepiece.ts'
import { wordpiece } from '../../../trainer/text/wordpiece.ts'

const RESERVED: Vocabulary = [
  ['<unk>', 0],
  ['<s>', 0],
  ['</s>', 0],
  ['<x1>', 0],
  ['<x2>', 0],
  ['<x3>', 0],
]

describe('sentencepiece', () => {
  const vocabulary: Vocabulary = [
    ...RESERVED,
    ['▁', -2], // 6
    ['▁a', -1.5], // 7
    ['b', -1], // 8
    ['ab', -2.2], // 9
    ['a', -3], // 10
    ['▁ab', -2.6], // 11
    ['bb', -1.9], // 12
    [':', null], // 13
  ]
  const pieces = sentencepiece(vocabulary)
  const ids = (text: string) => pieces(text).ids

  it('takes the cut whose scores sum highest, not the longest piece first', () => {
    // ▁a b = −2.5 before ▁ab = −2.6 before ▁ ab = −4.2
    expect(ids('ab')).toEqual([7, 8])
    // ▁a bb = −3.4 before ▁a b b = −3.5 before ▁ab b = −3.6
    expect(ids('abb')).toEqual([7, 12])
    // ▁a bb b and ▁a b bb tie at −4.4; ▁a b b b is −4.5
    expect(pieces('abbb').ids).toHaveLength(3)
  })

  it('has a space before every word, however many are written', () => {
    expect(ids('  a \n b ')).toEqual([7, 6, 8])
    expect(ids('')).toEqual([])
  })

  it('makes one unknown piece of a run of unknown characters, and counts each', () => {
    expect(pieces('aχψb')).toEqual({ ids: [7, 0, 8], unknown: 2 })
    expect(pieces('茶')).toEqual({ ids: [6, 0], unknown: 1 })
  })

  it('never cuts out control pieces, and knows a piece whose score was lost', () => {
    expect(ids('<s>').filter((id) => id === 1)).toEqual([])
    expect(ids('a:')).toEqual([7, 13])
  })

  it('tells whole words', () => {
    expect(wholeWords([...RESERVED, ['▁lamp', -1], ['lamp', -1], ['▁a', -1], ['▁12', -1]])).toEqual(['lamp'])
  })
})

describe('wordpiece', () => {
  const vocabulary = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', 'cup', '##board', '##s', 'cupb', '-', '茶', 'cafe']
  const pieces = wordpiece(vocabulary, 'vocab.txt')

  it('takes the longest piece from the left, and gives a word up where that leads nowhere', () => {
    expect(pieces('Cups')).toEqual({ ids: [2, 4, 6, 3], words: 1, unknown: 0 })
    // "cupb" is longest, and "##oard" is in no vocabulary: BERT does not go back
    expect(pieces('cupboard')).toEqual({ ids: [2, 1, 3], words: 1, unknown: 1 })
  })

  it('parts punctuation and Chinese characters, and drops accents', () => {
    expect(pieces('café-茶茶')).toEqual({ ids: [2, 10, 8, 9, 9, 3], words: 4, unknown: 0 })
  })

  it('names the special piece that a vocabulary lacks', () => {
    expect(() => wordpiece(['[UNK]', '[CLS]'], 'vocab.txt')).toThrow('vocab.txt: has no [SEP]')
  })
})
