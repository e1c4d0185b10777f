/**
 * When a shopper's device may spend its time on learning. Each condition is a decision of its own with a name, so that a
 * page can say which of them it waits for. What a browser does not tell is not held against it.
 */

/** What is known of the device and of this visit. */
export interface DeviceState {
  /** Whether workers can be had in a worker: nothing is ever learned where it would hold up a shelf. */
  worker: boolean
  /** The shopper asked the browser to save data: TF.js is not fetched. */
  saveData?: boolean
  /** GB, as `navigator.deviceMemory` rounds it. */
  memoryGb?: number
  battery?: { charging: boolean; level: number }
  /** `PressureObserver('cpu')`. */
  pressure?: 'nominal' | 'fair' | 'serious' | 'critical'
  /** How long the page has been seen without a break; 0 while it is not. */
  visibleMs: number
  /** What the shopper did since the last attempt, of what can be learned from. */
  newEvents: number
}

const LEAST_MEMORY_GB = 4
const LEAST_BATTERY = 0.3
const LEAST_VISIBLE_MS = 10_000
/** A visit or two: fewer say nothing that the last attempt did not hear. */
export const LEAST_NEW_EVENTS = 20

const CONDITIONS = {
  worker: ({ worker }) => worker,
  'data-saver': ({ saveData }) => saveData !== true,
  memory: ({ memoryGb }) => memoryGb === undefined || memoryGb >= LEAST_MEMORY_GB,
  battery: ({ battery }) => battery === undefined || battery.charging || battery.level > LEAST_BATTERY,
  pressure: ({ pressure }) => pressure !== 'serious' && pressure !== 'critical',
  visible: ({ visibleMs }) => visibleMs >= LEAST_VISIBLE_MS,
  'new-events': ({ newEvents }) => newEvents >= LEAST_NEW_EVENTS,
} satisfies Record<string, (state: DeviceState) => boolean>

export type Condition = keyof typeof CONDITIONS

/** Those that do not hold now, all of them; empty when the device may learn. */
export function unmetConditions(state: DeviceState): Condition[] {
  return (Object.keys(CONDITIONS) as Condition[]).filter((name) => !CONDITIONS[name](state))
}
