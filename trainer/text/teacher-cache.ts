/** A teacher's answers on disk: a sentence encoder reads a catalogue in minutes, and the next run asks it the same. */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync } from 'node:fs'
import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Teacher } from './teacher.ts'

/** @param identity what else its answers depend on: a model's path, size and time of change */
export function cachedTeacher(teacher: Teacher, identity: string, folder: string): Teacher {
  return {
    ...teacher,
    async encode(texts, onText) {
      const hash = createHash('sha256')
      for (const text of [teacher.name, identity, ...texts]) hash.update(text).update('\0')
      const file = join(folder, `${hash.digest('hex').slice(0, 32)}.f32`)
      if (existsSync(file)) {
        const bytes = await readFile(file)
        const vectors = new Float32Array(Uint8Array.from(bytes).buffer)
        if (vectors.length === texts.length * teacher.width) return vectors
      }
      const vectors = await teacher.encode(texts, onText)
      mkdirSync(folder, { recursive: true })
      await writeFile(`${file}.partial`, new Uint8Array(vectors.buffer))
      await rename(`${file}.partial`, file)
      return vectors
    },
  }
}
