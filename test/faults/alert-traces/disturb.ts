import { setFlagsFromString, getHeapStatistics } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { makeFault } from '../../../examples/showcase/fault/faults.ts'
import { STEADY } from '../../../examples/showcase/payment/switches.ts'
import { startGenerator } from '../../../tools/load/index.ts'
import { LentPool } from './lent-pool.ts'
import { MIXES } from './mixes.ts'
import type { Disturbance } from './plan.ts'
import type { RecordedShop } from './recorded-shop.ts'

const PIECE_BYTES = 256 * 1024
const FILLED_EVERY_MS = 250

export interface Switch {
  begin (): void
  end (): void
}

/** What can be done to a shop; to be made before it opens, since hooks have to be there before its routes are. */
export function makeSwitch (disturbance: Disturbance, shop: RecordedShop): Switch {
  switch (disturbance.what) {
    case 'payments': return {
      begin () { shop.payments(disturbance.switches) },
      end () { shop.payments(STEADY) }
    }
    case 'pool': return new LentPool(shop.app, disturbance.connections, disturbance.ms)
    case 'memory': return fullMemory(disturbance.share)
    case 'collections': return longCollections(disturbance.ms, disturbance.everyMs)
    case 'rush': return rush(shop, disturbance.customers)
    case 'absence': return { begin () {}, end () {} }
    default: return makeFault(disturbance.what, shop.app, disturbance.size)
  }
}

/** Keeps what is needed for this share of the heap's limit to be used; more than that it never keeps. */
function fullMemory (share: number): Switch {
  const kept: number[][] = []
  let filling: NodeJS.Timeout | undefined
  const fill = (): void => {
    const { used_heap_size: used, heap_size_limit: limit } = getHeapStatistics()
    for (let missing = share * limit - used; missing > 0; missing -= PIECE_BYTES) kept.push(new Array<number>(PIECE_BYTES / 8).fill(0.5))
  }
  return {
    begin () { filling = setInterval(fill, FILLED_EVERY_MS).unref() },
    end () {
      clearInterval(filling)
      kept.length = 0
    }
  }
}

/** Objects that are added until a collection takes long enough. */
const CACHED_AT_ONCE = 400_000
const MAX_CACHED = 12_000_000

/** A cache of small objects, as large as it takes; made at once, so that all of the trace has it. */
function longCollections (ms: number, everyMs: number): Switch {
  setFlagsFromString('--expose-gc')
  const collect: () => void = runInNewContext('gc')
  const cache: Array<readonly { readonly id: number, readonly next: object }[]> = []
  for (let objects = 0; objects < MAX_CACHED; objects += CACHED_AT_ONCE) {
    cache.push(Array.from({ length: CACHED_AT_ONCE }, (_, id) => ({ id, next: { id } })))
    if (fastestOf(3, collect) > ms) break
  }
  let collecting: NodeJS.Timeout | undefined
  return {
    begin () { collecting = setInterval(collect, everyMs).unref() },
    end () {
      clearInterval(collecting)
      cache.length = 0
    }
  }
}

/** In milliseconds: another process may have held up the slower ones. */
function fastestOf (times: number, work: () => void): number {
  return Math.min(...Array.from({ length: times }, () => {
    const began = performance.now()
    work()
    return performance.now() - began
  }))
}

function rush (shop: RecordedShop, customers: number): Switch {
  let stop = (): void => {}
  return {
    begin () {
      const generator = startGenerator({ loop: 'closed', port: shop.port, classes: [...MIXES.browsing, ...MIXES.batch], connections: customers, seconds: 600, deadlineMs: 500 })
      generator.done.catch(() => {})
      stop = generator.stop
    },
    end () { stop() }
  }
}
