import type { CoordinatorDriver, QueueDriver, QueueLimits } from '@plimsoll/core'

/** Positive control: acknowledges an item whoever has it by now, as a queue without receipts does. */
export function withoutReceipts (driver: CoordinatorDriver): CoordinatorDriver {
  const native = driver.queue?.bind(driver)
  if (native === undefined) throw new Error(`${driver.name} has no queue of its own to take the receipts out of`)
  return Object.assign(driver, { queue: (name: string, limits: QueueLimits) => receiptless(native(name, limits)) })
}

const ATTEMPTS_AHEAD = 8

function receiptless (queue: QueueDriver | undefined): QueueDriver | undefined {
  if (queue === undefined) return undefined
  const ack = queue.ack.bind(queue)
  return Object.assign(queue, {
    ack: async (operation: string, { id, attempt }: { readonly id: string, readonly attempt: number }): Promise<boolean> => {
      for (let ahead = 0; ahead < ATTEMPTS_AHEAD; ahead++) {
        if (await ack(`${operation}.${ahead}`, { id, attempt: attempt + ahead })) return true
      }
      return false
    }
  })
}
