/** `--teacher`, whatever it is: the sentence encoder that npm ships, a model or vectors on disk, or none. */
import { existsSync, statSync } from 'node:fs'
import { UserError } from '../user-error.ts'
import { type Corpus, unitCounts, unitShares } from './corpus.ts'
import type { Teacher } from './teacher.ts'
import { readWordVectors, wordVectorName, wordVectorTeacher } from './word-vectors.ts'

/** Words of a vector file beside the catalogue's own that are kept, most frequent first, as such files are sorted. */
const EXTRA_WORDS = 20_000

/**
 * @returns undefined for "none": the catalogue teaches itself
 * @throws UserError when it is missing, or no model
 */
export async function openTeacher(spec: string, corpus: Corpus): Promise<Teacher | undefined> {
  if (spec === 'none') return undefined
  // Loaded when wanted: plain vectors need no TF.js.
  if (spec === 'energetic') {
    const { energeticFolder, graphTeacher } = await import('./graph-teacher.ts')
    return graphTeacher(energeticFolder(), 'energetic (Universal Sentence Encoder lite)')
  }
  if (!existsSync(spec)) {
    throw new UserError(
      `--teacher ${spec}: no such file or folder`,
      'energetic, none, or the path of a .onnx model, a TF.js model’s folder, or word vectors (.vec, .txt, .gz)',
    )
  }
  if (statSync(spec).isDirectory()) return (await import('./graph-teacher.ts')).graphTeacher(spec)
  if (spec.endsWith('.onnx')) return (await import('./onnx-teacher.ts')).onnxTeacher(spec)
  const units = unitCounts(corpus)
  let extra = 0
  const vectors = await readWordVectors(spec, (word) => units.has(word) || extra++ < EXTRA_WORDS)
  if (!vectors.words.some((word) => units.has(word))) {
    throw new UserError(
      `--teacher ${spec}: holds none of ${corpus.name}’s ${units.size} words: it is of another language`,
      'choose vectors of the catalogue’s language, or --teacher none',
    )
  }
  return wordVectorTeacher(wordVectorName(spec), vectors, unitShares(corpus))
}
