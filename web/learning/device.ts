/**
 * What this browser tells of its device, as far as it tells. Battery and visibility are a page's to see, memory, data saver
 * and pressure a worker's too: whoever can read more of it sends it on.
 */
import type { DeviceState } from './conditions.ts'

/** What the libraries of TypeScript 6 do not name. */
interface Telling {
  connection?: { saveData?: boolean }
  deviceMemory?: number
  getBattery?: () => Promise<{ charging: boolean; level: number }>
}

type Told = Pick<DeviceState, 'saveData' | 'memoryGb' | 'battery'>

export async function readDevice(navigator: object): Promise<Told> {
  const { connection, deviceMemory, getBattery } = navigator as Telling
  // A page's permissions policy may forbid it.
  const battery = await getBattery?.call(navigator).catch(() => undefined)
  return {
    ...(connection?.saveData === undefined ? {} : { saveData: connection.saveData }),
    ...(deviceMemory === undefined ? {} : { memoryGb: deviceMemory }),
    ...(battery ? { battery: { charging: battery.charging, level: battery.level } } : {}),
  }
}

type Pressure = NonNullable<DeviceState['pressure']>

interface PressureObserverClass {
  new (
    told: (records: { state: Pressure }[]) => void,
  ): { observe(source: 'cpu', options: { sampleInterval: number }): Promise<void>; disconnect(): void }
}

const PRESSURE_EVERY_MS = 2_000

/**
 * Tells how busy the processor is, whenever that changes. Chromium alone knows.
 * @returns ends it
 */
export function watchPressure(scope: object, onPressure: (pressure: Pressure) => void): () => void {
  const { PressureObserver } = scope as { PressureObserver?: PressureObserverClass }
  if (!PressureObserver) return () => {}
  const observer = new PressureObserver((records) => {
    const last = records.at(-1)
    if (last) onPressure(last.state)
  })
  observer.observe('cpu', { sampleInterval: PRESSURE_EVERY_MS }).catch(() => {})
  return () => observer.disconnect()
}

/** How long a page has been seen without a break. @param now milliseconds, from any zero */
export function visibleTime(now: () => number): { seen(visible: boolean): void; visibleMs(): number } {
  let since: number | undefined
  return {
    seen(visible) {
      since = visible ? (since ?? now()) : undefined
    },
    visibleMs: () => (since === undefined ? 0 : now() - since),
  }
}
