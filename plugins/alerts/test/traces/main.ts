import { parseArgs } from 'node:util'
import { judge } from './judge.ts'
import type { Verdict } from './judge.ts'
import { makeTraces } from './scenarios.ts'

const { values } = parseArgs({ options: { seed: { type: 'string', default: '1' }, count: { type: 'string', default: '100' } } })
const verdicts = makeTraces(Number(values.seed), Number(values.count)).map(trace => {
  const verdict = judge(trace)
  if (verdict.missed || verdict.falseAlerts.length > 0 || verdict.flaps.length > 0) console.log(describe(verdict))
  return verdict
})
const delays = new Map<string, number[]>()
for (const { trace, afterSeconds } of verdicts) if (trace.incident) delays.set(trace.incident.rule, [...delays.get(trace.incident.rule) ?? [], afterSeconds ?? Infinity])
for (const [rule, list] of delays) console.log(rule, list.sort((a, b) => a - b).map(x => x.toFixed(0)).join(' '))
console.log(`${verdicts.length} traces, ${verdicts.reduce((s, v) => s + v.frames, 0)} frames, missed ${verdicts.filter(v => v.missed).length}, false ${verdicts.reduce((s, v) => s + v.falseAlerts.length, 0)}, flaps ${verdicts.reduce((s, v) => s + v.flaps.length, 0)}`)

function describe ({ trace, missed, afterSeconds, falseAlerts, flaps }: Verdict): string {
  return `${trace.name}: ${missed ? `MISSED ${trace.incident?.rule} (after ${afterSeconds} of ${trace.incident?.within} s; ${trace.incident?.from}..${trace.incident?.until})` : ''} ${falseAlerts.join('; ')} ${flaps.map(x => `FLAP ${x}`).join(' ')}`
}
