import type { ClaimedItem, NothingYet, QueueDriver, QueueItem, QueueLimits, QueueStats, Receipt } from '@plimsoll/core'
import { bytesOf } from './entry-codec.ts'
import { MicrotaskBatch } from './microtask-batch.ts'
import type { Namespace } from './namespace.ts'
import { Reply } from './reply.ts'
import type { ScriptRunner } from './script-runner.ts'
import { queueClaim } from './scripts/queue-claim.ts'
import { queueDead } from './scripts/queue-dead.ts'
import { queuePush } from './scripts/queue-push.ts'
import { queueRevive } from './scripts/queue-revive.ts'
import { queueSettle } from './scripts/queue-settle.ts'
import { queueStats } from './scripts/queue-stats.ts'
import type { Subscriptions } from './subscriptions.ts'

export interface RedisQueuePorts {
  readonly namespace: Namespace
  readonly scripts: ScriptRunner
  readonly subscriptions: Subscriptions
}

interface Push { readonly operation: string, readonly items: readonly QueueItem[], readonly delayMs: number }
interface Settlement { readonly operation: string, readonly what: 'ack' | 'extend' | 'release', readonly receipt: Receipt, readonly ms: number }

/** Operations of one kind in one script. */
const BATCH = 128

/** A queue in Lua: every operation is O(log n), and what a dead consumer held comes back inside the next claim. */
export class RedisQueue implements QueueDriver {
  readonly #name: string
  readonly #limits: QueueLimits
  readonly #keys: readonly string[]
  readonly #channel: string
  readonly #scripts: ScriptRunner
  readonly #subscriptions: Subscriptions
  readonly #listeners = new Set<() => void>()
  readonly #pushes = new MicrotaskBatch<Push, number>((pushes) => this.#push(pushes), BATCH)
  readonly #settlements = new MicrotaskBatch<Settlement, number>((settlements) => this.#settle(settlements), BATCH)
  #stop: (() => void) | undefined

  constructor (name: string, limits: QueueLimits, { namespace, scripts, subscriptions }: RedisQueuePorts) {
    this.#name = name
    this.#limits = limits
    this.#keys = namespace.queue(name)
    this.#channel = namespace.channel('ready')
    this.#scripts = scripts
    this.#subscriptions = subscriptions
  }

  async push (operation: string, items: readonly QueueItem[], delayMs: number): Promise<boolean> {
    return await this.#pushes.add({ operation, items, delayMs }) === 1
  }

  async claim (operation: string, limit: number): Promise<readonly ClaimedItem[] | NothingYet> {
    const reply = await this.#run(queueClaim, operation, String(limit), String(this.#limits.visibilityMs), maximum(this.#limits.maxAttempts))
    const next = reply.numberOrNone(0)
    if (next === undefined) return itemsFrom(reply, 1)
    return { nextInMs: next < 0 ? Infinity : next }
  }

  async ack (operation: string, receipt: Receipt): Promise<boolean> {
    return await this.#settlements.add({ operation, what: 'ack', receipt, ms: 0 }) === 1
  }

  async extend (operation: string, receipt: Receipt, ms: number): Promise<boolean> {
    return await this.#settlements.add({ operation, what: 'extend', receipt, ms }) === 1
  }

  async release (operation: string, receipt: Receipt, delayMs: number): Promise<boolean> {
    return await this.#settlements.add({ operation, what: 'release', receipt, ms: delayMs }) === 1
  }

  async stats (): Promise<QueueStats> {
    const reply = await this.#run(queueStats)
    return { ready: reply.number(0), leased: reply.number(1), delayed: reply.number(2), dead: reply.number(3), oldestMs: reply.number(4) }
  }

  async dead (limit: number): Promise<readonly ClaimedItem[]> {
    return itemsFrom(await this.#run(queueDead, String(limit)), 0)
  }

  async revive (operation: string, id: string): Promise<boolean> {
    return await this.#scripts.run(queueRevive, this.#keys, [this.#channel, this.#name, maximum(this.#limits.maxLength), operation, id]) === 1
  }

  onReady (listener: () => void): () => void {
    this.#listeners.add(listener)
    this.#stop ??= this.#subscriptions.listen('ready', (message) => { if (message.toString() === this.#name) this.#wake() })
    return () => {
      this.#listeners.delete(listener)
      if (this.#listeners.size > 0) return
      this.#stop?.()
      this.#stop = undefined
    }
  }

  async #push (pushes: readonly Push[]): Promise<readonly number[]> {
    const reply = await this.#run(queuePush, this.#channel, this.#name, maximum(this.#limits.maxLength), String(pushes.length), ...pushes.flatMap(({ operation, items, delayMs }) => [
      operation,
      String(delayMs),
      String(items.length),
      ...items.flatMap(({ id, deduplicate, body }) => [id, deduplicate ? '1' : '0', bytesOf(body)])
    ]))
    return pushes.map((_, index) => reply.number(index))
  }

  async #settle (settlements: readonly Settlement[]): Promise<readonly number[]> {
    const reply = await this.#run(queueSettle, this.#channel, this.#name, String(this.#limits.dedupeMs), String(settlements.length), ...settlements.flatMap(({ operation, what, receipt, ms }) => [
      operation, what, receipt.id, String(receipt.attempt), String(ms)
    ]))
    return settlements.map((_, index) => reply.number(index))
  }

  async #run (script: string, ...args: (string | Buffer)[]): Promise<Reply> {
    return new Reply(await this.#scripts.run(script, this.#keys, args))
  }

  #wake (): void {
    for (const listener of [...this.#listeners]) listener()
  }
}

/** Lua reads no Infinity. */
function maximum (limit: number): string { return String(Math.min(limit, Number.MAX_SAFE_INTEGER)) }

function itemsFrom (reply: Reply, from: number): ClaimedItem[] {
  const items: ClaimedItem[] = []
  for (let at = from; at < reply.length; at += 3) items.push({ id: reply.text(at), attempt: reply.number(at + 1), body: reply.bytes(at + 2) })
  return items
}
