#!/usr/bin/env node
import { systemClock } from '@plimsoll/core'
import { runCommand } from './report-command.ts'

process.exitCode = await runCommand(process.argv.slice(2), {
  environment: process.env,
  now: () => systemClock.wallTime(),
  print: (text) => { process.stdout.write(text) },
  complain: (text) => { process.stderr.write(text) }
})
