/**
 * Local product pictures, read where they lie: a folder of .jpg files, or a tar of them whose headers are read once, so
 * that thirty megabytes of pictures cost an index in memory and one read a picture.
 *
 * Tar: POSIX.1-2017 pax, "ustar Interchange Format": 512-byte headers, each followed by the file in whole blocks. Names
 * longer than a header come before it, as a pax "path" record (type x) or in GNU's way (type L).
 */
import { closeSync, openSync, readdirSync, readSync, statSync } from 'node:fs'
import { open, readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { Product } from '../shared/data/catalog.ts'

export interface Thumbnails {
  has(name: string): boolean
  /** The picture's bytes, or undefined when there is none of that name. Names are without folders. */
  read(name: string): Promise<Buffer | undefined>
}

const BLOCK = 512

export function openThumbnails(path: string): Thumbnails {
  return statSync(path).isDirectory() ? inFolder(path) : inTar(path)
}

/**
 * The name of a product's picture, if it is there. Pictures are named by what the source calls the product: its handle
 * (the last part of its URL) or its id.
 */
export function thumbnailOf(product: Product, thumbnails: Thumbnails): string | undefined {
  const handle = product.url?.split(/[?#]/)[0].split('/').filter(Boolean).pop()
  const names = [handle, product.attributes?.handle, product.item_id]
    .filter((name) => name)
    .map((name) => `${name}.jpg`)
  return names.find((name) => thumbnails.has(name))
}

function inFolder(folder: string): Thumbnails {
  const names = new Set(readdirSync(folder))
  return {
    has: (name) => names.has(name),
    read: async (name) => (names.has(name) ? readFile(join(folder, name)) : undefined),
  }
}

function inTar(file: string): Thumbnails {
  const index = indexTar(file)
  return {
    has: (name) => index.has(name),
    async read(name) {
      const entry = index.get(name)
      if (!entry) return undefined
      const handle = await open(file)
      try {
        const bytes = Buffer.alloc(entry.size)
        await handle.read(bytes, 0, entry.size, entry.offset)
        return bytes
      } finally {
        await handle.close()
      }
    },
  }
}

/** Base name → where its bytes are. */
export function indexTar(file: string): Map<string, { offset: number; size: number }> {
  const index = new Map<string, { offset: number; size: number }>()
  const descriptor = openSync(file, 'r')
  const read = (offset: number, size: number) => {
    const bytes = Buffer.alloc(size)
    return bytes.subarray(0, readSync(descriptor, bytes, 0, size, offset))
  }
  try {
    let longName: string | undefined
    for (let position = 0; ; ) {
      const header = read(position, BLOCK)
      if (header.length < BLOCK || header[0] === 0) return index // a block of zeros ends the archive
      const size = Number.parseInt(text(header, 124, 12), 8) || 0
      const type = String.fromCharCode(header[156])
      const offset = position + BLOCK
      if (type === 'L') longName = text(read(offset, size), 0, size)
      else if (type === 'x') longName = /(?:^|\n)\d+ path=([^\n]+)/.exec(read(offset, size).toString('utf8'))?.[1]
      else {
        const name = longName ?? [text(header, 345, 155), text(header, 0, 100)].filter(Boolean).join('/')
        if (type === '0' || type === '\0') index.set(basename(name), { offset, size })
        longName = undefined
      }
      position = offset + Math.ceil(size / BLOCK) * BLOCK
    }
  } finally {
    closeSync(descriptor)
  }
}

function text(bytes: Buffer, start: number, length: number): string {
  const field = bytes.subarray(start, start + length)
  const end = field.indexOf(0)
  return field
    .subarray(0, end < 0 ? length : end)
    .toString('utf8')
    .trim()
}
