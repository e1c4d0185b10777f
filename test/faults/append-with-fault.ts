/** Appends a record to the log of a folder, and kills itself just before or just after one of its file system calls. */
import { join } from 'node:path'
import { openLog } from '../../edge/log.ts'
import { bytesOf } from '../../shared/tlog/base64.ts'
import { LOG } from '../edge/sample-bundle.ts'
import { tellFileCalls } from './file-calls.ts'

const [folder, record, at, when] = process.argv.slice(2)
const log = await openLog(folder, { signer: LOG, highWater: join(folder, 'signed.json') })
let calls = 0
await tellFileCalls(
  folder,
  async ({ happen }) => {
    if (++calls !== Number(at)) return happen()
    if (when === 'after') await happen().catch(() => undefined) // looking for what is not there fails
    process.kill(process.pid, 'SIGKILL')
    return new Promise(() => {}) // the signal is on its way
  },
  () => log.append(bytesOf(record) as Uint8Array),
)
