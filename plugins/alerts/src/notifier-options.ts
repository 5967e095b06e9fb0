import { accepted, integer, oneOf, optionSpec, stringMap, text } from '@plimsoll/core'
import type { OptionCheck, OptionSpec } from '@plimsoll/core'
import { InvalidOptionError } from './errors.ts'
import { functionNotifier } from './notifiers/function.ts'
import type { NotifyFunction } from './notifiers/function.ts'
import type { Notifier } from './notifiers/notifier.ts'
import { slackNotifier } from './notifiers/slack.ts'
import { webhookNotifier } from './notifiers/webhook.ts'
import type { Severity } from './rule.ts'

interface CommonNotifierOptions {
  /** Unique; in metrics, journal and `notifier-dead`. @default its type */
  readonly name?: string
  /** Less severe notifications are not for it. @default 'info' */
  readonly minSeverity?: Severity
  /** Milliseconds that an attempt may take. @default 10000 */
  readonly timeoutMs?: number
  /** Notifications that wait at a time; beyond it the oldest is given up. @default 100 */
  readonly maxQueued?: number
}

/** Posts each notification as JSON. */
export interface WebhookOptions extends CommonNotifierOptions {
  readonly type: 'webhook'
  readonly url: string
  /** Signs each request (HMAC-SHA256, Standard Webhooks): at least 16 characters; `whsec_…` is base64. @default none: unsigned */
  readonly secret?: string
  /** Static headers, such as `authorization`. @default {} */
  readonly headers?: Readonly<Record<string, string>>
}

/** Posts to an incoming webhook of Slack, or of what understands the same. */
export interface SlackOptions extends CommonNotifierOptions {
  readonly type: 'slack'
  readonly url: string
}

/** Calls a function. */
export interface FunctionOptions extends CommonNotifierOptions {
  readonly type: 'function'
  readonly notify: NotifyFunction
}

export type NotifierOptions = WebhookOptions | SlackOptions | FunctionOptions

/** As resolved: what a type does not have is `undefined`. */
export interface NotifierValues {
  readonly type: NotifierOptions['type']
  readonly name: string | undefined
  readonly minSeverity: Severity
  readonly timeoutMs: number
  readonly maxQueued: number
  readonly url: string | undefined
  readonly secret: string | undefined
  readonly headers: Readonly<Record<string, string>>
  readonly notify: NotifyFunction | undefined
}

interface AnyNotifierOptions extends CommonNotifierOptions {
  readonly type?: NotifierOptions['type']
  readonly url?: string
  readonly secret?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly notify?: NotifyFunction
}

const MIN_SECRET_LENGTH = 16
const SEVERITIES: readonly Severity[] = ['info', 'warning', 'critical']

const notifier: OptionSpec<AnyNotifierOptions, NotifierValues> = optionSpec<AnyNotifierOptions, NotifierValues>(InvalidOptionError, {
  type: typeOption(),
  name: text({ maxLength: 60 }),
  minSeverity: oneOf(SEVERITIES, { default: 'info' }),
  timeoutMs: integer({ min: 1, max: 300_000, default: 10_000 }),
  maxQueued: integer({ min: 1, max: 10_000, default: 100 }),
  // An address of Slack's is a secret: who has it can post.
  url: text({ maxLength: 2000, secret: true }),
  secret: text({ secret: true }),
  headers: { ...stringMap(), show: () => '***' },
  notify: accepted((given): given is NotifyFunction => typeof given === 'function', 'give a function (notification, signal)')
}, ({ type, url, secret, headers, notify }) => {
  const posts = type !== 'function'
  if (posts && !(url !== undefined && isHttpUrl(url))) return { option: 'url', right: 'give an address that begins with https:// or http://' }
  if (!posts && url !== undefined) return { option: 'url', right: 'leave it out: a function has no address' }
  if (posts && notify !== undefined) return { option: 'notify', right: `leave it out, or give the type function: ${type} posts to an address` }
  if (!posts && notify === undefined) return { option: 'notify', right: 'give a function (notification, signal)' }
  if (type !== 'webhook' && secret !== undefined) return { option: 'secret', right: 'leave it out: only webhooks are signed' }
  if (secret !== undefined && secret.length < MIN_SECRET_LENGTH) return { option: 'secret', right: `give at least ${MIN_SECRET_LENGTH} characters` }
  if (type !== 'webhook' && Object.keys(headers).length > 0) return { option: 'headers', right: 'leave it out: only webhooks take headers' }
  return undefined
})

export const notifierOption: OptionCheck<NotifierValues> = notifier.nested()

export function makeNotifier ({ type, name = type, url = '', secret, headers, notify, ...limits }: NotifierValues, wallTime: () => number): Notifier {
  const settings = { name, ...limits }
  if (notify !== undefined) return functionNotifier({ ...settings, notify })
  return type === 'slack' ? slackNotifier({ ...settings, url }) : webhookNotifier({ ...settings, url, secret, headers }, wallTime)
}

function typeOption (): OptionCheck<NotifierOptions['type']> {
  const known = oneOf(['webhook', 'slack', 'function'])
  return { read: (given, path, refuse) => known.read(given, path, refuse) ?? refuse(path, given, 'give one of webhook, slack, function') }
}

function isHttpUrl (url: string): boolean {
  return URL.canParse(url) && ['http:', 'https:'].includes(new URL(url).protocol)
}
