import type { Notification } from '../notification.ts'
import type { Notifier } from './notifier.ts'
import { postJson } from './post.ts'

export interface SlackSettings extends Omit<Notifier, 'send' | 'type'> {
  readonly url: string
}

const COLOURS = { info: '#439fe0', warning: '#daa038', critical: '#d00000' } as const
const RESOLVED_COLOUR = '#2eb67d'
const MAX_LINES = 10

/** What Slack's incoming webhooks take, and Mattermost, Rocket.Chat, Discord (`/slack`) and Zulip with them. */
export function slackNotifier ({ url, ...settings }: SlackSettings): Notifier {
  return { ...settings, type: 'slack', send: (notification, signal) => postJson(url, JSON.stringify(slackMessage(notification)), {}, signal) }
}

export function slackMessage (notification: Notification): { readonly text: string, readonly attachments: readonly object[] } {
  const { status, severity, title, alerts, more, explains, runbook, fingerprint, startsAt, repeat } = notification
  const lines = alerts.slice(0, MAX_LINES).map(({ instance, summary }) => `• \`${escapeSlack(instance)}\` ${escapeSlack(summary)}`)
  const unlisted = alerts.length - lines.length + more
  if (unlisted > 0) lines.push(`… and ${unlisted} more`)
  if (explains.length > 0) lines.push(`Explains: ${escapeSlack(explains.join(', '))}`)
  if (status === 'firing' && runbook !== '') lines.push(`_${escapeSlack(runbook)}_`)
  return {
    text: escapeSlack(repeat > 0 ? `${title} (still, reminder ${repeat})` : title),
    attachments: [{
      color: status === 'resolved' ? RESOLVED_COLOUR : COLOURS[severity],
      text: lines.join('\n'),
      footer: `${severity} · ${fingerprint}`,
      ts: Math.floor(startsAt / 1000),
      mrkdwn_in: ['text']
    }]
  }
}

/** Slack's three: names of routes and breakers must not become links or mentions. */
function escapeSlack (text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
