/**
 * A file as text: gzip recognised by its first bytes, encoding checked, one chunk in memory at a time. What is no text
 * (a spreadsheet, Parquet, UTF-16) is named here with what to do about it, before anything tries to parse it.
 */
import { closeSync, createReadStream, openSync, readSync, statSync } from 'node:fs'
import { pipeline } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { UserError } from '../user-error.ts'

export const ENCODINGS = ['utf-8', 'windows-1252'] as const
export type Encoding = (typeof ENCODINGS)[number]

export interface Source {
  path: string
  sizeBytes: number
  gzip: boolean
  encoding: Encoding
}

const CHUNK_BYTES = 256 * 1024

const FOREIGN: { magic: number[]; what: string; remedy: string }[] = [
  { magic: [0xfd, 0x37, 0x7a, 0x58], what: 'compressed with xz', remedy: 'unpack it first: xz -dk FILE' },
  { magic: [0x42, 0x5a, 0x68], what: 'compressed with bzip2', remedy: 'unpack it first: bzip2 -dk FILE' },
  { magic: [0x28, 0xb5, 0x2f, 0xfd], what: 'compressed with zstd', remedy: 'unpack it first: zstd -dk FILE' },
  {
    magic: [0x50, 0x4b, 0x03, 0x04],
    what: 'a zip archive or a spreadsheet',
    remedy: 'unpack it, or export the sheet as CSV',
  },
  { magic: [0x50, 0x41, 0x52, 0x31], what: 'a Parquet file', remedy: 'export it as CSV or JSON lines' },
]

/** @throws UserError when the file is missing, a folder, empty, or of a kind that is not read. */
export function openSource(path: string, encoding: Encoding = 'utf-8'): Source {
  const stat = statSync(path, { throwIfNoEntry: false })
  if (!stat) throw new UserError(`${path}: there is no such file`, 'check the path')
  if (stat.isDirectory()) throw new UserError(`${path}: is a folder`, 'name the files in it, for example FOLDER/*.csv')
  if (stat.isFile() && stat.size === 0) throw new UserError(`${path}: is empty`, 'export it again')
  const start = firstBytes(path)
  for (const { magic, what, remedy } of FOREIGN) {
    if (magic.every((byte, i) => start[i] === byte)) throw new UserError(`${path}: is ${what}`, remedy)
  }
  return { path, sizeBytes: stat.size, gzip: start[0] === 0x1f && start[1] === 0x8b, encoding }
}

function firstBytes(path: string): Uint8Array {
  const start = new Uint8Array(4)
  let file: number
  try {
    file = openSync(path, 'r')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EACCES') throw error
    throw new UserError(`${path}: may not be read`, 'give this user the right to read it')
  }
  readSync(file, start, 0, 4, 0)
  closeSync(file)
  return start
}

/**
 * The file's text in pieces, without a byte order mark.
 * @param progress is told the bytes taken from disk, before unpacking.
 * @throws UserError when the archive breaks off or the bytes are not text in the source's encoding.
 */
export async function* readText(source: Source, progress?: (bytes: number) => void): AsyncGenerator<string> {
  const decoder = new TextDecoder(source.encoding, { fatal: true })
  let lines = 0
  let first = true
  for await (const bytes of readBytes(source, progress)) {
    if (first) {
      refuseUtf16(source, bytes)
      first = false
    }
    const nul = bytes.indexOf(0)
    if (nul >= 0) {
      const line = lines + newlines(bytes.subarray(0, nul)) + 1
      throw new UserError(`${source.path} line ${line}: a byte 0 is no text`, 'export the file as UTF-8 text')
    }
    let text: string
    try {
      text = decoder.decode(bytes, { stream: true })
    } catch {
      throw badEncoding(source, bytes, lines)
    }
    lines += newlines(bytes)
    if (text !== '') yield text
  }
  try {
    decoder.decode()
  } catch {
    throw new UserError(`${source.path} line ${lines + 1}: breaks off inside a character`, 'export the file again')
  }
}

async function* readBytes(source: Source, progress?: (bytes: number) => void): AsyncGenerator<Buffer> {
  const file = createReadStream(source.path, { highWaterMark: CHUNK_BYTES })
  if (progress) file.on('data', (chunk) => progress(chunk.length))
  if (!source.gzip) {
    yield* file
    return
  }
  const unpacked = createGunzip({ chunkSize: CHUNK_BYTES })
  pipeline(file, unpacked, () => {}) // the error reaches us through the loop
  try {
    yield* unpacked
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? ''
    if (!code.startsWith('Z_')) throw error
    const what = code === 'Z_BUF_ERROR' ? 'the gzip archive breaks off' : 'the gzip archive is damaged'
    throw new UserError(`${source.path}: ${what}`, 'copy or export the file again; "gzip -t FILE" tests it')
  }
}

function refuseUtf16(source: Source, bytes: Buffer): void {
  const marked = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)
  if (!marked) return
  throw new UserError(`${source.path}: is UTF-16`, 'convert it: iconv -f UTF-16 -t UTF-8 FILE > NEW')
}

/** Names the line and the bytes: decoding the chunk again, leniently, marks the place with U+FFFD. */
function badEncoding(source: Source, bytes: Buffer, linesBefore: number): UserError {
  let at = bytes.indexOf(0x0a) < 0 ? 0 : bytes.length
  let line = linesBefore
  for (let start = 0; start < bytes.length; ) {
    const newline = bytes.indexOf(0x0a, start)
    const end = newline < 0 ? bytes.length : newline
    line++
    const text = bytes.subarray(start, end).toString('utf8')
    const bad = text.indexOf('\ufffd')
    // A character cut by the chunk's edge is marked too; only the last line can hold one.
    if (bad >= 0 || newline < 0) {
      at = start + Buffer.byteLength(text.slice(0, Math.max(bad, 0)))
      break
    }
    start = end + 1
  }
  const shown = [...bytes.subarray(at, at + 4)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ')
  return new UserError(
    `${source.path} line ${line}: bytes ${shown} are not UTF-8`,
    'if it was written on Windows: --encoding windows-1252; else convert it with iconv',
  )
}

function newlines(bytes: Uint8Array): number {
  let count = 0
  for (let at = bytes.indexOf(0x0a); at >= 0; at = bytes.indexOf(0x0a, at + 1)) count++
  return count
}
