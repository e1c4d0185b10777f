/** Runs in a worker of the page, as in a shop. */
import { type PinePlan, pineTimes } from './pine-operations.ts'

addEventListener('message', async ({ data }: MessageEvent<PinePlan>) => postMessage(await pineTimes(data)))
