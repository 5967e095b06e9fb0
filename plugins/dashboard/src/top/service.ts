import type { Clock } from '@plimsoll/core'
import type { ComponentDetail, View } from '../view/view.ts'
import { EventStream } from './event-stream.ts'
import { busyMsOf, failureOf, notAStream, refusalOf } from './failure.ts'
import { readComponents, readView } from './read-view.ts'
import { TopError } from './top-error.ts'
import type { TopOptions } from './top-options.ts'

export interface ServicePorts {
  readonly clock: Pick<Clock, 'after' | 'random'>
  /** @default the global one */
  readonly fetch?: typeof fetch
}

export interface Watching {
  readonly instance: string | undefined
  readonly signal: AbortSignal
  readonly view: (view: View) => void
  /** The stream was cut off; it is tried again. */
  readonly lost: (why: string) => void
}

/** Milliseconds without a byte after which a connection is taken for dead: a view comes each second, a heartbeat each 15. */
const SILENCE_MS = 20_000
/** For an answer to begin. A service at which nobody looked needs a second for its first figures. */
const ANSWER_MS = 10_000
const RETRY_MS = 2_000
const MAX_RETRY_MS = 15_000
/** Of a first connection to a service that sheds load. */
const BUSY_ATTEMPTS = 5

/** The dashboard's API of one service, or of its whole cluster. */
export class Service {
  readonly #url: string
  readonly #headers: Readonly<Record<string, string>>
  readonly #ports: ServicePorts

  constructor ({ url, authorization }: Pick<TopOptions, 'url' | 'authorization'>, ports: ServicePorts) {
    this.#url = url
    this.#headers = authorization === undefined ? {} : { authorization }
    this.#ports = ports
  }

  /**
   * Tells of a view each second until `signal` is aborted, and connects again and again once it was connected.
   * @throws TopError where it cannot be connected to at first, not even at the fifth attempt where the service sheds load; or is forbidden later
   */
  async watch (watching: Watching): Promise<void> {
    const { signal } = watching
    let lastId = ''
    let failures = 0
    let retry = RETRY_MS
    let connected = false
    while (!signal.aborted) {
      let busyMs: number | undefined
      try {
        const wish = await this.#stream(watching, lastId, (view, id) => {
          connected = true
          failures = 0
          lastId = id
          watching.view(view)
        })
        if (!connected) throw new TopError(`${this.#url} ended the stream before it had said anything`)
        retry = Math.min(wish, MAX_RETRY_MS)
        // One that is ended in its order says that it can be had again at once: nothing was lost.
        if (wish >= RETRY_MS) watching.lost(`${this.#url} ended the stream`)
      } catch (error) {
        if (signal.aborted) return
        const failure = failureOf(error, this.#url)
        failures += 1
        const again = connected ? !failure.final : failure.busyMs !== undefined && failures < BUSY_ATTEMPTS
        if (!again) throw failure
        watching.lost(failure.message)
        busyMs = failure.busyMs
      }
      const pause = busyMs ?? Math.min(MAX_RETRY_MS, retry * 2 ** Math.max(0, failures - 1))
      await this.#wait(pause * (0.5 + 0.5 * this.#ports.clock.random()), signal)
    }
  }

  /** What runs in it; none where it doesn't say. */
  async components (instance: string | undefined, signal: AbortSignal): Promise<readonly ComponentDetail[]> {
    const late = new AbortController()
    const timer = this.#ports.clock.after(ANSWER_MS, () => { late.abort() })
    return await this.#components(instance, AbortSignal.any([signal, late.signal])).catch(() => []).finally(() => { timer.cancel() })
  }

  async #components (instance: string | undefined, signal: AbortSignal, attempt = 1): Promise<readonly ComponentDetail[]> {
    const response = await this.#fetch('components', instance, {}, signal)
    if (response.ok) return readComponents(await response.json())
    await response.body?.cancel()
    const busyMs = busyMsOf(response)
    if (busyMs === undefined || attempt === BUSY_ATTEMPTS) return []
    await this.#wait(busyMs, signal)
    return await this.#components(instance, signal, attempt + 1)
  }

  /** Until the stream ends; resolves with the milliseconds after which the service wishes to be asked again. */
  async #stream ({ instance, signal }: Watching, lastId: string, view: (view: View, id: string) => void): Promise<number> {
    const silent = new AbortController()
    const silence = (ms: number): ReturnType<Clock['after']> => this.#ports.clock.after(ms, () => { silent.abort(new TopError(`${this.#url} has said nothing for ${ms / 1000} s`)) })
    let timer = silence(ANSWER_MS)
    try {
      const response = await this.#fetch('realtime', instance, { accept: 'text/event-stream', ...(lastId !== '' && { 'last-event-id': lastId }) }, AbortSignal.any([signal, silent.signal]))
      if (response.status !== 200) throw await refusalOf(response, this.#url, 'authorization' in this.#headers)
      if (response.body === null || response.headers.get('content-type')?.startsWith('text/event-stream') !== true) throw notAStream(response, this.#url)
      timer.cancel()
      timer = silence(SILENCE_MS)
      const events = new EventStream()
      for await (const bytes of response.body) {
        timer.refresh()
        for (const { event, data, id } of events.take(bytes)) {
          if (event !== 'metrics') continue
          const read = readView(data)
          if (read === undefined) throw new TopError(`${this.#url} sends figures that this version cannot read: use the version of @plimsoll/dashboard that the service has`, { final: true })
          view(read, id)
        }
      }
      return events.retry ?? RETRY_MS
    } finally {
      timer.cancel()
      silent.abort()
    }
  }

  async #fetch (path: string, instance: string | undefined, headers: Readonly<Record<string, string>>, signal: AbortSignal): Promise<Response> {
    const query = instance === undefined ? '' : `?instance=${encodeURIComponent(instance)}`
    // A redirection could lead the token elsewhere.
    return await (this.#ports.fetch ?? fetch)(`${this.#url}/api/performance/${path}${query}`, { headers: { ...this.#headers, ...headers }, redirect: 'manual', signal })
  }

  async #wait (ms: number, signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = this.#ports.clock.after(ms, resolve)
    const wake = (): void => resolve()
    signal.addEventListener('abort', wake)
    await promise
    signal.removeEventListener('abort', wake)
    timer.cancel()
  }
}
