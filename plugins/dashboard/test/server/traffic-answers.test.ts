import { ensureCore } from '@plimsoll/core'
import type { Core } from '@plimsoll/core'
import { fakeClock } from '@plimsoll/core/testing'
import Fastify from 'fastify'
import t from 'tap'
import { LiveViews } from '../../src/server/live-views.ts'
import type { FramesOfAll } from '../../src/server/live-views.ts'
import { routesIn, upstreamsIn } from '../../src/server/traffic-answers.ts'
import { classes, observed } from '../frames.ts'

const totals = {
  from: 0,
  to: 60_000,
  routes: [{ method: 'GET', route: '/', classes: classes({ '2xx': [600, 10] }) }, { method: 'GET', route: '/ops/dashboard/', classes: classes({ '2xx': [600, 10] }) }],
  upstreams: [{ origin: 'https://stock', classes: classes({ '2xx': [120, 10] }) }]
}

function sourcesWith (t: { teardown (task: () => unknown): void }, pool: Partial<FramesOfAll>): Parameters<typeof routesIn>[0] {
  const app = Fastify()
  const clock = fakeClock()
  const core: Core = ensureCore(app, { clock })
  t.teardown(() => app.close())
  const all: FramesOfAll = { look: () => () => {}, onInstances: () => () => {}, frames: () => [observed({ instance: 'other' })], silent: () => [], totals: () => totals, ...pool }
  return { core, pool: all, live: new LiveViews({ clock, pool: all, self: core.frames.instance }), isOwn: (route) => route.startsWith('/ops/') }
}

t.test('in a cluster a range is of all instances, without the dashboard\'s own routes', async (t) => {
  const sources = sourcesWith(t, {})
  t.match(await routesIn(sources, { from: 0 }, 'all'), { of: 'all', from: 0, to: 60_000, rows: [{ route: '/', requests: 10 }] })
  t.equal((await routesIn(sources, { from: 0 }, 'all')).rows.length, 1)
  t.match(await upstreamsIn(sources, { from: 0 }, 'all'), { of: 'all', rows: [{ origin: 'https://stock', requests: 2 }] })
})

t.test('of this instance, or before anything of all was summed up, it is its own history', async (t) => {
  const sources = sourcesWith(t, {})
  const { frames } = sources.core
  t.teardown(frames.keepHistory())
  t.equal((await routesIn(sources, { from: 0 }, frames.instance)).of, frames.instance)
  const none = sourcesWith(t, { totals: () => undefined })
  none.live.close()
  await t.rejects(upstreamsIn(none, { from: 0 }, 'all'), { code: 'PLM_DASHBOARD_NO_FRAME' }, 'and without one it is this second, which has to come')
  const alone = sourcesWith(t, { frames: () => [observed({ instance: sources.core.frames.instance })] })
  t.teardown(alone.core.frames.keepHistory())
  t.equal((await upstreamsIn(alone, { to: 5 }, 'all')).of, alone.core.frames.instance)
})
