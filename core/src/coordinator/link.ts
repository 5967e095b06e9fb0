import type { Clock } from '../clock.ts'
import type { Check, CommitResult, CoordinatorDriver, Entry, Operation } from './driver.ts'
import { asCoordinatorError, isAmbiguous, isCoordinatorError, reasonOf, Unavailable } from './errors.ts'

export interface LinkOptions {
  readonly driver: CoordinatorDriver
  readonly clock: Clock
  readonly timeoutMs: number
  /** Begins every operation id: unique to this process. */
  readonly incarnation: string
}

const ATTEMPTS = 3
const PAGE = 1_000

/** What a check can never find: a session nobody opens. */
const NEVER: Check = { session: '' }

/**
 * The driver with a bound on every wait, one operation id for all attempts of a commit, and an honest end: a request
 * whose answer was lost rejects with `Unavailable { ambiguous: true }`.
 */
export class Link {
  readonly driver: CoordinatorDriver
  /** While false, calls reject at once without any I/O. Kept by the instance's session. */
  open = false
  commands = 0
  failures = 0
  bytes = 0
  readonly #clock: Clock
  readonly #timeoutMs: number
  readonly #incarnation: string
  #operations = 0

  constructor ({ driver, clock, timeoutMs, incarnation }: LinkOptions) {
    this.driver = driver
    this.#clock = clock
    this.#timeoutMs = timeoutMs
    this.#incarnation = incarnation
  }

  operationId (): string {
    this.#operations += 1
    return `${this.#incarnation}:${this.#operations}`
  }

  get (key: string): Promise<Entry | undefined> {
    return this.call(() => this.driver.get(key), false)
  }

  list (prefix: string, limit: number, after?: string): Promise<{ readonly entries: readonly Entry[], readonly revision: bigint }> {
    return this.call(() => this.driver.list(prefix, { limit, ...(after === undefined ? {} : { after }) }), false)
  }

  /** All entries in pages; `undefined` when there are more than `limit`. The revision is that of the first page. */
  async listAll (prefix: string, limit: number): Promise<{ readonly entries: readonly Entry[], readonly revision: bigint } | undefined> {
    const first = await this.list(prefix, Math.min(PAGE, limit + 1))
    const entries = [...first.entries]
    let page = first.entries
    while (page.length >= PAGE && entries.length <= limit) {
      page = (await this.list(prefix, PAGE, entries.at(-1)?.key)).entries
      entries.push(...page)
    }
    return entries.length > limit ? undefined : { entries, revision: first.revision }
  }

  commit (checks: readonly Check[], operations: readonly Operation[], id: string = this.operationId()): Promise<CommitResult> {
    for (const operation of operations) if ('put' in operation) this.bytes += operation.value.length
    return this.mutate((operation) => this.driver.commit({ id: operation, checks, operations }), id)
  }

  /**
   * Settles what became of a commit whose answer was lost: either it was applied, or from now on it never will be, since
   * the store remembers this refusal under its id.
   */
  async cancel (id: string): Promise<CommitResult> {
    return await this.commit([NEVER], [], id)
  }

  /** Repeats a mutation under one id while its answer is lost. */
  async mutate<T> (attempt: (operation: string) => Promise<T>, id: string = this.operationId()): Promise<T> {
    let ambiguous = false
    for (let attempts = 1; ; attempts++) {
      try {
        return await this.call(() => attempt(id), true)
      } catch (error) {
        if (!isCoordinatorError(error, 'UNAVAILABLE')) throw error
        ambiguous ||= isAmbiguous(error)
        if (!isAmbiguous(error) || attempts === ATTEMPTS) {
          throw new Unavailable(reasonOf(error), { ambiguous, cause: error })
        }
      }
    }
  }

  /** One command, with the bound on its wait. */
  call<T> (command: () => Promise<T>, mutation: boolean): Promise<T> {
    if (!this.open) return Promise.reject(new Unavailable('there is no session with the backend', { ambiguous: false }))
    return this.within(this.#timeoutMs, command, mutation)
  }

  /** As `call`, also while the link is not open: for what opens it. */
  within<T> (timeoutMs: number, command: () => Promise<T>, mutation: boolean): Promise<T> {
    this.commands += 1
    return new Promise((resolve, reject) => {
      const timer = this.#clock.after(timeoutMs, () => {
        this.failures += 1
        reject(new Unavailable(`no answer within ${Math.round(timeoutMs)} ms`, { ambiguous: mutation }))
      })
      const fail = (error: unknown): void => {
        timer.cancel()
        this.failures += 1
        reject(asCoordinatorError(error, mutation))
      }
      try {
        command().then((value) => {
          timer.cancel()
          resolve(value)
        }, fail)
      } catch (error) {
        // A driver that throws instead of rejecting.
        fail(error)
      }
    })
  }
}
