/** Settings of @fastify/under-pressure, and whether critical routes and the probe are let through by `config.pressureHandler`. */
export interface UnderPressureSettings {
  readonly maxEventLoopDelay?: number
  readonly maxEventLoopUtilization?: number
  readonly eventLoopUtilizationMode?: 'interval'
  readonly sampleInterval: number
  readonly bypassCritical?: true
}

/**
 * What somebody could plausibly configure: the plugin has no thresholds of its own, and its README's are 1000 ms of delay and
 * 0.98 of utilisation. A short pre-pass finds the best of them for the machine; all comparisons are made against that one.
 */
export const underPressureGrid: readonly UnderPressureSettings[] = [
  { maxEventLoopDelay: 20, sampleInterval: 10 },
  { maxEventLoopDelay: 20, sampleInterval: 100 },
  { maxEventLoopDelay: 30, sampleInterval: 20 },
  { maxEventLoopDelay: 30, sampleInterval: 100 },
  { maxEventLoopDelay: 42, sampleInterval: 10 },
  { maxEventLoopDelay: 42, sampleInterval: 20 },
  { maxEventLoopDelay: 42, sampleInterval: 20, bypassCritical: true },
  { maxEventLoopDelay: 42, sampleInterval: 100 },
  { maxEventLoopDelay: 60, sampleInterval: 20 },
  { maxEventLoopDelay: 60, sampleInterval: 20, bypassCritical: true },
  { maxEventLoopDelay: 80, sampleInterval: 50 },
  { maxEventLoopDelay: 100, sampleInterval: 100 },
  { maxEventLoopDelay: 250, sampleInterval: 250 },
  { maxEventLoopDelay: 1000, sampleInterval: 1000 },
  { maxEventLoopUtilization: 0.98, eventLoopUtilizationMode: 'interval', sampleInterval: 100 },
  { maxEventLoopUtilization: 0.95, eventLoopUtilizationMode: 'interval', sampleInterval: 50 },
  { maxEventLoopUtilization: 0.98, eventLoopUtilizationMode: 'interval', sampleInterval: 1000 }
]

/** What `--quick` tries: the settings that did best elsewhere. */
export const quickGrid: readonly UnderPressureSettings[] = underPressureGrid.filter(({ maxEventLoopDelay, sampleInterval, bypassCritical }) =>
  sampleInterval === 20 && (maxEventLoopDelay === 42 || maxEventLoopDelay === 60) && bypassCritical === undefined)

export function describeSettings (settings: UnderPressureSettings): string {
  const threshold = settings.maxEventLoopDelay === undefined
    ? `ELU ${settings.maxEventLoopUtilization}`
    : `delay ${settings.maxEventLoopDelay} ms`
  return `${threshold}, sampled every ${settings.sampleInterval} ms${settings.bypassCritical === true ? ', critical let through' : ''}`
}
