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
    return itemsFrom(await this.#run(queueDead, String(limit)), 0)
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
    const settling: string[] = []
    for (const { operation, what, receipt, ms } of settlements) settling.push(operation, what, receipt.id, String(receipt.attempt), String(ms))
    const claiming: string[] = []
    for (const { operation, limit } of claims) claiming.push(operation, String(limit))
    const reply = await this.#run(queueTurn, this.#channel, this.#name, String(visibilityMs), maximum(maxAttempts), String(dedupeMs), packStrings(settling), packStrings(claiming))
    return {
      settled: settlements.map((_, index) => reply.number(index) === 1),
      claimed: claims.map((_, index) => claimedFrom(reply.list(settlements.length + index)))
    }
  }

  async #run (script: string, ...args: (string | Buffer)[]): Promise<Reply> {
    return new Reply(await this.#scripts.run(script, this.#keys, args))
  }
}

/** Lua reads no Infinity. */
function maximum (limit: number): string { return String(Math.min(limit, Number.MAX_SAFE_INTEGER)) }

function claimedFrom (reply: Reply): Claimed {
  const next = reply.numberOrNone(0)
  if (next === undefined) return itemsFrom(reply, 1)
  return { nextInMs: next < 0 ? Infinity : next }
}

function itemsFrom (reply: Reply, from: number): ClaimedItem[] {
  const items: ClaimedItem[] = []
  for (let at = from; at < reply.length; at += 3) items.push({ id: reply.text(at), attempt: reply.number(at + 1), body: reply.bytes(at + 2) })
  return items
}
