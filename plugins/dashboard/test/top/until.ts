import { setTimeout as delay } from 'node:timers/promises'

/** Waits for a condition, with a bound that a slow and busy machine keeps as well. */
export async function until (condition: () => boolean, boundMs = 60_000): Promise<void> {
  for (const end = performance.now() + boundMs; !condition();) {
    if (performance.now() > end) throw new Error(`waited ${boundMs} ms for ${String(condition)}`)
    await delay(2)
  }
}
