import { setTimeout as delay } from 'node:timers/promises'

/** Waits for a condition, with a bound; milliseconds that it took. */
export async function until (what: string, condition: () => boolean | Promise<boolean>, boundMs = 30_000): Promise<number> {
  const start = performance.now()
  while (!await condition()) {
    if (performance.now() - start > boundMs) throw new Error(`waited ${boundMs} ms for ${what}`)
    await delay(5)
  }
  return performance.now() - start
}
