import { createHmac, randomUUID } from 'node:crypto'
import { catalogue } from './catalogue.ts'
import type { Pay } from './payment.ts'

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

/** @throws RangeError naming the product that does not exist; what `pay` throws */
export async function checkout (lines: readonly Line[], pay: Pay): Promise<Order> {
  let totalCents = 0
  for (const { id, quantity } of lines) {
    const product = catalogue[id]
    if (product === undefined) throw new RangeError(`There is no product ${id}; the catalogue ends at ${catalogue.length - 1}.`)
    totalCents += product.priceCents * quantity
  }
  const orderId = randomUUID()
  await pay(orderId, totalCents)
  return { orderId, totalCents, signature: createHmac('sha256', secret).update(`${orderId}:${totalCents}`).digest('hex') }
}
