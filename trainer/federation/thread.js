// Node 20 does not run TypeScript by itself, in a thread as little as in a process: `bin.js` for threads.
import { register } from 'tsx/esm/api'

register()
await import('./crowd-thread.ts')
