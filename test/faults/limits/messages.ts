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

export interface BreakerConfig {
  readonly redis: string
  readonly namespace: string
  readonly policy: 'observe' | 'quorum' | 'any'
}

export type ToBreaker =
  /** Calls through a circuit, one after the other; `fails`: all of them do. */
  | { readonly type: 'call', readonly circuit: string, readonly calls: number, readonly fails: boolean }
  /** Sends a broadcast that comes back to its sender as well. */
  | { readonly type: 'ping', readonly id: string }
  | { readonly type: 'look' }
  | { readonly type: 'close' }

export interface Circuits {
  readonly type: 'circuits'
  /** When each circuit opened here last, in milliseconds since the Unix epoch. */
  readonly opened: Readonly<Record<string, number>>
  /** Of the last ping. */
  readonly roundTripMs: number
  readonly mode: string
  readonly instances: number
}

export interface Called {
  readonly type: 'called'
  readonly failed: number
  readonly ms: number
}

export type FromBreaker = { readonly type: 'ready' } | Called | Circuits
