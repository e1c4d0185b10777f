/** Looks at the machine that Vitrine is to train on: `vitrine doctor`. */
import packageJson from '../package.json' with { type: 'json' }
import type { BackendName } from './backend.ts'
import { type BackendFinding, findBackends } from './doctor/backends.ts'
import { checkMachine, type Needs } from './doctor/machine.ts'
import { WORKLOAD } from './doctor/speed.ts'
import type { Check } from './verify/checklist.ts'

export interface Diagnosis {
  version: string
  platform: string
  /** In the order in which they are tried. */
  backends: BackendFinding[]
  /** What the speeds are of. */
  workload: string
  machine: Check[]
  /** The back end that training takes; absent where there is none, or the machine lacks something else. */
  trainsOn?: BackendName
}

export interface DoctorOptions extends Needs {
  /** Each back end is measured for so long. */
  seconds: number
  onTry?: (name: BackendName) => void
}

export async function diagnose({ seconds, onTry = () => {}, ...needs }: DoctorOptions): Promise<Diagnosis> {
  const machine = await checkMachine(needs)
  const backends = await findBackends(seconds, onTry)
  const used = backends.find(({ state }) => state === 'used')
  const able = used && machine.every(({ state }) => state !== 'fail')
  return {
    version: packageJson.version,
    platform: `${process.platform} ${process.arch}`,
    backends,
    workload: WORKLOAD,
    machine,
    ...(able ? { trainsOn: used.name } : {}),
  }
}
