import type { RawRequest } from '@plimsoll/core'

/** Requests that must have come before anything is concluded. */
const ENOUGH = 50

/**
 * Finds out when all clients share one key because they come through a proxy: requests whose forwarding headers differ, and
 * whose key does not. It looks until there is a second key, or until it has found that.
 */
export class SharedKeyWatch {
  #over = false
  #key: string | undefined
  #forwarded: string | undefined
  #requests = 0
  #differ = false

  /** `true` for the one request at which it is certain. */
  observe (req: RawRequest, key: string): boolean {
    if (this.#over) return false
    const forwarded = req.headers['x-forwarded-for'] ?? req.headers['forwarded']
    if (forwarded === undefined) return false
    const text = String(forwarded)
    this.#key ??= key
    this.#forwarded ??= text
    this.#requests++
    this.#differ ||= text !== this.#forwarded
    this.#over = key !== this.#key || (this.#differ && this.#requests >= ENOUGH)
    return this.#over && key === this.#key
  }
}
