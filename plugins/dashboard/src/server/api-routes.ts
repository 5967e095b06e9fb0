import type { AdminSurface, Component, Core, Json } from '@plimsoll/core'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { HistoryExchange } from '../cluster/history-exchange.ts'
import type { Snapshot } from '../view/snapshot.ts'
import { recordsIn } from '../view/snapshot.ts'
import { ALL } from '../view/view-builder.ts'
import type { ComponentDetail, View } from '../view/view.ts'
import { AFTER, HISTORY_INSTANCE, INSTANCE, LIMIT, OF, OWN_INSTANCE, RANGE, STEP } from './api-route.ts'
import type { ApiRoute } from './api-route.ts'
import { sendJson } from './compressed-json.ts'
import { heatmapOf, historyOf } from './history.ts'
import type { FramesOfAll, LiveViews } from './live-views.ts'
import { openApiDocument } from './openapi.ts'
import { historyIn, numberOf, rangeIn, selectedBy } from './query.ts'
import { streamViews } from './realtime-route.ts'
import { routesIn, upstreamsIn } from './traffic-answers.ts'

/** What the API is made from; the live part is there when the application is ready. */
export interface ApiSources {
  readonly core: Core
  readonly live: LiveViews
  readonly pool: FramesOfAll
  readonly exchange: Pick<HistoryExchange, 'ask'>
  /** Whether a route is the dashboard's own. */
  readonly isOwn: (route: string) => boolean
}

const MAX_ENTRIES = 1000
const DEFAULT_ENTRIES = 100

/** @param sources throws where nothing is to be shown */
export function addApiRoutes (admin: AdminSurface, sources: () => ApiSources): void {
  for (const { url, stream = false, answer, handler } of apiRoutes(sources)) {
    const answered = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => await sendJson(request, reply, await handler(request, reply))
    const schema = answer !== undefined && { schema: { response: { 200: { $ref: `api/performance/openapi.json#/components/schemas/${answer}` } } } }
    admin.route({ method: 'GET', url: `/api/performance${url}`, role: 'viewer', stream, ...schema, handler: stream ? handler : answered })
  }
}

/** Every endpoint below `/api/performance`. @param sources throws where nothing is to be shown */
function apiRoutes (sources: () => ApiSources): readonly ApiRoute[] {
  const current = async (request: FastifyRequest): Promise<View> => await sources().live.current(selectedBy(request))
  const routes: ApiRoute[] = [
    {
      url: '/realtime',
      summary: 'A view a second, as server-sent events: metrics (with an id), worker and alert',
      parameters: [INSTANCE],
      stream: true,
      handler: (request, reply) => { streamViews(sources().live, request, reply) }
    },
    {
      url: '/history',
      summary: 'Columns over time of one instance, with heatmap and marks where it is of the process',
      parameters: [...RANGE, STEP, OF, HISTORY_INSTANCE],
      answer: 'History',
      handler: async (request) => await historyOf(sources(), historyIn(request), selectedBy(request))
    },
    {
      url: '/heatmap',
      summary: 'How the latency of all requests of one instance was distributed over time',
      parameters: [...RANGE, STEP, HISTORY_INSTANCE],
      answer: 'Heatmap',
      handler: async (request) => await heatmapOf(sources(), historyIn(request), selectedBy(request))
    },
    {
      url: '/workers',
      summary: 'All instances',
      parameters: [],
      answer: 'Workers',
      async handler () {
        const { live, pool } = sources()
        const { instances } = await live.current(ALL)
        return { instances, silent: pool.silent() }
      }
    },
    {
      url: '/routes',
      summary: 'Routes by time spent in them: of this second, or with a range of whole minutes, of whom the answer says',
      parameters: [INSTANCE, ...RANGE],
      answer: 'Routes',
      async handler (request) {
        const { rows, ...rest } = await routesIn(sources(), rangeIn(request), selectedBy(request))
        return { ...rest, routes: rows }
      }
    },
    {
      url: '/upstreams',
      summary: 'Upstreams by requests: of this second, or with a range of whole minutes, of whom the answer says',
      parameters: [INSTANCE, ...RANGE],
      answer: 'Upstreams',
      async handler (request) {
        const { rows, ...rest } = await upstreamsIn(sources(), rangeIn(request), selectedBy(request))
        return { ...rest, upstreams: rows }
      }
    },
    {
      url: '/alerts',
      summary: 'Alerts that fire or are pending, of all instances; history, rules, silences and notifiers as the instance that answers knows them',
      parameters: [INSTANCE],
      answer: 'Alerts',
      async handler (request) {
        const { alerts } = await current(request)
        const snapshot = snapshotOf(sources().core, 'alerts')
        return { alerts, ...Object.fromEntries(['history', 'rules', 'silences', 'notifiers'].map((name) => [name, recordsIn(snapshot, name)])) }
      }
    },
    {
      url: '/components',
      summary: 'Everything that runs, with health and snapshot',
      parameters: [INSTANCE],
      answer: 'Components',
      handler: async (request) => ({ components: await componentsOf(sources(), selectedBy(request)) })
    },
    {
      url: '/journal',
      summary: 'What happened, oldest first, as the instance that answers has written it down',
      parameters: [AFTER, LIMIT, OWN_INSTANCE],
      answer: 'Journal',
      handler: (request) => journalOf(sources().core, request)
    },
    {
      url: '/configuration',
      summary: 'Effective options of every component of the instance that answers, with the source of each; secrets are masked',
      parameters: [],
      answer: 'Configuration',
      handler () {
        const { components, frames } = sources().core
        return { instance: frames.instance, components: components.list().map(({ kind, name }) => ({ kind, name, configuration: components.view(kind, name).configuration })) }
      }
    },
    {
      url: '/profiles',
      summary: 'What profilers have, where there are any',
      parameters: [INSTANCE],
      answer: 'Profiles',
      handler: async (request) => ({ profiles: (await componentsOf(sources(), selectedBy(request))).filter(({ kind }) => kind === 'profiler') })
    }
  ]
  const document: Json = openApiDocument(routes)
  return [...routes, { url: '/openapi.json', summary: 'This document', parameters: [], handler: () => document }]
}

async function componentsOf ({ live, pool }: ApiSources, of: string): Promise<ComponentDetail[]> {
  // Frames are there while somebody looks.
  await live.current(of)
  return pool.frames()
    .filter(({ frame, stale }) => of === ALL ? !stale : frame.instance === of)
    .flatMap(({ frame: { instance, components } }) => components.map((component) => ({ ...component, instance })))
}

function snapshotOf ({ components }: Core, kind: string): Snapshot {
  const component: Component | undefined = components.get(kind, kind)
  return component === undefined ? {} : components.snapshotOf(kind, kind)
}

function journalOf ({ journal, frames }: Core, request: FastifyRequest): unknown {
  const { instance } = frames
  const after = numberOf(request, 'after', Number.MAX_SAFE_INTEGER)
  const limit = Math.max(1, numberOf(request, 'limit', MAX_ENTRIES) ?? DEFAULT_ENTRIES)
  const own = [ALL, instance].includes(selectedBy(request))
  const entries = own ? journal.entries({ limit, ...(after !== undefined && { after }) }) : []
  return { instance, latest: journal.latest, entries: entries.map((entry) => ({ ...entry, instance })) }
}
