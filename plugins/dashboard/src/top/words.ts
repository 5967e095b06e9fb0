/** Figures as people read them: three digits, and a unit. */

export function count (value: number): string {
  const size = Math.abs(value)
  if (size >= 1e9) return `${digits(value / 1e9)}G`
  if (size >= 1e6) return `${digits(value / 1e6)}M`
  if (size >= 10_000) return `${digits(value / 1000)}k`
  return digits(value)
}

/** Of milliseconds. */
export function duration (ms: number | null): string {
  if (ms === null) return '-'
  if (ms >= 60_000) return `${digits(ms / 60_000)} min`
  if (ms >= 1000) return `${digits(ms / 1000)} s`
  return `${digits(ms)} ms`
}

export function percent (share: number): string {
  const value = 100 * share
  // What is nearly nothing must not look like nothing.
  return value > 0 && value < 0.01 ? '<0.01 %' : `${digits(value)} %`
}

export function bytes (value: number): string {
  if (value >= 1024 ** 3) return `${digits(value / 1024 ** 3)} GiB`
  if (value >= 1024 ** 2) return `${digits(value / 1024 ** 2)} MiB`
  return `${digits(value / 1024)} KiB`
}

/** Time of day in UTC, as in all of the dashboard. */
export function timeOfDay (at: number): string {
  const date = new Date(at)
  return Number.isNaN(date.getTime()) ? '--:--:--' : date.toISOString().slice(11, 19)
}

function digits (value: number): string {
  const size = Math.abs(value)
  if (size >= 100 || Number.isInteger(value)) return value.toFixed(0)
  return size >= 10 ? value.toFixed(1) : value.toFixed(2)
}
