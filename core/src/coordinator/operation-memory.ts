import type { CommitResult } from './driver.ts'

/** Outcomes of recent commits by operation id, refusals too, so that a repeated request has no effect of its own. */
export class OperationMemory {
  readonly #outcomes = new Map<string, { readonly result: CommitResult, readonly at: number }>()
  readonly #keptMs: number
  readonly #limit: number

  constructor ({ keptMs = 60_000, limit = 100_000 }: { readonly keptMs?: number, readonly limit?: number } = {}) {
    this.#keptMs = keptMs
    this.#limit = limit
  }

  get size (): number { return this.#outcomes.size }

  recall (id: string): CommitResult | undefined {
    return this.#outcomes.get(id)?.result
  }

  remember (id: string, result: CommitResult, now: number): CommitResult {
    this.#outcomes.set(id, { result, at: now })
    for (const [oldest, { at }] of this.#outcomes) {
      if (this.#outcomes.size <= this.#limit && now - at < this.#keptMs) break
      this.#outcomes.delete(oldest)
    }
    return result
  }

  clear (): void { this.#outcomes.clear() }
}
