import fastify, { type FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import plimsoll, { ensureCore, type RequestScope, type ScopeListener } from '@plimsoll/core'

/** A plugin of your own: counts requests by how they ended, and shows it wherever Plimsoll shows its own. */
const endings = fp(async (app: FastifyInstance) => {
  const core = ensureCore(app)
  const counts: Record<string, number> = {}
  const listener: ScopeListener<undefined> = {
    settled (_scope: RequestScope, reason) { counts[reason] = (counts[reason] ?? 0) + 1 }
  }
  app.addHook('onRequest', (request, reply, done) => {
    core.scopeOf(request.raw, reply.raw).watch(listener, undefined)
    done()
  })
  const leave = core.components.register({ kind: 'endings', name: 'endings', snapshot: () => counts, health: () => ({ status: 'ok' }) })
  app.addHook('onClose', async () => leave())
}, { name: 'endings', fastify: '5.x' })

const app = fastify()
// Local and short-lived, so anybody may look; a real service gives `bearerAuth({ tokens })` or a function of its own.
app.register(plimsoll, { admin: { prefix: '/plimsoll', auth: () => ({ user: 'example', role: 'viewer' }) } })
app.register(endings)
app.get('/', async () => 'hello')

const url = await app.listen({ host: '127.0.0.1', port: 0 })
await fetch(url)
await fetch(`${url}/nowhere`)
for (const path of ['readyz', 'components/endings/endings', 'journal']) {
  const response = await fetch(`${url}/plimsoll/${path}`)
  console.log(path, response.status, await response.text())
}
await app.close()
