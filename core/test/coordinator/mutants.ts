/** A fault put into the shipped source: where it stands, what it says there, and what it says instead. */
export interface Mutant {
  readonly name: string
  /** In `src/coordinator/`. */
  readonly file: string
  readonly find: string
  readonly replace: string
  /** The conformance case that must turn red. */
  readonly case?: number
  /** Whether the simulation must find it within a thousand seeds. */
  readonly simulation?: boolean
  /** The simulation takes hundreds of seeds: only `npm run faults -- coordination-mutants` waits for it. */
  readonly rare?: boolean
}

export const mutants: readonly Mutant[] = [
  // Drivers.
  { name: 'a ttl runs out early', file: 'local-store.ts', find: 'Infinity : now + operation.ttlMs', replace: 'Infinity : now + operation.ttlMs / 2', case: 3 },
  { name: 'a write keeps the ttl of the last one', file: 'local-store.ts', find: 'operation.ttlMs === undefined ? Infinity', replace: 'operation.ttlMs === undefined ? this.#entries.get(key)?.expiresAt ?? Infinity', case: 4 },
  { name: 'creating is not checked', file: 'local-store.ts', find: 'if ((current?.revision ?? ABSENT) === check.revision) return', replace: 'if (check.revision === ABSENT || current?.revision === check.revision) return', case: 7 },
  { name: 'only the first check of a commit counts', file: 'local-store.ts', find: 'for (const check of checks) {', replace: 'for (const check of checks.slice(0, 1)) {', case: 38 },
  { name: 'a prefix shows the keys behind it', file: 'sorted-keys.ts', find: 'if (!key.startsWith(prefix)) return', replace: '', case: 10 },
  { name: 'an operation id is forgotten', file: 'operation-memory.ts', find: 'return this.#outcomes.get(id)?.result', replace: 'return id === undefined ? this.#outcomes.get(id)?.result : undefined', case: 84, simulation: true },
  { name: 'a refusal is not remembered', file: 'operation-memory.ts', find: 'this.#outcomes.set(id, { result, at: now })', replace: 'if (result.ok) this.#outcomes.set(id, { result, at: now })', case: 84 },
  { name: 'revoking a session leaves its entries', file: 'local-store.ts', find: 'this.#apply([...session.keys].map', replace: 'this.#apply([].map', case: 13 },
  { name: 'an unknown session is renewed', file: 'local-store.ts', find: 'if (session === undefined) return false', replace: 'if (session === undefined) return true', case: 15 },
  { name: 'a put under a dead session is taken', file: 'local-store.ts', find: 'if (!this.#sessionsAlive(operations)) return', replace: 'if (this.#sessions.size < 0) return', case: 12 },
  { name: 'there is no quarantine', file: 'local-store.ts', find: 'this.#calmAt = this.#clock.now() + quarantineMs', replace: 'this.#calmAt = 0 * quarantineMs', case: 65, simulation: true },
  { name: 'new data has the generation of the old', file: 'local-store.ts', find: 'this.#generation = Math.max(this.#generation + 1, Math.floor(this.#clock.wallTime()))', replace: 'this.#generation += 0', case: 67 },
  // Leases.
  { name: 'an expired lease still holds', file: 'tenure.ts', find: '!this.#over && this.#clock.now() < this.#deadline', replace: '!this.#over', case: 23, simulation: true },
  { name: 'a lease counts from the answer, without a margin', file: 'instance-session.ts', find: 'tenure.extend(sentAt + validityOf(this.#timings.ttlMs))', replace: 'tenure.extend(this.#clock.now() + this.#timings.ttlMs)', case: 16, simulation: true, rare: true },
  { name: 'reported health is never sent', file: 'registry.ts', find: 'this.#stored === this.#reported) return []', replace: 'this.#stored === this.#reported || this.#reported > 0) return []', case: 33 },
  { name: 'an id may be taken twice', file: 'registry.ts', find: '[{ key: keys.instance(this.#ports.id), revision: ABSENT }]', replace: '[{ key: keys.instance(this.#ports.id + ABSENT), revision: ABSENT }]', case: 34 },
  { name: 'a claim of the id whose answer was lost is taken for another\'s', file: 'registry.ts', find: 'result.ok || result.current?.session === mine.session', replace: 'result.ok', simulation: true },
  // Elections.
  { name: 'the epoch is reused', file: 'election.ts', find: 'const epoch = Math.max(epochOf(stored) + 1, Math.floor(serverTime()), Number(highestEpoch()) + 1)', replace: 'const epoch = Math.max(1, 0 * serverTime() * Number(highestEpoch()))', case: 19 },
  { name: 'the epoch is not above what others have seen', file: 'election.ts', find: 'Math.floor(serverTime()), Number(highestEpoch()) + 1)', replace: 'Math.floor(serverTime()), 0 * Number(highestEpoch()))', case: 68 },
  { name: 'the fence is not checked', file: 'key-value.ts', find: 'if (fence !== undefined) checks.push(fenceCheck(fence, this.#scope))', replace: 'if (fence !== undefined) fenceCheck(fence, this.#scope)', case: 24, simulation: true },
  { name: 'a resignation is kept to oneself', file: 'election.ts', find: 'link.commit([{ key, revision }], [{ delete: key }], operation)', replace: 'link.commit([{ key, revision }], [], operation)', case: 20 },
  { name: 'the quarantine does not hold elections up', file: 'election.ts', find: '        { calm: true },\n', replace: '', case: 65 },
  { name: 'a take whose answer was lost is left to itself', file: 'election.ts', find: 'result = await this.#settle(tenure, () => link.cancel(operation))', replace: 'result = { ok: false, reason: \'session\' }', simulation: true },
  { name: 'a lost leadership is campaigned for while its task runs on', file: 'election.ts', find: 'else await task(leadership)', replace: 'else await Promise.race([task(leadership), new Promise((resolve) => { leadership.signal.addEventListener(\'abort\', resolve) })])', case: 82 },
  { name: 'a follower does not learn that the leader renews', file: 'coordinator.ts', find: 'this.#leases.learn(followed, pulse.remainingMs)', replace: 'this.#leases.learn([], pulse.remainingMs)', case: 86 },
  { name: 'only another record ends a leadership', file: 'election.ts', find: 'if (entry?.revision !== leadership.fence.revision) leadership.end()', replace: 'if (entry !== undefined && entry.revision > leadership.fence.revision) leadership.end()', case: 88 },
  // Queues.
  { name: 'the receipt is ignored', file: 'commit-queue.ts', find: 'return [{ key: this.#key(\'i\', place), revision: itemRevision }, { key: this.#key(\'h\', place), revision: holdRevision }]', replace: 'return [{ key: this.#key(\'i\', place), revision: itemRevision }].slice(holdRevision === 0n ? 0 : 1)', case: 38, simulation: true },
  { name: 'what a dead consumer held never comes back', file: 'commit-queue.ts', find: 'value: LEASE, ttlMs: this.#limits.visibilityMs }', replace: 'value: LEASE }', case: 37 },
  { name: 'attempts are not counted', file: 'commit-queue.ts', find: 'attempt: candidate.item.attempt + 1', replace: 'attempt: 1', case: 41, simulation: true },
  { name: 'the maximum length is not looked at', file: 'commit-queue.ts', find: 'if (length + items > this.#limits.maxLength) return false', replace: '', case: 42 },
  { name: 'the id of an acknowledged item is forgotten', file: 'commit-queue.ts', find: '...(item.deduplicate ? [{ put: this.#key(\'k\', item.id), value: LEASE, ttlMs: this.#limits.dedupeMs }] : [])', replace: '{ delete: this.#key(\'k\', item.id) }', case: 43 },
  { name: 'a push wakes nobody', file: 'watch-hub.ts', find: 'if (batch.changes.some(({ key }) => key.startsWith(prefix))) listener()', replace: 'if (batch.changes.length < 0) listener(prefix)', case: 44 },
  { name: 'a buffered item may be there twice', file: 'distributed-queue.ts', find: 'deduplicate: id !== undefined || this.#bufferMax > 0', replace: 'deduplicate: id !== undefined', case: 76 },
  { name: 'an idle consumer looks all the time', file: 'distributed-queue.ts', find: 'pauseMs: Math.min(claimed.nextInMs, this.#options.visibilityMs)', replace: 'pauseMs: Math.min(claimed.nextInMs, pollMs)', case: 87 },
  { name: 'a push that was not heard of is never looked for', file: 'watch-hub.ts', find: 'if (revision !== this.#joined) this.#nudgeAll()', replace: 'if (revision < 0n) this.#nudgeAll()', case: 89 },
  // Capacity.
  { name: 'the sum is not checked', file: 'commit-capacity.ts', find: 'Math.max(0, total - others))', replace: 'total + 0 * others)', case: 51, simulation: true },
  { name: 'the remainder of the rounding is kept', file: 'fair-share.ts', find: 'const one = rest > 0 &&', replace: 'const one = rest < 0 &&', case: 54, simulation: true },
  { name: 'the highest total rules', file: 'commit-capacity.ts', find: 'total = Math.min(total, holder.total)', replace: 'total = Math.max(total, holder.total)', case: 73 },
  { name: 'there is no grace', file: 'commit-capacity.ts', find: '?? Infinity) >= this.#graceMs', replace: '?? Infinity) >= 0 * this.#graceMs', case: 71, simulation: true },
  { name: 'permits are given without a lease', file: 'capacity-share.ts', find: 'this.#tenure !== undefined && this.#tenure.isHeld() && ', replace: '', case: 55 },
  { name: 'nobody is told that the lease is lost', file: 'capacity-share.ts', find: 'lost.abort()', replace: 'lost.signal.throwIfAborted()', case: 71, simulation: true, rare: true },
  { name: 'what was held when the data was lost is not reported', file: 'capacity-share.ts', find: '? this.#leaseUntil : 0', replace: '? 0 : 0', case: 66 },
  { name: 'a record is written over one that came after it was read', file: 'commit-capacity.ts', find: '        { key: this.#key, revision },\n', replace: '        { key: this.#key, revision: this.#record?.revision ?? revision },\n', simulation: true, rare: true },
  { name: 'what is given back is still used until the answer', file: 'capacity-share.ts', find: 'this.#granted = Math.min(this.#granted, Math.max(this.#keeps(), this.#inUse - this.#base))', replace: 'const keep = this.#granted; queueMicrotask(() => { this.#granted = keep }); this.#granted = Math.min(this.#granted, Math.max(this.#keeps(), this.#inUse - this.#base))', simulation: true },
  // Watches, rates, lost answers, degraded mode.
  { name: 'a watch loses the last change', file: 'watch-hub.ts', find: 'if (behind) this.#relist(watched)', replace: 'if (behind && revision < 0n) this.#relist(watched)', case: 79 },
  { name: 'a gap between pushes is not seen', file: 'mirror.ts', find: 'if (batch.after !== this.revision) return false', replace: '', simulation: true },
  { name: 'deletions that were missed are never told', file: 'mirror.ts', find: 'if (!present.has(key)) this.#change(key, undefined, revision)', replace: 'if (!present.has(key)) continue', case: 59, simulation: true },
  { name: 'optimism has no bound', file: 'quota.ts', find: 'const admitted = bucket.debt + tokens <= this.#batch() &&', replace: 'const admitted = tokens > 0 ||', case: 74 },
  { name: 'a lost answer counts as not applied', file: 'link.ts', find: 'ms`, { ambiguous: mutation }', replace: 'ms`, { ambiguous: mutation && timeoutMs < 0 }', case: 77 },
  { name: 'writes wait for a backend that is away', file: 'link.ts', find: 'if (!this.open) return', replace: 'if (!this.open && mutation === undefined) return', case: 75 },
  { name: 'it warns again and again', file: 'coordinator.ts', find: 'if (this.#warned) return', replace: '', case: 61 }
]
