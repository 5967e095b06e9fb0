import { setTimeout as delay } from 'node:timers/promises'

/** Takes the money for an order. */
export type Pay = (orderId: string, totalCents: number) => Promise<void>

/** How long a shop without a payment provider pretends that one takes. */
const PRETENDED_MS = 20
/** Nobody waits longer for a payment. */
const PAYMENT_TIMEOUT_MS = 800

export const pretendToPay: Pay = async () => { await delay(PRETENDED_MS) }

/** @param call guarded or not; an error of its own that has a status is thrown on, any other as 502 */
export function payAt (url: string, call: typeof fetch): Pay {
  return async (orderId, totalCents) => {
    try {
      const response = await call(`${url}/payments`, {
        method: 'POST',
        body: JSON.stringify({ orderId, totalCents }),
        headers: { 'content-type': 'application/json' },
        signal: AbortSignal.timeout(PAYMENT_TIMEOUT_MS)
      })
      await response.text()
      if (!response.ok) throw new Error(`it answered ${response.status}`)
    } catch (cause) {
      if (cause instanceof Error && 'statusCode' in cause) throw cause
      throw Object.assign(new Error('the payment was not taken', { cause }), { statusCode: 502 })
    }
  }
}
