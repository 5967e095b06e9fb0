import { setTimeout as sleep } from 'node:timers/promises'
import { ServerProcess } from '../overload/server-process.ts'
import type { Variant } from '../overload/variants.ts'
import { serve, warmUp, type Load } from './cpu.ts'

const MOST_ATTEMPTS = 5

/**
 * Bytes allocated on the heap per request: the growth of a heap whose young generation is so large that nothing is collected
 * meanwhile. A measurement in which something was collected is repeated.
 * @throws {Error} when none was without a collection
 */
export async function allocatedPerRequest (variant: Variant, load: Load, seed: number): Promise<number> {
  const semiSpace = ['--max-semi-space-size=256', '--min-semi-space-size=256']
  const server = await ServerProcess.start({ variant, work: '0/0', roundsPerMs: 0, countCollections: true }, semiSpace)
  try {
    // Lazily made structures and compiled code belong to no request, and code that isn't compiled yet allocates each fraction that it handles.
    await warmUp(server, load)
    for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
      await server.memory()
      // The collection just asked for was a stall, after which a protection may well refuse for a moment.
      await sleep(1500)
      const { served, before, after } = await serve(server, load, seed + attempt)
      if (after.collections === before.collections) return (after.heapUsedBytes - before.heapUsedBytes) / served
    }
    throw new Error(`the heap of ${variant.name} was collected in each of ${MOST_ATTEMPTS} measurements`)
  } finally {
    await server.stop()
  }
}
