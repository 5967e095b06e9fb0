import { setTimeout as delay } from 'node:timers/promises'

/** Waits for a condition, generously. @throws {Error} naming what did not come about */
export async function until (what: string, condition: () => boolean | Promise<boolean>, withinMs = 60_000): Promise<void> {
  const deadline = performance.now() + withinMs
  while (!await condition()) {
    if (performance.now() > deadline) throw new Error(`not within ${withinMs / 1000} s: ${what}`)
    await delay(100)
  }
}
