/** What this browser tells of its device, as far as it tells: the battery to a page, all else to workers too. */
import type { DeviceState, Ground } from './conditions.ts'

/** What the libraries of TypeScript 6 do not name. */
interface Telling {
  connection?: { saveData?: boolean }
  deviceMemory?: number
  getBattery?: () => Promise<{ charging: boolean; level: number }>
}

export function readDevice(navigator: object): Pick<Ground, 'saveData' | 'memoryGb'> {
  const { connection, deviceMemory } = navigator as Telling
  return { saveData: connection?.saveData, memoryGb: deviceMemory }
}

export async function readBattery(navigator: object): Promise<DeviceState['battery']> {
  // A page's permissions policy may forbid it.
  const battery = await (navigator as Telling).getBattery?.().catch(() => undefined)
  return battery && { charging: battery.charging, level: battery.level }
}

type Pressure = NonNullable<DeviceState['pressure']>

interface PressureObserverClass {
  new (
    told: (records: { state: Pressure }[]) => void,
  ): { observe(source: 'cpu', options: { sampleInterval: number }): Promise<void> }
}

const PRESSURE_EVERY_MS = 2_000

/** Tells how busy the processor is, whenever that changes. Chromium alone knows. */
export function watchPressure(scope: object, onPressure: (pressure: Pressure) => void): void {
  const { PressureObserver } = scope as { PressureObserver?: PressureObserverClass }
  if (!PressureObserver) return
  const observer = new PressureObserver((records) => {
    const last = records.at(-1)
    if (last) onPressure(last.state)
  })
  observer.observe('cpu', { sampleInterval: PRESSURE_EVERY_MS }).catch(() => {})
}
