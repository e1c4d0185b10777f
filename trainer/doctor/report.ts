/**
 * The diagnosis, for people.
 *
 *     Back ends, in the order in which training tries them
 *     –  tfjs-node-gpu  not usable: the package is not installed
 *                       → with an NVIDIA GPU: npm install …
 *     ✓  wasm           used: 31.2 steps/s, 15,974 items/s, on 2 CPU cores
 */
import type { Diagnosis } from '../doctor.ts'
import { type Check, SIGNS } from '../verify/checklist.ts'
import type { BackendFinding } from './backends.ts'

export function renderDiagnosis({ version, platform, backends, workload, machine, trainsOn }: Diagnosis): string {
  const missing = machine.filter(({ state }) => state === 'fail').map(({ title }) => title)
  if (!backends.some(({ state }) => state === 'used')) missing.unshift('a back end')
  const sections = [
    `Vitrine ${version} on ${platform}`,
    section('Back ends, in the order in which training tries them', backends.map(backendRow)),
    `   (${workload}: real training steps, some seconds each)`,
    section('This machine', machine.map(machineRow)),
    trainsOn ? `Training works here, on ${trainsOn}.` : `Training does not work here: mend ${missing.join(', ')}.`,
  ]
  return sections.join('\n\n').replace('\n\n   (', '\n   (')
}

interface Row {
  sign: string
  name: string
  found: string
  below: string[]
}

function section(title: string, rows: Row[]): string {
  const width = Math.max(...rows.map(({ name }) => name.length))
  const lines = rows.flatMap(({ sign, name, found, below }) => [
    `${sign}  ${name.padEnd(width)}  ${found}`,
    ...below.map((line) => `${' '.repeat(width + 5)}${line}`),
  ])
  return [title, ...lines].join('\n')
}

const machineRow = ({ state, title, found, remedy }: Check): Row => ({
  sign: SIGNS[state],
  name: title,
  found,
  below: remedy ? [`→ ${remedy}`] : [],
})

function backendRow(finding: BackendFinding): Row {
  const { name, state } = finding
  if (state === 'not usable') {
    const { reason, said, remedy } = finding
    return { sign: '–', name, found: `${state}: ${reason}`, below: [...said.map((line) => `“${line}”`), `→ ${remedy}`] }
  }
  const { device, speed, atMost } = finding
  const [steps, items] = [speed.stepsPerSecond, speed.itemsPerSecond].map(figure)
  const measured = `${atMost ? 'at most ' : ''}${steps} steps/s, ${items} items/s, on ${device}`
  if (state === 'used') return { sign: SIGNS.ok, name, found: `used: ${measured}`, below: [] }
  const { reason, remedy } = finding
  return { sign: '·', name, found: `usable, not used: ${reason}`, below: [measured, `→ ${remedy}`] }
}

/** Three digits that matter. */
function figure(value: number): string {
  if (value >= 100) return Math.round(value).toLocaleString('en')
  return String(Number(value.toPrecision(3)))
}
