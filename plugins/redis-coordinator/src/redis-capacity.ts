import type { CapacityDriver, Clock, ShareGrant, ShareReport, WatchBatch } from '@plimsoll/core'
import type { Namespace } from './namespace.ts'
import { readFields } from './netstring.ts'
import { Reply } from './reply.ts'
import type { ScriptRunner } from './script-runner.ts'
import { capacityLeave } from './scripts/capacity-leave.ts'
import { capacityReport } from './scripts/capacity-report.ts'

export interface RedisCapacityPorts {
  readonly namespace: Namespace
  readonly scripts: ScriptRunner
  readonly clock: Clock
  /** What holders of a session that has ended have to bring permits back. */
  readonly graceMs: number
}

/** Sessions that hold a part of one capacity at a time, at most. */
const MAX_HOLDERS = 1_024

/** What was last reported and answered. */
interface Known {
  readonly session: string
  readonly wants: number
  readonly floor: number
  readonly granted: number
  readonly total: number
  /** What it was last known to be entitled to. */
  share: number
}

/** A capacity in Lua: a grant is O(log n), and a message tells every instance whether it is concerned. */
export class RedisCapacity implements CapacityDriver {
  readonly #name: string
  readonly #keys: readonly string[]
  readonly #channel: string
  readonly #ports: RedisCapacityPorts
  readonly #listeners = new Set<() => void>()
  #known: Known | undefined
  /** Of the last report. */
  #session: string | undefined
  #reporting = false

  constructor (name: string, ports: RedisCapacityPorts) {
    this.#name = name
    this.#keys = ports.namespace.capacity(name)
    this.#channel = ports.namespace.channel('shares')
    this.#ports = ports
  }

  async report (operation: string, report: ShareReport): Promise<ShareGrant | undefined> {
    const { session, wants, has, inUse, total, floor, carriedUntil } = report
    const carried = this.#ports.clock.now() < carriedUntil
    this.#session = session
    this.#reporting = true
    const answer = await this.#ports.scripts.run(capacityReport, this.#keys, [
      this.#channel, this.#name, operation, session, ...[wants, has, inUse, total, floor].map(String),
      carried ? '1' : '0', String(this.#ports.graceMs), String(MAX_HOLDERS)
    ]).finally(() => { this.#reporting = false })
    if (answer === null) return undefined
    const reply = new Reply(answer)
    const againInMs = reply.numberOrNone(3)
    const grant = { granted: reply.number(0), total: reply.number(1), target: reply.number(2), ...(againInMs === undefined ? {} : { againInMs }) }
    this.#known = { session, wants, floor, granted: grant.granted, total: grant.total, share: grant.target }
    return grant
  }

  async leave (operation: string, session: string): Promise<void> {
    this.#known = undefined
    await this.#ports.scripts.run(capacityLeave, this.#keys, [this.#channel, this.#name, operation, session])
  }

  onChange (listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => { this.#listeners.delete(listener) }
  }

  /** A message of the script `capacity`, of any name: version, name, session, total, level, bound, room, cut. */
  heard (fields: Reply): void {
    if (fields.text(1) !== this.#name || fields.text(2) === this.#session) return
    const known = this.#known
    // The answer on its way may be older than this.
    if (known === undefined || this.#reporting) {
      this.tell()
      return
    }
    const share = fairShare(known, fields)
    const news = fields.number(3) !== known.total || fields.text(7) === '1'
    const shrinks = share < known.granted && share !== known.share
    const grows = share > known.granted && fields.number(6) > 0
    known.share = share
    if (news || shrinks || grows) this.tell()
  }

  /** Something may have changed that no message told of. */
  tell (): void {
    for (const listener of [...this.#listeners]) listener()
  }
}

/** By the level, as the script `capacity` has it. */
function fairShare ({ session, wants, floor }: Known, fields: Reply): number {
  const level = fields.number(4)
  const oneMore = wants > level && floor <= level && session <= fields.text(5)
  return Math.max(floor, Math.min(wants, level)) + Number(oneMore)
}

/** `undefined` for what is no such message. */
export function sharesMessage (message: Buffer): { readonly version: number, readonly fields: Reply } | undefined {
  try {
    const fields = new Reply(readFields(message))
    return fields.length === 8 ? { version: fields.number(0), fields } : undefined
  } catch {
    return undefined
  }
}

/** Whether a session ended in it: its permits come back after the grace. */
export function endsSession ({ changes }: WatchBatch): boolean {
  return changes.some(({ key, entry }) => entry === null && key.startsWith('live/'))
}
