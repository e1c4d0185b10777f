/**
 * Keys, each in one file that its owner alone can read. The publisher's signs what goes on record, and the tag pins its public half, so
 * that a browser installs what this shop published and nothing else. The log's signs what is on record, and a witness's says that it saw
 * the log grow and nothing else.
 */
import { existsSync, mkdirSync } from 'node:fs'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { isName, type KeyType, type Signer, verifierKeyText } from '../shared/tlog/note.ts'
import { UserError } from './user-error.ts'

/** Of the keys that `npm start` makes, and of any that is not named. */
export const DEMO_NAME = 'vitrine.local'

/** `--key` and `--name`, the same in every command that signs. */
export const KEY_FLAGS = {
  key: {
    type: 'string',
    default: join('.vitrine', 'keys', 'publisher.json'),
    valueHint: 'FILE',
    description: 'The publisher’s key; made when absent',
  },
  name: { type: 'string', valueHint: 'DOMAIN', description: `Of a new key: your shop’s; else ${DEMO_NAME}` },
} as const

export interface PublisherKey extends Signer {
  /** `name+hash+key` */
  verifierKey: string
}

interface KeyFile {
  name: string
  privateKey: JsonWebKey
}

/** @param otherwise what a new one is called that is not named */
export const openPublisherKey = (file: string, name?: string, otherwise?: string): Promise<PublisherKey> =>
  openKey(file, { name, otherwise, kind: 'publisher' })

/** @param log what a new one is called */
export const openLogKey = (file: string, log = `${DEMO_NAME}/log`): Promise<PublisherKey> =>
  openKey(file, { otherwise: log, kind: 'log' })

interface Wanted {
  /** Of a new key: whose it is, without spaces or "+"; of one that is there, the name it must have. */
  name?: string
  /** Of a new key that is not named. */
  otherwise?: string
  kind: 'publisher' | 'log' | 'witness' | 'aggregator'
  type?: KeyType
}

const LOST: Record<Wanted['kind'], string> = {
  publisher: 'restore it from your backup; without it PROTOCOL.md ("Keys") says what can be done',
  log: 'restore it from your backup; without it PROTOCOL.md ("Keys") says what can be done',
  witness: 'restore it from your backup; a new one has to be named in the policy',
  aggregator: 'restore it from your backup; a new one has to be named in a new task',
}

/**
 * Reads the key of a file, or makes one there.
 * @throws UserError when the file is no key or another's, or the name cannot be one's
 */
export async function openKey(
  file: string,
  { name, otherwise = DEMO_NAME, kind, type }: Wanted,
): Promise<PublisherKey> {
  if (!existsSync(file)) {
    const own = name ?? otherwise
    if (!isName(own)) {
      throw new UserError(`"${own}" cannot be the name of a key`, 'your shop’s domain, without spaces or "+"')
    }
    const made = (await crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify'])) as CryptoKeyPair
    const content: KeyFile = { name: own, privateKey: await crypto.subtle.exportKey('jwk', made.privateKey) }
    mkdirSync(dirname(file), { recursive: true })
    // "wx": of two commands that start together, one makes the key and the other fails loudly.
    await writeFile(file, `${JSON.stringify(content)}\n`, { mode: 0o600, flag: 'wx' }).catch(async (error) => {
      // A full disk leaves an empty file, which the next command would take for a damaged key.
      if (error.code !== 'EEXIST') await rm(file, { force: true })
      throw error
    })
  }
  let content: KeyFile
  let privateKey: CryptoKey
  let publicKey: CryptoKey
  try {
    content = JSON.parse(await readFile(file, 'utf8')) as KeyFile
    if (typeof content.name !== 'string' || !isName(content.name)) throw new Error('no name')
    const { d: _, ...publicPart } = content.privateKey
    privateKey = await crypto.subtle.importKey('jwk', content.privateKey, 'Ed25519', true, ['sign'])
    publicKey = await crypto.subtle.importKey('jwk', { ...publicPart, key_ops: ['verify'] }, 'Ed25519', true, [
      'verify',
    ])
  } catch {
    // What was read is a secret: the message does not repeat it.
    throw new UserError(`${file}: is no ${kind} key`, LOST[kind])
  }
  if (name !== undefined && name !== content.name) {
    throw new UserError(
      `--name ${name}: the key in ${file} is ${content.name}’s`,
      'name another file with --key FILE, where a key of that name is made, or leave --name out',
    )
  }
  return {
    name: content.name,
    keys: { privateKey, publicKey },
    verifierKey: await verifierKeyText(content.name, publicKey, type),
  }
}
