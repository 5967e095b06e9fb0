import type { Notification } from '../notification.ts'
import type { Notifier } from './notifier.ts'

/** Takes a notification: returning or resolving is "taken", throwing or rejecting is "try again". */
export type NotifyFunction = (notification: Notification, signal: AbortSignal) => unknown

export interface FunctionSettings extends Omit<Notifier, 'send' | 'type'> {
  readonly notify: NotifyFunction
}

export function functionNotifier ({ notify, ...settings }: FunctionSettings): Notifier {
  return { ...settings, type: 'function', async send (notification, signal) { await notify(notification, signal) } }
}
