import { parseArgs } from 'node:util'
import { showOverload } from './overload/index.ts'
import { serve } from './serve.ts'

const usage = `npm start [-- options]
  --port N      port of the shop (3000, or a free one where that is taken)
  --overload    the shop at ten times its capacity, with and without Plimsoll, side by side; ends by itself
  --scale S     how long --overload takes: 1 is about two and a half minutes`

process.env['NODE_ENV'] ??= 'development'

const { values } = parseArgs({
  options: { port: { type: 'string' }, overload: { type: 'boolean', default: false }, scale: { type: 'string', default: '1' }, help: { type: 'boolean', short: 'h', default: false } }
})

if (values.help) console.log(usage)
// Whatever the demonstration still had under way ends with the process.
else if (values.overload) process.exit(await showOverload(scaleOf(values.scale)))
else await serve(values.port)

function scaleOf (text: string): number {
  const scale = Number(text)
  if (!(scale > 0 && scale <= 10)) throw new RangeError(`--scale takes a number above 0 and up to 10, got "${text}"`)
  return scale
}
