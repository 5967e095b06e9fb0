export interface InstanceConfig {
  readonly redis: string
  readonly namespace: string
  readonly limit: number
  readonly windowMs: number
  /** What a positive control does wrong: it limits by itself, or each request waits for the coordinator. */
  readonly flaw?: 'alone' | 'waits'
}

export type ToInstance = { readonly type: 'look' } | { readonly type: 'close' }

export interface Seen {
  readonly type: 'seen'
  /** Requests that came to the handler, by client. */
  readonly received: Readonly<Record<string, number>>
  readonly mode: string
  readonly instances: number
  /** To the coordinator, since the start. */
  readonly commands: number
  /** Milliseconds since the Unix epoch. */
  readonly at: number
}

export type FromInstance = { readonly type: 'listening', readonly port: number } | Seen
