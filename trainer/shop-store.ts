/** The folder that an edge serves, opened with the log's key: how commands reach it. */
import { existsSync, readdirSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseVerifierKey } from '../shared/tlog/note.ts'
import { wholeNumber } from './flags.ts'
import { DEMO_NAME, openLogKey } from './keys.ts'
import type { PolicyTerms } from './publish.ts'
import { openStore } from './serve.ts'
import { UserError } from './user-error.ts'

/** Of whoever appends to a log. */
export const LOG_FLAGS = {
  'log-key': {
    type: 'string',
    valueHint: 'FILE',
    description: 'The log’s key, made when the log is; else FOLDER.log-key.json, beside the folder',
  },
  'witness-url': {
    type: 'string',
    valueHint: 'URL,…',
    description: 'Witnesses that are asked to cosign each checkpoint (C2SP tlog-witness)',
  },
  'rotate-log-key': {
    type: 'boolean',
    default: false,
    description: 'Sign with another key than the policy names, which has to be published next',
  },
} as const

/** Of whoever says what clients trust. */
export const POLICY_FLAGS = {
  witness: {
    type: 'string',
    valueHint: 'KEY,…',
    description: 'Verifier keys of witnesses that the tag knows; "none" for none. Else as on record',
  },
  cosignatures: {
    type: 'string',
    valueHint: 'N',
    description: 'How many of them a browser wants; else as on record, 0 at first',
  },
  'max-age-days': {
    type: 'string',
    valueHint: 'N',
    description: 'How old a checkpoint may be in a browser; else as on record, 7 at first',
  },
} as const

interface LogArgs {
  'log-key'?: string
  'witness-url'?: string
  'rotate-log-key'?: boolean
}

/**
 * @param shop after whom a new log is called
 * @throws UserError when the folder has a log and its key is not at hand, or the log cannot go on
 */
export async function openShopStore(folder: string, args: LogArgs, shop = DEMO_NAME) {
  const commits = join(folder, 'log', 'commits')
  // Beside the folder and not in it: what is served, or put back from a copy, has no key in it. One key has one log.
  const file = args['log-key'] ?? `${folder.replace(/[/\\]+$/, '')}.log-key.json`
  if (!existsSync(file) && existsSync(commits) && readdirSync(commits).length > 0 && !args['rotate-log-key']) {
    throw new UserError(
      `${folder} has a log, and there is no ${file} to sign it with`,
      'name its key with --log-key FILE; where it is lost, PROTOCOL.md ("Keys") says what can be done',
    )
  }
  const urls = (args['witness-url'] ?? '').split(',').filter(Boolean)
  for (const url of urls) {
    if (!URL.canParse(url))
      throw new UserError(`--witness-url ${url}: is no address`, 'such as https://witness.example')
  }
  const { name, keys } = await openLogKey(file, (await originOf(folder)) ?? `${shop}/log`)
  const highWater = file.replace(/(\.json)?$/, '.signed.json')
  const options = { witnessUrls: urls, rotatesKey: args['rotate-log-key'], highWater }
  const store = await openStore(folder, { name, keys }, options).catch((error: NodeJS.ErrnoException) => {
    // What the system refuses, `main.ts` puts into words.
    if (error.code !== undefined || error.cause !== undefined) throw error
    throw new UserError(
      error.message,
      / its key is /.test(error.message)
        ? 'name the log’s key with --log-key FILE; to change it, add --rotate-log-key'
        : 'restore the folder from its newest copy, or begin another log in a new folder; PROTOCOL.md ("Keys") says more',
    )
  })
  return { ...store, logKeyFile: file }
}

/** The name of the log that a folder has; a new key of it is called so too. */
async function originOf(folder: string): Promise<string | undefined> {
  const checkpoint = await readFile(join(folder, 'log', 'checkpoint'), 'utf8').catch(() => undefined)
  return checkpoint?.split('\n')[0]
}

/** @throws UserError for a value that no policy can have */
export async function policyTerms(args: {
  witness?: string
  cosignatures?: string
  'max-age-days'?: string
}): Promise<PolicyTerms> {
  const { witness, cosignatures, 'max-age-days': days } = args
  const terms: PolicyTerms = {}
  if (witness !== undefined) {
    terms.witnesses = witness === 'none' ? [] : witness.split(',').map((key) => key.trim())
    for (const key of terms.witnesses) {
      const { type } = await parseVerifierKey(key).catch((error: Error) => {
        throw new UserError(`--witness ${key}: ${error.message}`, 'as "vitrine witness" prints it')
      })
      if (type !== 4) throw new UserError(`--witness ${key}: is no witness’s key`, 'as "vitrine witness" prints it')
    }
  }
  if (cosignatures !== undefined) {
    terms.cosignatures = cosignatures === '0' ? 0 : wholeNumber('--cosignatures', cosignatures, 1)
  }
  if (days !== undefined) terms.maxAgeSeconds = wholeNumber('--max-age-days', days, 7) * 86_400
  return terms
}
