import { integer, optionSpec, required, stringMap, text } from '@plimsoll/core'
import { InvalidOptionError } from './errors.ts'
import type { Exporter } from './exporter.ts'

export interface WebhookOptions {
  /** Takes a POST with the summary as JSON and answers 2xx. */
  readonly url: string
  /** Such as `authorization`. @default {} */
  readonly headers?: Readonly<Record<string, string>>
  /** Milliseconds between two summaries. @default 30000 */
  readonly intervalMs?: number
  /** For journal and metrics. @default 'webhook' */
  readonly name?: string
}

const spec = optionSpec<WebhookOptions>(InvalidOptionError, {
  url: required(text()),
  headers: stringMap(),
  intervalMs: integer({ min: 1000, max: 3_600_000, default: 30_000 }),
  name: text({ maxLength: 50, default: 'webhook' })
}, ({ url }) => URL.canParse(url) && /^https?:/.test(url) ? undefined : { option: 'url', right: 'give an http or https URL' })

/**
 * An exporter that posts each summary to a URL.
 * @throws PLM_MONITOR_INVALID_OPTION
 */
export function webhookExporter (options: WebhookOptions): Exporter {
  const { url, headers, intervalMs, name } = spec.resolve(options).values
  return {
    name,
    intervalMs,
    async export (summary, signal) {
      const response = await fetch(url, { method: 'POST', headers: { ...headers, 'content-type': 'application/json' }, body: JSON.stringify(summary), signal })
      // Unread, it would keep its connection.
      await response.body?.cancel()
      if (!response.ok) throw new Error(`it answered ${response.status}`)
    }
  }
}
