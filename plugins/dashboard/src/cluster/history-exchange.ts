import { promisify } from 'node:util'
import { deflateRaw, inflateRaw } from 'node:zlib'
import type { Clock, Coordinator, HistoryQuery } from '@plimsoll/core'
import type { HistoryAnswer } from '../view/history-answer.ts'
import { MAX_HEADER_BYTES } from './frame-message.ts'
import { readHistoryReply, readHistoryRequest, writeHistoryReply, writeHistoryRequest } from './history-message.ts'
import type { HistoryReply, HistoryRequest } from './history-message.ts'
import { readHistory } from './read-history.ts'

export interface HistoryExchangePorts {
  /** This instance's id. */
  readonly instance: string
  readonly coordinator: Pick<Coordinator, 'capabilities' | 'incarnation' | 'mode' | 'registry'> & { readonly broadcasts: Pick<Coordinator['broadcasts'], 'receive' | 'send'> }
  readonly clock: Clock
  /** Of this instance; `undefined` where none is kept. */
  readonly historyOf: (query: HistoryQuery) => HistoryAnswer | undefined
}

const REQUESTS = 'dashboard.history.requests'
const REPLIES = 'dashboard.history.replies'

/** For an answer; then the charts begin at the moment of looking. */
const PATIENCE_MS = 2000
const MAX_WAITING = 50
/** Answers at once, and how soon another one may follow: reading an hour of history takes milliseconds. */
const BURST = 10
const REFILL_MS = 200
/** How much coarser the steps are made where an answer does not fit into one broadcast. */
const COARSER = [1, 4, 16]
const MAX_JSON_BYTES = 4 * 1024 * 1024

const compress = promisify(deflateRaw)
const decompress = promisify(inflateRaw)
const decoder = new TextDecoder()

interface Waiting {
  readonly instance: string
  readonly answer: (history: HistoryAnswer | undefined) => void
}

/** The history of one instance is kept by that instance alone: another one asks it, by broadcast, when somebody looks at it there. */
export class HistoryExchange {
  /** Requests that were answered, and those that were not: there were too many, or no answer was small enough. */
  readonly counters: { answered: number, refused: number } = { answered: 0, refused: 0 }
  readonly #ports: HistoryExchangePorts
  readonly #waiting = new Map<number, Waiting>()
  readonly #leave: Array<() => void> = []
  #id = 0
  #mayAnswer = BURST
  #refilledAt = -Infinity

  constructor (ports: HistoryExchangePorts) { this.#ports = ports }

  /** From now on others may ask. Once. */
  open (): void {
    const { broadcasts, capabilities, incarnation } = this.#ports.coordinator
    if (capabilities.scope !== 'cluster') return
    this.#leave.push(
      broadcasts.receive(REQUESTS, (bytes) => {
        const request = readHistoryRequest(bytes)
        if (request?.instance === this.#ports.instance && request.life !== incarnation) this.#answer(request)
      }),
      broadcasts.receive(REPLIES, (bytes) => {
        const reply = readHistoryReply(bytes)
        if (reply?.to === incarnation) this.#take(reply)
      })
    )
  }

  /** `undefined` where there is no such instance, it keeps none, or does not answer within two seconds. */
  async ask (instance: string, query: HistoryQuery): Promise<HistoryAnswer | undefined> {
    const { clock, coordinator: { broadcasts, incarnation, mode, registry } } = this.#ports
    if (mode !== 'cluster' || this.#waiting.size >= MAX_WAITING || !registry.lastSeen().some(({ id }) => id === instance)) return undefined
    const id = ++this.#id
    return await new Promise((resolve) => {
      const answer = (history?: HistoryAnswer): void => {
        timer.cancel()
        this.#waiting.delete(id)
        resolve(history)
      }
      const timer = clock.after(PATIENCE_MS, () => { answer() })
      this.#waiting.set(id, { instance, answer })
      broadcasts.send(REQUESTS, writeHistoryRequest({ life: incarnation, id, instance, query }))
    })
  }

  close (): void {
    for (const leave of this.#leave.splice(0)) leave()
    for (const { answer } of [...this.#waiting.values()]) answer(undefined)
  }

  async #answer ({ life: to, id, query }: HistoryRequest): Promise<void> {
    const { coordinator: { broadcasts, capabilities, incarnation } } = this.#ports
    // Whatever was asked for: it came from another process.
    const bytes = this.#isBusy() ? undefined : await this.#packed(query, capabilities.maxBroadcastBytes - MAX_HEADER_BYTES).catch(() => undefined)
    if (bytes === undefined) {
      this.counters.refused += 1
      return
    }
    this.counters.answered += 1
    await broadcasts.send(REPLIES, writeHistoryReply({ life: incarnation, to, id, bytes }))
  }

  /** Whoever asks more often than anybody looks gets nothing. */
  #isBusy (): boolean {
    const now = this.#ports.clock.now()
    this.#mayAnswer = Math.min(BURST, this.#mayAnswer + (now - this.#refilledAt) / REFILL_MS)
    this.#refilledAt = now
    if (this.#mayAnswer < 1) return true
    this.#mayAnswer -= 1
    return false
  }

  /** As fine as fits. */
  async #packed (query: HistoryQuery, room: number): Promise<Uint8Array | undefined> {
    let step = query.step ?? 0
    for (const coarser of COARSER) {
      const history = this.#ports.historyOf({ ...query, ...(step > 0 && { step: step * coarser }) })
      if (history === undefined) return undefined
      if (coarser === 1) ({ step } = history)
      const packed = await compress(JSON.stringify(history))
      if (packed.length <= room) return packed
    }
    return undefined
  }

  async #take ({ id, bytes }: HistoryReply): Promise<void> {
    const waiting = this.#waiting.get(id)
    if (waiting === undefined) return
    const json = await decompress(bytes, { maxOutputLength: MAX_JSON_BYTES }).catch(() => undefined)
    waiting.answer(json && readHistory(parsed(decoder.decode(json)), waiting.instance))
  }
}

function parsed (text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
