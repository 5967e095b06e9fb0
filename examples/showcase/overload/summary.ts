import { quantileMs, tallyOf, type Report } from '../../../tools/load/index.ts'
import type { Side } from './shop.ts'
import { CRITICAL, DEADLINE_MS, type Step } from './traffic.ts'

/** The whole ramp in one table: protected against bare, step by step. */
export function printSummary (capacity: number, steps: readonly Step[], reports: Readonly<Record<Side, Report>>): void {
  console.log(`\nprotected | bare; goodput: answers within ${DEADLINE_MS} ms, of a capacity of ${Math.round(capacity)}/s`)
  console.log(line('offered', 'goodput', 'admitted P99 ms', 'checkout ok', 'timeouts'))
  for (const { name, seconds } of steps) {
    const sides = [reports.protected, reports.bare].map(report => {
      const all = tallyOf(report, { phase: name })
      const checkout = tallyOf(report, { phase: name, classes: [CRITICAL] })
      return {
        goodput: (all.ok / seconds / capacity).toFixed(2),
        p99: all.ok + all.late === 0 ? '-' : quantileMs(all.admittedLatency, 0.99).toFixed(0),
        checkout: `${(100 * checkout.ok / Math.max(1, checkout.offered)).toFixed(1)} %`,
        timeouts: String(all.timeout)
      }
    })
    const pair = (key: 'goodput' | 'p99' | 'checkout' | 'timeouts'): string => sides.map(side => side[key]).join(' | ')
    console.log(line(name, pair('goodput'), pair('p99'), pair('checkout'), pair('timeouts')))
  }
}

const line = (name: string, ...columns: string[]): string => name.padEnd(12) + columns.map(column => column.padStart(20)).join('')
