import type { Clock } from './clock.ts'
import { CheckTakenError, GateTakenError } from './errors.ts'
import type { Journal } from './journal.ts'
import { refuse } from './refuse.ts'
import type { RefuseOptions } from './refuse.ts'
import { RefusalCounter } from './refusal-counter.ts'
import type { Refusal } from './refusal.ts'
import type { RequestScope, ScopeListener } from './request-scope.ts'

/** Order of the well-known checks: lower runs first. */
export const ADMISSION_ORDER = { rateLimit: 100, load: 200, breaker: 300 } as const

/** Degraded answers in progress at a time, on all routes together; above it even such routes are refused. */
export const MAX_DEGRADING = 50

/** A synchronous question asked of every request before it is routed, or in core's onRequest hook where no gate is installed. */
export interface AdmissionCheck {
  /** The component's name; unique. */
  readonly name: string
  /** See {@link ADMISSION_ORDER}. Among equals, the one that was added first runs first. */
  readonly order: number
  /** A refusal, or `undefined` to admit. A check that throws admits, and is journalled. */
  check (scope: RequestScope): Refusal | undefined
}

/** Milliseconds between two journal entries about checks that throw. */
const JOURNAL_INTERVAL_MS = 10_000

export interface AdmissionPorts {
  readonly clock: Clock
  readonly journal: Pick<Journal, 'record'>
  /** Called when core's hook is first needed: an application without checks pays for no hook. */
  readonly needHook: () => void
}

/** Who asks every request whether it is served: the checks, the gate that runs them, and the answer of the refused. */
export class Admission {
  /** How often each kind of refusal was given, degraded answers included. */
  readonly refusals: RefusalCounter = new RefusalCounter()
  readonly #ports: AdmissionPorts
  #checks: readonly AdmissionCheck[] = []
  #headers: Readonly<Record<string, string>> = {}
  #gate: string | undefined
  #degrading = 0
  #failures = 0
  #journalledAt = -Infinity
  // One for all requests.
  readonly #degraded: ScopeListener<undefined> = { settled: () => { this.#degrading-- } }

  constructor (ports: AdmissionPorts) {
    this.#ports = ports
  }

  /** In the order in which they run. */
  get checks (): readonly AdmissionCheck[] { return this.#checks }

  /** Whether a gate in front of Fastify runs the checks. */
  get gated (): boolean { return this.#gate !== undefined }

  /** Degraded answers in progress. */
  get degrading (): number { return this.#degrading }

  /** How often a check threw. */
  get failures (): number { return this.#failures }

  /**
   * Adds a check; returns the way out.
   *
   * @throws PLM_CORE_CHECK_TAKEN, and PLM_CORE_TOO_LATE for the first check of an application that has started
   */
  add (check: AdmissionCheck): () => void {
    if (this.#checks.some(({ name }) => name === check.name)) throw new CheckTakenError(check.name)
    if (this.#checks.length === 0) this.#ports.needHook()
    this.#checks = [...this.#checks, check].sort((a, b) => a.order - b.order)
    return () => { this.#checks = this.#checks.filter(other => other !== check) }
  }

  /** The first refusal of any check. For whoever holds the gate; the scope has to be classified. */
  check (scope: RequestScope): Refusal | undefined {
    // By index: an iterator would be made for every request.
    for (let i = 0; i < this.#checks.length; i++) {
      const check = this.#checks[i]!
      try {
        const refusal = check.check(scope)
        if (refusal !== undefined) return refusal
      } catch (error) {
        this.#failed(check, error)
      }
    }
    return undefined
  }

  /**
   * Declares that `name` stands in front of Fastify and runs {@link check} on every request: core's own hook stays out.
   * Returns the way out, after which the hook runs the checks again.
   *
   * @throws PLM_CORE_GATE_TAKEN
   */
  claimGate (name: string): () => void {
    if (this.#gate !== undefined) throw new GateTakenError(name, this.#gate)
    this.#gate = name
    return () => { this.#gate = undefined }
  }

  /**
   * For a gate that is about to refuse: `true` where the request is to be passed on to Fastify instead, marked with
   * `refusal`, because its route has a `degrade` handler and fewer than {@link MAX_DEGRADING} are at work.
   */
  degrade (scope: RequestScope, refusal: Refusal): boolean {
    if (this.#degrading >= MAX_DEGRADING || scope.route?.config['degrade'] === undefined) return false
    scope.refusal = refusal
    this.refusals.count(refusal)
    this.#degrading++
    scope.watch(this.#degraded, undefined)
    return true
  }

  /** Static headers of every refusal. */
  get headers (): Readonly<Record<string, string>> { return this.#headers }

  /** Adds static headers, from whichever plugin's options they come; a later value of a name wins. */
  addHeaders (headers: Readonly<Record<string, string>>): void {
    this.#headers = Object.freeze({ ...this.#headers, ...headers })
  }

  /** Answers a request that Fastify has not seen, as {@link refuse} does, with the application's static headers. */
  refuse (scope: RequestScope, refusal: Refusal, { bodyWithheld = false }: Pick<RefuseOptions, 'bodyWithheld'> = {}): void {
    this.refusals.count(refusal)
    refuse(scope, refusal, { headers: this.#headers, bodyWithheld, clock: this.#ports.clock })
  }

  #failed (check: AdmissionCheck, error: unknown): void {
    this.#failures++
    if (this.#ports.clock.now() - this.#journalledAt < JOURNAL_INTERVAL_MS) return
    this.#journalledAt = this.#ports.clock.now()
    this.#ports.journal.record({
      component: 'core',
      event: 'admission-check-failed',
      severity: 'error',
      message: `the admission check ${check.name} threw and the request was admitted: ${String(error)} (${this.#failures} failures so far)`
    })
  }
}
