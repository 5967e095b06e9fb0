import createError from '@fastify/error'
import fastify, { type FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import plimsoll, { ADMISSION_ORDER, enabledControl, ensureCore, integer, optionSpec, PRIORITY_RANK, type Refusal, type ScopeListener, type SettleReason } from '@plimsoll/core'

interface DoormanOptions {
  /** Requests at work at a time. @default 100 */
  readonly limit?: number
}

const InvalidDoormanOptionError = createError<[string, string, string]>('DOORMAN_INVALID_OPTION', 'doorman option %s is %s; %s')
const spec = optionSpec<DoormanOptions>(InvalidDoormanOptionError, { limit: integer({ min: 1, max: 10_000, default: 100 }) })

/** A plugin of your own: refuses what is above a limit, unless it is critical. */
const doorman = fp(async (app: FastifyInstance, options: DoormanOptions) => {
  const core = ensureCore(app)
  const given = spec.resolve(options)
  let { limit } = given.values
  let enabled = true
  let working = 0
  const ended = new Map<SettleReason, number>()
  const full: Refusal = { by: 'doorman', reason: 'full', status: 503, retryAfter: () => 1 }
  const guest: ScopeListener<undefined> = {
    settled (_scope, reason) { ended.set(reason, (ended.get(reason) ?? 0) + 1) },
    workDone () { working-- }
  }

  core.admission.add({
    name: 'doorman',
    order: ADMISSION_ORDER.load,
    check (scope) {
      if (enabled && working >= limit && scope.priority > PRIORITY_RANK.critical) return full
      working++
      scope.watch(guest, undefined)
      return undefined
    }
  })
  core.components.register({
    kind: 'doorman',
    name: 'doorman',
    snapshot: () => ({ working, ended: Object.fromEntries(ended) }),
    health: () => working < limit ? { status: 'ok' } : { status: 'degraded', reason: `${working} requests at work, the limit is ${limit}` },
    controls: { enabled: enabledControl({ get: () => enabled, set: (value) => { enabled = value } }) },
    tunables: { limit: { description: 'Requests at work at a time', unit: 'requests', min: 1, max: 10_000, get: () => limit, set: (value) => { limit = value } } },
    configuration: () => spec.configuration(given, limit === given.values.limit ? {} : { limit })
  })
  core.metrics.register({
    name: 'doorman_ended_requests_total',
    help: 'Requests that were let in, by how they ended',
    type: 'counter',
    labels: ['reason'],
    collect (report) { for (const [reason, count] of ended) report.value(count, reason) }
  })
}, { name: 'doorman', fastify: '5.x' })

const app = fastify()
// Local and short-lived, so anybody may do anything; a real service gives `bearerAuth({ tokens })` or a function of its own.
app.register(plimsoll, { admin: { prefix: '/plimsoll', auth: () => ({ user: 'example', role: 'operator' }) } })
app.register(doorman, { limit: 1 })
app.get('/slow', async () => await new Promise((resolve) => { setTimeout(resolve, 200, 'done') }))
app.get('/pay', { config: { priority: 'critical' } }, async () => 'paid')

const url = await app.listen({ host: '127.0.0.1', port: 0 })
async function show (path: string, init?: RequestInit): Promise<void> {
  const response = await fetch(`${url}${path}`, init)
  console.log(path, response.status, (await response.text()).split('\n').filter((line) => !line.startsWith('# ') && !line.startsWith('plimsoll_')).join(' '))
}

const slow = show('/slow')
// Once the first is at work, the second is one too many; what is critical is let in.
while (app.plimsoll.scopes.inFlight === 0) await new Promise(setImmediate)
await show('/slow')
await show('/pay')
await slow
await show('/plimsoll/components/doorman/doorman', { method: 'POST', headers: { 'x-plimsoll-request': '1', 'content-type': 'application/json' }, body: '{"tunable":"limit","value":50}' })
await show('/plimsoll/components/doorman/doorman')
await show('/plimsoll/metrics')
await show('/plimsoll/journal')
await app.close()
