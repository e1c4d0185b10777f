#!/usr/bin/env node
// Node 20 does not run TypeScript by itself: tsx registers a loader, then the command starts.
import 'tsx'

await import('./main.ts')
