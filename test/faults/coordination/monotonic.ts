/**
 * Milliseconds of CLOCK_MONOTONIC: one clock for all processes of a machine, which runs on while a process is stopped.
 * `performance.now()` is the same clock counted from the start of its own process.
 */
export function monotonicMs (): number {
  const [seconds, nanoseconds] = process.hrtime()
  return seconds * 1e3 + nanoseconds / 1e6
}
