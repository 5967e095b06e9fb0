import { revisionOf } from '@plimsoll/core'
import type { Commit, CommitResult, Entry, Operation, Pulse, WatchBatch } from '@plimsoll/core'
import { readFields } from './netstring.ts'
import { Reply } from './reply.ts'
import { revisionText } from './revision-seen.ts'
import type { Argument } from './script-runner.ts'

/** Operations as the script `entries` reads them: their number, then each. */
export function operationArgs (operations: readonly Operation[]): Argument[] {
  return [String(operations.length), ...operations.flatMap((operation): Argument[] => {
    if ('delete' in operation) return ['delete', operation.delete]
    const { put, value, ttlMs, session = '' } = operation
    return ['put', put, bytesOf(value), ttlMs === undefined ? '' : String(ttlMs), session]
  })]
}

export function commitArgs ({ id, checks, operations }: Commit): Argument[] {
  const checked = checks.flatMap((check): Argument[] => {
    if ('key' in check) return ['key', check.key, revisionText(check.revision)]
    return 'session' in check ? ['session', check.session] : ['calm']
  })
  return [id, String(checks.length), ...checked, ...operationArgs(operations)]
}

/** ioredis sends Buffers as they are, and anything else as text. */
function bytesOf (value: Uint8Array): Buffer {
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength)
}

/** From `at` on: value, counter, session or '', milliseconds to the expiry or ''. */
export function entryFrom (reply: Reply, at: number, key: string, generation: number): Entry {
  const session = reply.text(at + 2)
  const expiresInMs = reply.numberOrNone(at + 3)
  return {
    key,
    value: reply.bytes(at),
    revision: revisionOf(generation, reply.number(at + 1)),
    ...(session === '' ? {} : { session }),
    ...(expiresInMs === undefined ? {} : { expiresInMs })
  }
}

export function commitResultFrom (reply: Reply): CommitResult {
  if (reply.text(0) === 'ok') return { ok: true, revision: revisionOf(reply.number(1), reply.number(2)) }
  const reason = reply.text(1)
  if (reason !== 'conflict') return { ok: false, reason: reason === 'session' ? 'session' : 'quarantine' }
  const key = reply.text(2)
  return { ok: false, reason, key, ...(reply.length > 4 ? { current: entryFrom(reply, 4, key, reply.number(3)) } : {}) }
}

export function pulseFrom (reply: Reply): Pulse {
  return { revision: revisionOf(reply.number(0), reply.number(1)), serverTime: reply.number(2), quarantineMs: reply.number(3) }
}

/** A message of the script `entries`: generation, counters before and after, then for each change key, kind, and its value. */
export function batchFrom (message: Buffer): WatchBatch {
  const reply = new Reply(readFields(message))
  const generation = reply.number(0)
  const changes: { readonly key: string, readonly entry?: Entry | null }[] = []
  for (let at = 3; at < reply.length;) {
    const key = reply.text(at)
    const kind = reply.text(at + 1)
    if (kind === 'value') changes.push({ key, entry: entryFrom(reply, at + 2, key, generation) })
    else changes.push(kind === 'deleted' ? { key, entry: null } : { key })
    at += kind === 'value' ? 6 : 2
  }
  return { after: revisionOf(generation, reply.number(1)), revision: revisionOf(generation, reply.number(2)), changes }
}
