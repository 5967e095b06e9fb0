import { parseArgs } from 'node:util'
import { showOverload } from './overload/index.ts'
import { serve } from './serve.ts'

const usage = `npm start [-- options]
  --port N      port of the shop (3000, or a free one where that is taken)
  --overload    the shop at ten times its capacity, with and without Plimsoll, side by side; ends by itself`

process.env['NODE_ENV'] ??= 'development'

const { values } = parseArgs({
  options: { port: { type: 'string' }, overload: { type: 'boolean', default: false }, help: { type: 'boolean', short: 'h', default: false } }
})

if (values.help) console.log(usage)
else if (values.overload) process.exitCode = await showOverload()
else await serve(values.port)
