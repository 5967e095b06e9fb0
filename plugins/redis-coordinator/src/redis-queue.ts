import type { ClaimedItem, NothingYet, QueueDriver, QueueItem, QueueLimits, QueueStats, Receipt } from '@plimsoll/core'
import { MicrotaskBatch } from './microtask-batch.ts'
import type { Namespace } from './namespace.ts'
import { packStrings } from './pack-strings.ts'
import { QueueTurn } from './queue-turn.ts'
import type { Claim, Claimed, Settlement, TurnOutcome } from './queue-turn.ts'
import type { ReadyFeed } from './ready-feed.ts'
import { Reply } from './reply.ts'
import type { ScriptRunner } from './script-runner.ts'
import { queueDead } from './scripts/queue-dead.ts'
import { queuePush } from './scripts/queue-push.ts'
import { queueRevive } from './scripts/queue-revive.ts'
import { queueStats } from './scripts/queue-stats.ts'
import { queueTurn } from './scripts/queue-turn.ts'

export interface RedisQueuePorts {
  readonly namespace: Namespace
  readonly scripts: ScriptRunner
  readonly ready: ReadyFeed
}

interface Push { readonly operation: string, readonly items: readonly QueueItem[], readonly delayMs: number }

/** Pushes in one script. */
const BATCH = 128

/** A queue in Lua: every operation is O(log n), and what a dead consumer held comes back inside the next claim. */
export class RedisQueue implements QueueDriver {
  readonly #name: string
  readonly #limits: QueueLimits
  readonly #keys: readonly string[]
  readonly #channel: string
  readonly #scripts: ScriptRunner
  readonly #ready: ReadyFeed
  readonly #pushes = new MicrotaskBatch<Push, number>((pushes) => this.#push(pushes), BATCH)
  readonly #turn = new QueueTurn((settlements, claims) => this.#consume(settlements, claims))

  constructor (name: string, limits: QueueLimits, { namespace, scripts, ready }: RedisQueuePorts) {
    this.#name = name
    this.#limits = limits
    this.#keys = namespace.queue(name)
    this.#channel = namespace.channel('ready')
    this.#scripts = scripts
    this.#ready = ready
  }

  async push (operation: string, items: readonly QueueItem[], delayMs: number): Promise<boolean> {
    return await this.#pushes.add({ operation, items, delayMs }) === 1
  }

  claim (operation: string, limit: number): Promise<readonly ClaimedItem[] | NothingYet> {
    return this.#turn.claim({ operation, limit })
  }

  ack (operation: string, receipt: Receipt): Promise<boolean> {
    return this.#turn.settle({ operation, what: 'ack', receipt, ms: 0 })
  }

  extend (operation: string, receipt: Receipt, ms: number): Promise<boolean> {
    return this.#turn.settle({ operation, what: 'extend', receipt, ms })
  }

  release (operation: string, receipt: Receipt, delayMs: number): Promise<boolean> {
    return this.#turn.settle({ operation, what: 'release', receipt, ms: delayMs })
  }

  async stats (): Promise<QueueStats> {
    const reply = await this.#run(queueStats)
    return { ready: reply.number(0), leased: reply.number(1), delayed: reply.number(2), dead: reply.number(3), oldestMs: reply.number(4) }
  }

  async dead (limit: number): Promise<readonly ClaimedItem[]> {
    const reply = await this.#run(queueDead, String(limit))
    return itemsFrom(reply, 0, reply.length)
  }

  async revive (operation: string, id: string): Promise<boolean> {
    return await this.#scripts.run(queueRevive, this.#keys, [this.#channel, this.#name, maximum(this.#limits.maxLength), operation, id]) === 1
  }

  onReady (listener: () => void): () => void { return this.#ready.listen(this.#name, listener) }

  async #push (pushes: readonly Push[]): Promise<readonly number[]> {
    const fields: (string | Uint8Array)[] = []
    for (const { operation, items, delayMs } of pushes) {
      fields.push(operation, String(delayMs), String(items.length))
      for (const { id, deduplicate, body } of items) fields.push(id, deduplicate ? '1' : '0', body)
    }
    const reply = await this.#run(queuePush, this.#channel, this.#name, maximum(this.#limits.maxLength), String(pushes.length), packStrings(fields))
    return pushes.map((_, index) => reply.number(index))
  }

  async #consume (settlements: readonly Settlement[], claims: readonly Claim[]): Promise<TurnOutcome> {
    const { visibilityMs, maxAttempts, dedupeMs } = this.#limits
    const operations = [...settlements, ...claims].map(({ operation }) => operation)
    const elements: string[] = []
    const ids: string[] = []
    const others: string[] = []
    for (const { what, receipt: { id, attempt }, ms } of settlements) {
      elements.push(`${attempt}:${id}`)
      ids.push(id)
      if (what !== 'ack') others.push(String(ids.length), what, String(ms))
    }
    const reply = await this.#run(queueTurn, this.#channel, this.#name, String(visibilityMs), maximum(maxAttempts), String(dedupeMs),
      packStrings(operations), packStrings(elements), packStrings(ids), packStrings(others), packStrings(claims.map(({ limit }) => String(limit))))
    const settled = settlements.map((_, index) => reply.number(index) === 1)
    let at = settlements.length
    const claimed = claims.map((): Claimed => {
      const count = reply.number(at)
      const from = at + 1
      at = from + (count === 0 ? 1 : 3 * count)
      return count === 0 ? nothingFrom(reply.number(from)) : itemsFrom(reply, from, at)
    })
    return { settled, claimed }
  }

  async #run (script: string, ...args: (string | Buffer)[]): Promise<Reply> {
    return new Reply(await this.#scripts.run(script, this.#keys, args))
  }
}

/** Lua reads no Infinity. */
function maximum (limit: number): string { return String(Math.min(limit, Number.MAX_SAFE_INTEGER)) }

function nothingFrom (nextInMs: number): NothingYet { return { nextInMs: nextInMs < 0 ? Infinity : nextInMs } }

function itemsFrom (reply: Reply, from: number, to: number): ClaimedItem[] {
  const items: ClaimedItem[] = []
  for (let at = from; at < to; at += 3) items.push({ id: reply.text(at), attempt: reply.number(at + 1), body: reply.bytes(at + 2) })
  return items
}
