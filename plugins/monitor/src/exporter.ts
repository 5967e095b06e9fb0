import type { Summary } from './summary.ts'

/** Takes the figures somewhere. */
export interface Exporter {
  /** For journal and metrics. */
  readonly name: string
  /** Milliseconds between two summaries, 1000 to 3600000. */
  readonly intervalMs: number
  /**
   * Takes the summary of one interval. It is aborted by `signal` after the interval's length, or at close; one that fails
   * is journalled, and its summary is not lost: it comes again with the next one merged into it.
   */
  export (summary: Summary, signal: AbortSignal): void | Promise<void>
}

const MAX_EXPORTERS = 10

export function isExporters (given: unknown): given is readonly Exporter[] {
  return Array.isArray(given) && given.length <= MAX_EXPORTERS && given.every(isExporter)
}

function isExporter (given: unknown): boolean {
  if (typeof given !== 'object' || given === null) return false
  const { name, intervalMs, export: send }: { readonly name?: unknown, readonly intervalMs?: unknown, readonly export?: unknown } = given
  return typeof name === 'string' && /^[\w-]{1,50}$/.test(name) && typeof send === 'function' &&
    typeof intervalMs === 'number' && intervalMs >= 1000 && intervalMs <= 3_600_000
}
