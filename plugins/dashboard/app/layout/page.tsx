import { useSignalEffect } from '@preact/signals'
import type { JSX } from 'preact'
import { Overview } from '../overview/overview.tsx'
import { headline } from '../state/live.ts'
import { place } from '../state/navigation.ts'
import { flow } from '../state/stream.ts'
import { viewer } from '../state/viewer.ts'
import { Banner } from './banner.tsx'
import { Header } from './header.tsx'
import { Keys } from './keys.tsx'
import { Later } from './later.tsx'
import { loadSecondLevel } from './second-level-loader.ts'

/** When the first view has long been drawn. */
const PREFETCH_MS = 3000

export function Page (): JSX.Element {
  const { page } = place.value
  // Not at the first click: by then the service may be gone, and the page is looked at because of that.
  useSignalEffect(() => {
    if (flow.value !== 'live') return
    const timer = setTimeout(loadSecondLevel, PREFETCH_MS)
    return () => { clearTimeout(timer) }
  })
  useSignalEffect(() => { document.title = [headline.value, titleOf(place.value.page), viewer.service].filter((part) => part !== '').join(' · ') })
  return (
    <>
      <a class='skip' href='#main' onClick={(event) => { event.preventDefault(); document.getElementById('main')?.focus() }}>To the content</a>
      <Header />
      <Banner />
      <main id='main' tabIndex={-1} data-stale={flow.value === 'stale' ? 'true' : undefined} class={`on-${page}`}>
        <h1 class='unseen'>{titleOf(page)}</h1>
        {page === 'overview' ? <Overview /> : <Later key={page} show={({ pages }) => pages[page]()} />}
      </main>
      <Keys />
    </>
  )
}

function titleOf (page: string): string { return page[0]?.toUpperCase() + page.slice(1) }
