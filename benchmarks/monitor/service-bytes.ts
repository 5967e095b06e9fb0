import { allocatedPerRequest } from '../cost/allocation.ts'
import type { Load } from '../cost/cpu.ts'
import { progress } from '../overload/progress.ts'
import type { Row } from '../overload/row.ts'
import { summarize } from '../overload/statistics.ts'
import type { Variant } from '../overload/variants.ts'

const load: Load = { rate: 5000, seconds: 0.6 }
const measured: Readonly<Record<string, Variant>> = {
  bare: { name: 'none' },
  'core alone': { name: 'core' },
  monitor: { name: 'recorder', recorder: 'monitor' },
  'prom-client': { name: 'recorder', recorder: 'prom-client' },
  'fastify-metrics': { name: 'recorder', recorder: 'fastify-metrics' }
}

/** Bytes that a request allocates on the heap, in all, and beside bare's: what the collector will have to do. */
export async function serviceBytesRows (repeats: number): Promise<Row[]> {
  const bytes = new Map<string, number>()
  for (const [name, variant] of Object.entries(measured)) {
    const values: number[] = []
    for (let repeat = 0; repeat < repeats; repeat++) {
      progress(`bytes allocated: ${name}, ${repeat + 1} of ${repeats}`)
      values.push(await allocatedPerRequest(variant, load, repeat + 1))
    }
    bytes.set(name, summarize(values).median)
  }
  const bare = bytes.get('bare') ?? NaN
  const shown = (name: string): string => {
    const own = bytes.get(name) ?? NaN
    return `${own.toFixed(0)} B, ${(own - bare).toFixed(0)} more than bare`
  }
  const others = Object.keys(measured).filter((name) => name !== 'bare' && name !== 'monitor')
  return [{
    section: 'bytes',
    what: 'bytes that a request allocates with the monitor',
    figure: shown('monitor'),
    peers: Object.fromEntries(others.map((name) => [name, shown(name)])),
    target: '',
    noise: '',
    verdict: 'shown',
    values: Object.fromEntries(bytes)
  }]
}
