import type { JSX } from 'preact'
import type { AlertView } from '../../src/view/view.ts'
import { LevelIcon } from '../layout/level.tsx'
import { Panel } from '../layout/panel.tsx'
import { durationText } from '../state/format.ts'
import { view } from '../state/live.ts'
import { useSame } from '../state/use-same.ts'
import { hrefTo } from '../state/navigation.ts'
import { room } from './room.ts'

export function Alerts (): JSX.Element {
  const alerts = useSame(() => (view.value?.alerts ?? []).map((alert) => ({ ...alert, lasts: durationText((view.value?.at ?? 0) - alert.since) }))).value
  return (
    <Panel title='Alerts' href={hrefTo('alerts')} note={alerts.length > room.value.alerts ? `${room.value.alerts} of ${alerts.length}` : undefined}>
      {alerts.length === 0 && <p class='empty'>Nothing fires.</p>}
      <ul class='rows'>
        {alerts.slice(0, room.value.alerts).map((alert) => (
          <li key={`${alert.rule} ${alert.instance} ${alert.since}`}>
            <LevelIcon level={levelOfAlert(alert)} size={14} />
            <span class='name'>{alert.rule}</span>
            <small class='whose'>{alert.state} {alert.lasts}</small>
            <span class='says' title={alert.summary}>{alert.summary}</span>
          </li>
        ))}
      </ul>
    </Panel>
  )
}

export function levelOfAlert ({ state, severity }: Pick<AlertView, 'state' | 'severity'>): 'ok' | 'notice' | 'warning' | 'critical' {
  if (state === 'resolved') return 'ok'
  if (state === 'pending' || severity === 'info') return 'notice'
  return severity === 'critical' || severity === 'page' || severity === 'error' ? 'critical' : 'warning'
}
