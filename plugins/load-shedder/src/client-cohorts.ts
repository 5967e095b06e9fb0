import type { RawRequest } from '@plimsoll/core'
import { COHORTS } from './strategy.ts'

/** Which client a request is from: an API key, an account; `undefined` falls back to the remote address. Synchronous. */
export type ClientKey = (req: RawRequest) => string | undefined

/** A key is hashed up to this many characters. */
const MAX_KEY_LENGTH = 256

/** Sorts clients into a bounded number of cohorts, so that fairness between them needs no table of clients. */
export class ClientCohorts {
  readonly #key: ClientKey | undefined
  readonly #salt: number
  readonly #failed: (error: unknown) => void

  /**
   * @param salt a random number: nobody outside can choose a cohort
   * @param failed told of what the key function throws; the request then counts under its address
   */
  constructor (key: ClientKey | undefined, salt: number, failed: (error: unknown) => void) {
    this.#key = key
    this.#salt = salt
    this.#failed = failed
  }

  /** An integer in [0, {@link COHORTS}). */
  of (req: RawRequest): number {
    const key = this.#ask(req) ?? req.socket.remoteAddress ?? ''
    return hash(key, this.#salt) % COHORTS
  }

  #ask (req: RawRequest): string | undefined {
    try {
      const key = this.#key?.(req)
      return typeof key === 'string' ? key : undefined
    } catch (error) {
      this.#failed(error)
      return undefined
    }
  }
}

// FNV-1a over UTF-16 units, with a final mix of the high bits into the low ones.
function hash (key: string, salt: number): number {
  let state = (0x811c9dc5 ^ salt) >>> 0
  const length = Math.min(key.length, MAX_KEY_LENGTH)
  for (let index = 0; index < length; index++) state = Math.imul(state ^ key.charCodeAt(index), 0x01000193) >>> 0
  state = Math.imul(state ^ (state >>> 15), 0x85ebca6b) >>> 0
  return (state ^ (state >>> 13)) >>> 0
}
