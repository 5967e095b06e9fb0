import type { TrafficClass } from './options.ts'

/** What is known of one arrival until it is settled. */
export interface PendingRequest {
  /** Index of its class in the report. */
  readonly classIndex: number
  readonly phase: number
  /** Time of the scheduled arrival, on the clock of performance.now(). Latency counts from here. */
  readonly scheduledAt: number
  readonly bytes: Buffer
  /** The connection that carries it; undefined while it waits for one. */
  carrier: { destroy: () => void } | undefined
  settled: boolean
}

/** The bytes of a class's request: built once, because they never change. */
export function requestBytes (trafficClass: Omit<TrafficClass, 'name' | 'weight'>, authority: string, keepAlive: boolean): Buffer {
  const body = trafficClass.body ?? ''
  const headers: Record<string, string> = { host: authority, ...trafficClass.headers }
  if (body !== '') headers['content-length'] = String(Buffer.byteLength(body))
  if (!keepAlive) headers['connection'] = 'close'
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  return Buffer.from(`${trafficClass.method ?? 'GET'} ${trafficClass.path} HTTP/1.1\r\n${lines.join('')}\r\n${body}`)
}
