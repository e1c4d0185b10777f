import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { seeded } from '../../../shared/data/random.ts'
import { coOccurrenceVectors } from '../../../trainer/text/co-occurrence.ts'
import { corpusOfProducts } from '../../../trainer/text/corpus.ts'
import { energeticFolder, graphTeacher } from '../../../trainer/text/graph-teacher.ts'
import { onnxTeacher } from '../../../trainer/text/onnx-teacher.ts'
import { openTeacher } from '../../../trainer/text/open-teacher.ts'
import { cachedTeacher } from '../../../trainer/text/teacher-cache.ts'
import { readWordVectors, wordVectorTeacher } from '../../../trainer/text/word-vectors.ts'
import { gatherModel } from './onnx-bytes.ts'

const folder = mkdtempSync(join(tmpdir(), 'teachers-'))
function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}
const cosine = (rows: Float32Array, width: number, a: number, b: number) => {
  const row = (n: number) => rows.subarray(n * width, (n + 1) * width)
  const dot = (x: Float32Array, y: Float32Array) => x.reduce((sum, value, j) => sum + value * y[j], 0)
  return dot(row(a), row(b)) / Math.sqrt(dot(row(a), row(a)) * dot(row(b), row(b)))
}
const corpus = corpusOfProducts('shop', [
  { item_id: '1', title: 'red lamp', category: [] },
  { item_id: '2', title: 'red mug', category: [] },
])

describe('word vectors', () => {
  it.each([
    ['with a first line of counts', '2 3\nRed 1 0 -2.5\nmug 0.5 1e-1 0\n'],
    ['without', 'Red 1 0 -2.5\nmug 0.5 1e-1 0\n'],
  ])('are read %s, plain or gzip', async (_, text) => {
    const expected = { width: 3, words: ['red', 'mug'], vectors: Float32Array.of(1, 0, -2.5, 0.5, 0.1, 0) }
    expect(await readWordVectors(file('a.vec', text), () => true)).toEqual(expected)
    expect(await readWordVectors(file('a.vec.gz', gzipSync(text)), () => true)).toEqual(expected)
  })

  it.each([
    ['a line of another width', 'red 1 2\nmug 1 2 3\n', /bad\.vec line 2: a vector 3 wide, and the file’s are 2/],
    ['another width than its first line says', '1 4\nred 1 2\n', /line 2: a vector 2 wide, and the file’s are 4/],
    ['a word where a number belongs', 'red 1 x\n', /line 1: "x" is no number/],
    ['no vector', '\n\n', /holds no vectors/],
  ])('with %s are refused', async (_, text, message) => {
    await expect(readWordVectors(file('bad.vec', text), () => true)).rejects.toThrow(message)
  })

  it('of another language are refused by name', async () => {
    const path = file('french.vec', 'lampe 1 2\nrouge 2 1\n')
    await expect(openTeacher(path, corpus)).rejects.toThrow(/french\.vec: holds none of shop’s \d+ words/)
  })

  it('say of a text the weighted mean of its words, less the mean of all', async () => {
    const known = { width: 2, words: ['red', 'mug'], vectors: Float32Array.of(3, 0, 1, 2) } // mean (2, 1)
    const teacher = wordVectorTeacher('hand', known, (unit) => (unit === 'red' ? 3e-3 : 0))
    const vectors = await teacher.encode(['red mug unknown'])
    // red: a/(a + .003) = .25 × (1, −1); mug: 1 × (−1, 1)
    expect(vectors[0]).toBeCloseTo(-0.75, 5)
    expect(vectors[1]).toBeCloseTo(0.75, 5)
    expect(teacher.understands('red mug unknown')).toBe(true)
    expect(teacher.understands('mug a b c d')).toBe(false)
    expect(teacher.understands('')).toBe(false)
  })
})

describe('co-occurrence', () => {
  it('brings words together that never meet but keep the same company, in any script', () => {
    const random = seeded('texts')
    const texts = Array.from({ length: 400 }, () => {
      const kitchen = random.next() < 0.5
      const company = kitchen ? ['kettle', 'stove', 'spoon', 'apron'] : ['pillow', 'duvet', 'sheet', 'bed']
      const word = random.pick(kitchen ? ['mug', '杯子'] : ['lamp', '台灯'])
      return [word, ...random.shuffle(company).slice(0, 2)].join(' ')
    })
    const { words, vectors, width } = coOccurrenceVectors(texts, 4, random)
    const at = (word: string) => words.indexOf(word)
    expect(cosine(vectors, width, at('mug'), at('杯子'))).toBeGreaterThan(0.9)
    expect(cosine(vectors, width, at('lamp'), at('台灯'))).toBeGreaterThan(0.9)
    expect(cosine(vectors, width, at('mug'), at('lamp'))).toBeLessThan(0.3)
  })
})

describe('the sentence encoder of npm', () => {
  it('says the same of a text alone and in a batch, and knows what means the same', { timeout: 60_000 }, async () => {
    const teacher = await graphTeacher(energeticFolder(), 'energetic')
    const texts = ['a laptop', 'notebook computer', 'a cup of tea for the office kitchen', '']
    const vectors = await teacher.encode(texts)
    expect(teacher.width).toBe(512)
    const alone = await teacher.encode([texts[0]])
    for (let j = 0; j < 512; j++) expect(vectors[j]).toBeCloseTo(alone[j], 4)
    expect(cosine(vectors, 512, 0, 1)).toBeGreaterThan(cosine(vectors, 512, 0, 2) + 0.2)
    expect(vectors.subarray(3 * 512).every((value) => value === 0)).toBe(true)
    expect(teacher.understands('wireless mouse')).toBe(true)
    expect(teacher.understands('无线鼠标')).toBe(false)
  })

  it('in a folder that lacks a part is named with the part', async () => {
    await expect(graphTeacher(folder)).rejects.toThrow(/there is no vocab\.json/)
    file('vocab.json', '[["<unk>"]]')
    await expect(graphTeacher(folder)).rejects.toThrow(/vocab\.json: is no list of \[piece, score\]/)
    file('vocab.json', '[["<unk>", 0]]')
    await expect(graphTeacher(folder)).rejects.toThrow(/there is no model\.json/)
    file('model.json', '{"format": "layers-model", "modelTopology": {}}')
    await expect(graphTeacher(folder)).rejects.toThrow(/model\.json: is no graph model/)
    const manifest = [{ paths: ['shard1'], weights: [] }]
    file('model.json', JSON.stringify({ modelTopology: { node: [] }, weightsManifest: manifest }))
    await expect(graphTeacher(folder)).rejects.toThrow(/shard1: this part of the model is missing/)
  })
})

describe('an ONNX model', () => {
  it('says the mean of its pieces’ vectors, padding left out', async () => {
    file('vocab.txt', '[PAD]\n[UNK]\n[CLS]\n[SEP]\nred\nmug\n')
    const table = [
      [50, 50],
      [9, 9],
      [0, 3],
      [3, 0],
      [6, 0],
      [0, 9],
    ]
    const teacher = await onnxTeacher(file('model.onnx', gatherModel(table)))
    expect(teacher.width).toBe(2)
    const vectors = await teacher.encode(['red mug', 'red', 'nothing'])
    // [CLS] red mug [SEP]: (0+6+0+3, 3+0+9+0) / 4; [CLS] red [SEP]: (9, 3) / 3; [CLS] [UNK] [SEP]: (12, 12) / 3
    const expected = [2.25, 3, 3, 1, 4, 4]
    expected.forEach((value, at) => {
      expect(vectors[at]).toBeCloseTo(value, 5)
    })
    expect(teacher.understands('nothing')).toBe(false)
  })

  it('that is none, or has no vocabulary, is refused', async () => {
    await expect(onnxTeacher(file('broken.onnx', 'no model'))).rejects.toThrow(/broken\.onnx: cannot be loaded/)
    const elsewhere = mkdtempSync(join(tmpdir(), 'teachers-'))
    writeFileSync(join(elsewhere, 'model.onnx'), gatherModel([[1]]))
    await expect(onnxTeacher(join(elsewhere, 'model.onnx'))).rejects.toThrow(/vocab\.txt: is not there/)
  })
})

it('a teacher that is not there is named, with those that could be', async () => {
  await expect(openTeacher(join(folder, 'absent.vec'), corpus)).rejects.toThrow(/absent\.vec: no such file or folder/)
})

it('an answer kept on disk is given again without asking, and only of the same teacher', async () => {
  const asked: string[] = []
  const teacher = {
    name: 'counting',
    width: 2,
    words: [],
    understands: () => true,
    encode: async (texts: readonly string[]) => {
      asked.push(...texts)
      return Float32Array.from(texts.flatMap((text) => [text.length + 0.5, -1]))
    },
  }
  const cached = cachedTeacher(teacher, 'v1', join(folder, 'cache'))
  expect(await cached.encode(['a', 'bcd', 'a'])).toEqual(Float32Array.of(1.5, -1, 3.5, -1, 1.5, -1))
  expect(await cached.encode(['bcd', 'ef', 'a'])).toEqual(Float32Array.of(3.5, -1, 2.5, -1, 1.5, -1))
  expect(asked).toEqual(['a', 'bcd', 'ef'])
  await cachedTeacher(teacher, 'v2', join(folder, 'cache')).encode(['a'])
  expect(asked).toEqual(['a', 'bcd', 'ef', 'a'])
})
