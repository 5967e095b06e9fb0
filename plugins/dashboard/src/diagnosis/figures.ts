import { boundedText } from '@plimsoll/core'

const MAX_NAME = 100

/** A name from a frame: untrusted, and as long as it likes. */
export function named (name: string): string { return boundedText(name, MAX_NAME) }

/** Such as "38 %", or "0.4 %" where less is much. */
export function percent (share: number): string {
  const hundredths = 100 * share
  return `${hundredths >= 1 || hundredths === 0 ? Math.round(hundredths) : hundredths.toFixed(1)} %`
}

/** Such as "0.4 ms", "412 ms" or "2.3 s". */
export function duration (ms: number): string {
  if (ms >= 1000) return `${(ms / 1000).toFixed(ms >= 100_000 ? 0 : 1)} s`
  return `${ms >= 10 ? Math.round(ms) : ms.toFixed(1)} ms`
}

/** Such as "40 s", "27 min" or "3 h". */
export function span (seconds: number): string {
  if (seconds < 120) return `${Math.round(seconds)} s`
  return seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`
}

/** Such as "0.4 MB", "150 MB" or "1.2 GB". */
export function bytes (count: number): string {
  const mega = count / 2 ** 20
  return mega >= 1000 ? `${(mega / 1024).toFixed(1)} GB` : `${mega >= 10 ? Math.round(mega) : mega.toFixed(1)} MB`
}

/** Hours and minutes of a second since the Unix epoch, in UTC. */
export function timeOfDay (second: number): string { return new Date(second * 1000).toISOString().slice(11, 16) }
