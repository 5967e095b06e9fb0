/** Waits for a condition, at most ten seconds. */
export async function until (condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 30_000
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`not within 30 seconds: ${condition.toString()}`)
    await new Promise(resolve => setTimeout(resolve, 2))
  }
}
