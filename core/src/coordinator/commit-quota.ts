import { decodeRecord, encodeJson } from './codec.ts'
import { keys } from './keys.ts'
import type { Link } from './link.ts'
import type { QuotaDriver, QuotaRate, TokenLease } from './quota-driver.ts'
import { ABSENT } from './revision.ts'

const ATTEMPTS = 16

/** Token buckets with commits: one record a key, refilled by the store's time, gone when it has been full for a while. */
export class CommitQuota implements QuotaDriver {
  readonly #name: string
  readonly #link: Link
  readonly #serverTime: () => number

  constructor (name: string, { link, serverTime }: { readonly link: Link, readonly serverTime: () => number }) {
    this.#name = name
    this.#link = link
    this.#serverTime = serverTime
  }

  async take (operation: string, key: string, tokens: number, { limit, windowMs, burst }: QuotaRate): Promise<TokenLease> {
    const perMs = limit / windowMs
    const place = keys.quota(this.#name, key)
    let entry = await this.#link.get(place)
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      const bucket = entry === undefined ? undefined : decodeRecord(entry.value)
      const now = this.#serverTime()
      // Instances estimate the store's time, each a little differently: a bucket's time never goes back.
      const at = Math.max(now, numberOr(bucket?.['at'], now))
      const filled = Math.min(burst, numberOr(bucket?.['tokens'], burst) + (at - numberOr(bucket?.['at'], at)) * perMs)
      const granted = Math.min(tokens, Math.floor(filled))
      if (granted === 0) return { granted, retryAfterMs: Math.ceil((1 - filled) / perMs) }
      const value = encodeJson(key, { tokens: filled - granted, at }, 1_024)
      const result = await this.#link.commit([{ key: place, revision: entry?.revision ?? ABSENT }], [{ put: place, value, ttlMs: Math.ceil(burst / perMs) + windowMs }], `${operation}.${attempt}`)
      if (result.ok) return { granted, retryAfterMs: granted === tokens ? 0 : Math.ceil((1 - (filled - granted)) / perMs) }
      entry = result.current
    }
    return { granted: 0, retryAfterMs: Math.ceil(1 / perMs) }
  }
}

function numberOr (value: unknown, otherwise: number): number {
  return typeof value === 'number' && Number.isFinite(value) ? value : otherwise
}
