#!/usr/bin/env node
import { constants } from 'node:os'
import { systemClock } from '@plimsoll/core'
import { runTop } from './top/top.ts'

const ending = new AbortController()
// Timers and idle connections of ours don't hold a process; this does, as long as the command runs.
const running = setInterval(() => {}, 60_000)
let endedBy = 0

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => {
    endedBy = 128 + constants.signals[signal]
    ending.abort()
  })
}

const code = await runTop(process.argv.slice(2), {
  environment: process.env,
  clock: systemClock,
  out: process.stdout,
  keyboard: process.stdin,
  complain: (text) => { process.stderr.write(text) },
  signal: ending.signal
})
clearInterval(running)
// A signal's code is above every other.
process.exitCode = Math.max(code, endedBy)
