import { useComputed } from '@preact/signals'
import type { JSX } from 'preact'
import { byWord } from '../../src/view/by-word.ts'
import type { Diagnosis } from '../../src/view/view.ts'
import { durationText } from '../state/format.ts'
import { LEVEL_WORDS } from '../state/levels.ts'
import { view } from '../state/live.ts'
import { useSame } from '../state/use-same.ts'
import { hrefTo } from '../state/navigation.ts'
import { LevelIcon } from '../layout/level.tsx'

/** The sentence: what is wrong, and why. Its text changes only when it says something else, so that it is read aloud once. */
export function Status (): JSX.Element {
  const level = useComputed(() => view.value?.status.level ?? 'none')
  const sentence = useComputed(() => view.value?.status.sentence ?? 'Waiting for the first second…')
  return (
    <section class={`status is-${level.value}`}>
      <LevelIcon level={level.value} />
      <p role='status' aria-label='Status'>
        <strong>{level.value === 'none' ? '' : LEVEL_WORDS[level.value]}</strong> <span>{sentence}</span>
      </p>
      <Evidence />
    </section>
  )
}

function Evidence (): JSX.Element | null {
  const status = useSame(() => {
    const { at = 0, status: { since = null, cause, evidence } = {} } = view.value ?? {}
    return { lasts: since === null ? '' : durationText(at - since), cause, evidence }
  }).value
  if (status.cause === undefined || status.evidence === undefined || (status.lasts === '' && status.evidence.length === 0)) return null
  return (
    <dl class='evidence'>
      {status.lasts !== '' && <div><dt>for</dt><dd>{status.lasts}</dd></div>}
      <Cause cause={status.cause} />
      {status.evidence.map(({ label, value }) => <div key={label}><dt>{label}</dt><dd>{value}</dd></div>)}
    </dl>
  )
}

const CAUSE_PAGES = byWord({ route: 'routes', upstream: 'upstreams', component: 'components', instance: 'instances' })

function Cause ({ cause }: { readonly cause: Diagnosis['cause'] }): JSX.Element | null {
  if (cause.kind === 'none') return null
  if (cause.kind === 'unknown' || cause.kind === 'traffic') return <div><dt>cause</dt><dd>{cause.kind}</dd></div>
  const name = cause.instance === null || cause.instance === cause.name ? cause.name : `${cause.name} on ${cause.instance}`
  return <div><dt>{cause.kind}</dt><dd>{cause.kind === 'client' ? name : <a href={hrefTo(CAUSE_PAGES[cause.kind], { of: cause.name })}>{name}</a>}</dd></div>
}
