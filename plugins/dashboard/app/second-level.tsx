/** Everything that is not needed at first glance: a file of its own, which comes when somebody asks for a part of it. */
import type { JSX } from 'preact'
import type { PageName } from './state/place.ts'
import { AlertsPage } from './pages/alerts-page.tsx'
import { ComponentsPage } from './pages/components-page.tsx'
import { ConfigurationPage } from './pages/configuration-page.tsx'
import { InstancesPage } from './pages/instances-page.tsx'
import { JournalPage } from './pages/journal-page.tsx'
import { ProfilesPage } from './pages/profiles-page.tsx'
import { RoutesPage } from './pages/routes-page.tsx'
import { UpstreamsPage } from './pages/upstreams-page.tsx'
import { adoptStyle } from './styles/adopt.ts'
import style from './styles/pages.css'

export { ChartTable } from './pages/chart-table.tsx'
export { KeysDialog } from './pages/keys-dialog.tsx'

export const pages: { readonly [P in Exclude<PageName, 'overview'>]: () => JSX.Element } = {
  routes: () => <RoutesPage />,
  upstreams: () => <UpstreamsPage />,
  components: () => <ComponentsPage />,
  alerts: () => <AlertsPage />,
  journal: () => <JournalPage />,
  instances: () => <InstancesPage />,
  configuration: () => <ConfigurationPage />,
  profiles: () => <ProfilesPage />
}

adoptStyle(style)
