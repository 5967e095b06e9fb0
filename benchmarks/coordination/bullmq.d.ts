// The little of bullmq that the benchmark uses: the check of types runs without the peers installed.
declare module 'bullmq' {
  export interface Connection { readonly host: string, readonly port: number, readonly maxRetriesPerRequest?: null }
  export interface JobOptions { readonly jobId?: string, readonly attempts?: number, readonly removeOnComplete?: boolean }
  export interface Job { readonly id?: string, readonly data: unknown }

  export class Queue {
    constructor (name: string, options: { readonly connection: Connection })
    add (name: string, data: unknown, options?: JobOptions): Promise<Job>
    addBulk (jobs: readonly { readonly name: string, readonly data: unknown, readonly opts?: JobOptions }[]): Promise<Job[]>
    waitUntilReady (): Promise<unknown>
    close (): Promise<void>
  }

  export class Worker {
    constructor (name: string, process: (job: Job) => Promise<unknown>, options: { readonly connection: Connection, readonly concurrency?: number, readonly autorun?: boolean })
    on (event: 'completed', listener: (job: Job) => void): this
    on (event: 'error', listener: (error: Error) => void): this
    waitUntilReady (): Promise<unknown>
    run (): Promise<void>
    close (force?: boolean): Promise<void>
  }
}
