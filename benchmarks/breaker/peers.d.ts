// The little of the peers that is used here, so that this type checks without their being installed.
declare module 'opossum' {
  export default class Opossum<T> {
    constructor (action: () => Promise<T>, options?: {
      readonly timeout?: number | false
      readonly errorThresholdPercentage?: number
      readonly resetTimeout?: number
      readonly rollingCountTimeout?: number
      readonly volumeThreshold?: number
    })

    readonly opened: boolean
    readonly closed: boolean
    fire (): Promise<T>
    shutdown (): void
  }
}

declare module 'cockatiel' {
  interface Breaker { readonly breakerKind?: string }
  interface Policy {
    readonly state: number
    execute<T> (fn: () => Promise<T>): Promise<T>
  }
  export const handleAll: object
  export class SamplingBreaker implements Breaker {
    constructor (options: { readonly threshold: number, readonly duration: number, readonly minimumRps?: number })
  }
  export class ConsecutiveBreaker implements Breaker {
    constructor (threshold: number)
  }
  export function circuitBreaker (policy: object, options: { readonly halfOpenAfter: number, readonly breaker: Breaker }): Policy
  export const CircuitState: { readonly Closed: number, readonly Open: number }
}

declare module 'mollitia' {
  export class SlidingCountBreaker {
    constructor (options: { readonly openStateDelay?: number, readonly slidingWindowSize?: number, readonly minimumNumberOfCalls?: number, readonly failureRateThreshold?: number, readonly permittedNumberOfCallsInHalfOpenState?: number })
    readonly state: string
  }
  export class Circuit {
    constructor (options: { readonly name?: string, readonly func: () => Promise<unknown>, readonly options?: { readonly modules: readonly object[] } })
    execute (): Promise<unknown>
  }
}
