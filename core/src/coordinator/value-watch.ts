import { decodeJson } from './codec.ts'
import { keys } from './keys.ts'
import type { WatchHub } from './watch-hub.ts'

export interface Change<T> {
  readonly key: string
  /** Left out when the key was deleted or has expired. */
  readonly value?: T
  readonly revision?: bigint
}

/**
 * Present values first, then changes, in order per key. A slow reader misses values in between, never the last: at most
 * one change a key waits.
 * @throws WatchTooWide
 */
export async function * watchValues<T> (hub: WatchHub, prefix: string, stop: AbortSignal): AsyncGenerator<Change<T>, void, undefined> {
  const waiting = new Map<string, Change<T>>()
  let failure: unknown
  let wake: (() => void) | undefined
  const full = keys.value(prefix)
  const subscription = hub.subscribe(full, ({ key, entry }) => {
    const name = key.slice(keys.value('').length)
    waiting.set(name, entry === undefined ? { key: name } : { key: name, value: decodeJson(entry.value) as T, revision: entry.revision })
    wake?.()
  })
  subscription.ready.catch((error: unknown) => {
    failure = error
    wake?.()
  })
  const stopped = (): void => { wake?.() }
  stop.addEventListener('abort', stopped)
  try {
    while (!stop.aborted) {
      const [next] = waiting.values()
      if (next !== undefined) {
        waiting.delete(next.key)
        yield next
      } else if (isTooWide(failure)) {
        throw failure
      } else {
        await new Promise<void>((resolve) => { wake = resolve })
      }
    }
  } finally {
    stop.removeEventListener('abort', stopped)
    subscription.stop()
  }
}

/** The backend's absence ends no watch: it goes on when that is back. */
function isTooWide (error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'PLM_COORDINATOR_WATCH_TOO_WIDE'
}
