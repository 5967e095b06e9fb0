import { createHmac } from 'node:crypto'
import type { Notification } from '../notification.ts'
import type { Notifier } from './notifier.ts'
import { postJson } from './post.ts'

export interface WebhookSettings extends Omit<Notifier, 'send' | 'type'> {
  readonly url: string
  /** Key of the signature; unsigned without. */
  readonly secret: string | undefined
  readonly headers: Readonly<Record<string, string>>
}

/**
 * The notification as JSON, signed as Standard Webhooks say (standardwebhooks.com): HMAC-SHA256 over `id.timestamp.body` in
 * `webhook-signature`, so that libraries of theirs verify it, and old ones can't be sent again by somebody else.
 */
export function webhookNotifier ({ url, secret, headers, ...settings }: WebhookSettings, wallTime: () => number): Notifier {
  const key = secret === undefined ? undefined : signingKey(secret)
  return {
    ...settings,
    type: 'webhook',
    async send (notification, signal) {
      const body = JSON.stringify(notification)
      await postJson(url, body, { ...headers, ...identity(notification, wallTime()), ...(key && signature(notification.id, wallTime(), body, key)) }, signal)
    }
  }
}

/** `whsec_…` is base64, as the standard has it; anything else is taken as it is. */
function signingKey (secret: string): Buffer {
  return secret.startsWith('whsec_') ? Buffer.from(secret.slice('whsec_'.length), 'base64') : Buffer.from(secret)
}

function identity ({ id, fingerprint }: Notification, now: number): Record<string, string> {
  return { 'webhook-id': id, 'webhook-timestamp': String(Math.floor(now / 1000)), 'x-plimsoll-fingerprint': fingerprint }
}

function signature (id: string, now: number, body: string, key: Buffer): Record<string, string> {
  const signed = createHmac('sha256', key).update(`${id}.${Math.floor(now / 1000)}.${body}`).digest('base64')
  return { 'webhook-signature': `v1,${signed}` }
}
