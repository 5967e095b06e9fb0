import type { JSX } from 'preact'
import { byWord } from '../../src/view/by-word.ts'
import type { Mark } from '../../src/view/view.ts'
import { cursorAt } from '../charts/chart-frame.ts'
import { LevelIcon } from '../layout/level.tsx'
import { Panel } from '../layout/panel.tsx'
import { isoText, timeText } from '../state/format.ts'
import { marks } from '../state/live.ts'
import { hrefTo } from '../state/navigation.ts'
import { keyOf } from '../state/marks.ts'
import { inLines } from './in-lines.ts'
import { room } from './room.ts'

/** The marks on the charts, in words; newest first. Pointing at one shows where it is. */
export function RecentEvents (): JSX.Element {
  const newest = inLines(marks.value.slice(-room.value.events).reverse(), room.value.events, ({ component, text }) => `${component} ${text}`)
  return (
    <Panel title='Recent events' href={hrefTo('journal')}>
      {newest.length === 0 && <p class='empty'>Nothing happened.</p>}
      <ul class='rows events'>
        {newest.map((mark) => (
          <li key={keyOf(mark)} class='whole' onPointerEnter={() => { cursorAt.value = mark.at }} onPointerLeave={() => { cursorAt.value = undefined }}>
            <LevelIcon level={LEVELS[mark.severity]} size={14} />
            <time dateTime={isoText(mark.at)}>{timeText(mark.at)}</time>
            <span class='says' title={`${mark.component}: ${mark.text}`}>{!namesItself(mark) && <><b class='name'>{mark.component}</b> </>}{mark.text}</span>
          </li>
        ))}
      </ul>
    </Panel>
  )
}

const LEVELS: { readonly [S in Mark['severity']]: 'notice' | 'warning' | 'critical' } = byWord({ info: 'notice', warning: 'warning', error: 'critical' })

/** "circuit http://stock: closed to open" need not say that it is of circuit-breaker/circuit-breakers. */
function namesItself ({ component, text }: Mark): boolean {
  const [first = ''] = text.split(/\W/, 1)
  return component.split(/\W/).includes(first.toLowerCase())
}
