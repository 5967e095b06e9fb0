/**
 * `npm run faults -- alert-traces [kind…]` records the traces of a real showcase that `npm run faults -- alerts` and the tests
 * of alerts replay: each kind in a process of its own, all at the same time, in about ten minutes. On a machine that has other
 * work as well, give it priority (`chrt -r 20`): a shop that gets no processor is one whose event loop stands still.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { KINDS } from './alert-traces/kinds.ts'

const RECORDER = fileURLToPath(new URL('./alert-traces/record.ts', import.meta.url))

const asked = process.argv.slice(2)
const unknown = asked.find(kind => KINDS[kind] === undefined)
if (unknown !== undefined) {
  console.error(`there is no trace ${unknown}, but ${Object.keys(KINDS).join(', ')}`)
  process.exit(2)
}
const codes = await Promise.all((asked.length > 0 ? asked : Object.keys(KINDS)).map(async kind => {
  const child = fork(RECORDER, [kind], {
    execArgv: ['--conditions=plimsoll:source', '--disable-warning=ExperimentalWarning'],
    env: { ...process.env, NODE_ENV: 'development' }
  })
  const [code] = await once(child, 'exit')
  return code === 0
}))
process.exitCode = codes.every(Boolean) ? 0 : 1
