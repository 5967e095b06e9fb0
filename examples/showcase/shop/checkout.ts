import { createHmac, randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { catalogue } from './catalogue.ts'

export interface Line {
  readonly id: number
  readonly quantity: number
}

export interface Order {
  readonly orderId: string
  readonly totalCents: number
  /** Proof for the customer's receipt. */
  readonly signature: string
}

const secret = randomUUID()

/** How long the payment provider takes. The shop has none, so its answer is a timer. */
const PAYMENT_MS = 20

/** @throws RangeError naming the product that does not exist */
export async function checkout (lines: readonly Line[]): Promise<Order> {
  let totalCents = 0
  for (const { id, quantity } of lines) {
    const product = catalogue[id]
    if (product === undefined) throw new RangeError(`There is no product ${id}; the catalogue ends at ${catalogue.length - 1}.`)
    totalCents += product.priceCents * quantity
  }
  await delay(PAYMENT_MS)
  const orderId = randomUUID()
  return { orderId, totalCents, signature: createHmac('sha256', secret).update(`${orderId}:${totalCents}`).digest('hex') }
}
