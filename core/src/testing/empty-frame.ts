import type { Frame } from '../frames/frame.ts'

/** A frame of an idle, healthy process, with `overrides`: for tests of what reads frames. */
export function emptyFrame (overrides: Partial<Frame> = {}): Frame {
  return {
    instance: 'test',
    sequence: 1,
    at: Date.UTC(2026, 0, 1),
    clock: 1000,
    window: 1000,
    vitals: {
      at: 1000,
      window: 1000,
      eventLoop: { utilization: 0.1, delay: { mean: 0.5, p50: 0.5, p99: 1, max: 1 } },
      cpu: { used: 0.1, available: 2, throttled: 0 },
      memory: { rss: 80e6, heapUsed: 20e6, heapLimit: 2e9, external: 2e6, arrayBuffers: 1e6, limit: 4e9, limitedBy: 'machine', cgroup: undefined, utilization: 0.02, oldSpaceFloor: 15e6 },
      gc: { share: 0.001, longestPause: 1, minor: 1, major: 0 }
    },
    health: { live: true, ready: true, degraded: false, reasons: [] },
    requests: { inFlight: 0, leased: 0, openStreams: 0, settled: { completed: 0, 'client-abort': 0, reset: 0, timeout: 0, refused: 0, upgraded: 0, stream: 0 } },
    components: [],
    routes: [],
    upstreams: [],
    figures: [],
    slow: [],
    journal: [],
    journalMissed: 0,
    ...overrides
  }
}
