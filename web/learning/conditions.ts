/**
 * When a shopper's device may spend its time on learning. Each condition is a decision of its own with a name, so that a
 * page can say which of them it waits for. What a browser does not tell is not held against it.
 *
 * The first ones come before anything is fetched, the others before a lesson. What the shopper did is among the others alone:
 * which requests a browser makes must not depend on it, or the edge would learn of it.
 */

/** What is known in the shopper's worker. */
export interface Ground {
  /** Suggestions and remembering are both allowed. */
  permission: boolean
  /** The bundle has a network: rules learn nothing. */
  network: boolean
  /** The shopper asked the browser to save data: nothing is fetched for later. */
  saveData?: boolean
  /** GB, as `navigator.deviceMemory` rounds it. */
  memoryGb?: number
}

/** What is known of the device and of this visit, once the page has been in view for a while. */
export interface DeviceState {
  /** Whether workers can be had in a worker: a lesson is ended by ending its worker. */
  worker: boolean
  battery?: { charging: boolean; level: number }
  /** `PressureObserver('cpu')`. */
  pressure?: 'nominal' | 'fair' | 'serious' | 'critical'
  /** What the shopper did since the last attempt, of what can be learned from. */
  newEvents: number
}

const LEAST_MEMORY_GB = 4
const LEAST_BATTERY = 0.3
/** A visit or two: fewer say nothing that the last attempt did not hear. */
export const LEAST_NEW_EVENTS = 20

const BEFORE_FETCHING = {
  permission: ({ permission }) => permission,
  network: ({ network }) => network,
  'data-saver': ({ saveData }) => saveData !== true,
  memory: ({ memoryGb }) => memoryGb === undefined || memoryGb >= LEAST_MEMORY_GB,
} satisfies Record<string, (ground: Ground) => boolean>

const BEFORE_A_LESSON = {
  worker: ({ worker }) => worker,
  battery: ({ battery }) => battery === undefined || battery.charging || battery.level > LEAST_BATTERY,
  pressure: ({ pressure }) => pressure !== 'serious' && pressure !== 'critical',
  'new-events': ({ newEvents }) => newEvents >= LEAST_NEW_EVENTS,
} satisfies Record<string, (state: DeviceState) => boolean>

type Before = keyof typeof BEFORE_FETCHING
type Later = keyof typeof BEFORE_A_LESSON

/** `visible`: the page has not been in view for long enough; `code`: what learns could not be fetched or started. */
export type Condition = Before | 'visible' | 'code' | Later | 'other-tab' | 'no-locks'

/** Those that do not hold now, all of them. */
export function unmetBefore(ground: Ground): Before[] {
  return (Object.keys(BEFORE_FETCHING) as Before[]).filter((name) => !BEFORE_FETCHING[name](ground))
}

/** Those that do not hold now, all of them. */
export function unmetConditions(state: DeviceState): Later[] {
  return (Object.keys(BEFORE_A_LESSON) as Later[]).filter((name) => !BEFORE_A_LESSON[name](state))
}
