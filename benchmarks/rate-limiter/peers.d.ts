// As much of the peers as is compared with: the types of the repository don't depend on what benchmarks install.
declare module '@fastify/rate-limit' {
  import type { FastifyPluginCallback } from 'fastify'

  const plugin: FastifyPluginCallback<{ readonly max: number, readonly timeWindow: number, readonly cache?: number }>
  export default plugin
}

declare module '@fastify/rate-limit/store/LocalStore.js' {
  export default class LocalStore {
    constructor (continueExceeding: boolean, exponentialBackoff: boolean, cache?: number)
    incr (key: string, done: (error: Error | null, result: { readonly current: number, readonly ttl: number }) => void, timeWindow: number, max: number): void
  }
}

declare module 'express-rate-limit' {
  import type { IncomingMessage, ServerResponse } from 'node:http'

  export class MemoryStore {
    init (options: { readonly windowMs: number }): void
    increment (key: string): Promise<{ readonly totalHits: number }>
    shutdown (): void
  }
  export function rateLimit (options: {
    readonly windowMs: number
    readonly limit: number
    readonly legacyHeaders: boolean
    readonly standardHeaders: false
    readonly validate: false
    keyGenerator (req: IncomingMessage): string
  }): (req: IncomingMessage, res: ServerResponse, next: (error?: Error) => void) => Promise<void>
}

declare module 'rate-limiter-flexible' {
  export class RateLimiterMemory {
    constructor (options: { readonly points: number, readonly duration: number })
    consume (key: string): Promise<{ readonly remainingPoints: number, readonly msBeforeNext: number }>
  }
}
