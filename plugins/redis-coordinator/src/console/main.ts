#!/usr/bin/env node
import { runConsole } from './run.ts'

process.exitCode = await runConsole(process.argv.slice(2), {
  environment: process.env,
  out: (text) => { process.stdout.write(text) },
  error: (text) => { process.stderr.write(text) }
})
