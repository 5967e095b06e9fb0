import type { CapacityDriver } from './capacity-driver.ts'
import type { Link } from './link.ts'
import type { QueueDriver } from './queue-driver.ts'
import type { QuotaDriver } from './quota-driver.ts'

/** A backend's own queue, with the bound on every wait and the retries of a lost answer that commits have. */
export function linkedQueue (link: Link, queue: QueueDriver): QueueDriver {
  return {
    push: (operation, items, delayMs) => link.mutate((id) => queue.push(id, items, delayMs), operation),
    claim: (operation, limit) => link.mutate((id) => queue.claim(id, limit), operation),
    ack: (operation, receipt) => link.mutate((id) => queue.ack(id, receipt), operation),
    extend: (operation, receipt, ms) => link.mutate((id) => queue.extend(id, receipt, ms), operation),
    release: (operation, receipt, delayMs) => link.mutate((id) => queue.release(id, receipt, delayMs), operation),
    stats: () => link.call(() => queue.stats(), false),
    dead: (limit) => link.call(() => queue.dead(limit), false),
    revive: (operation, id) => link.mutate((mutation) => queue.revive(mutation, id), operation),
    onReady: (listener) => queue.onReady(listener)
  }
}

export function linkedCapacity (link: Link, capacity: CapacityDriver): CapacityDriver {
  return {
    report: (operation, report) => link.mutate((id) => capacity.report(id, report), operation),
    leave: (operation, session) => link.mutate((id) => capacity.leave(id, session), operation),
    onChange: (listener) => capacity.onChange(listener)
  }
}

export function linkedQuota (link: Link, quota: QuotaDriver): QuotaDriver {
  return { take: (operation, key, tokens, rate) => link.mutate((id) => quota.take(id, key, tokens, rate), operation) }
}
