import fp from 'fastify-plugin'
import type { FastifyInstance, FastifyPluginAsync } from 'fastify'
import { ensureCore } from '@plimsoll/core'

/** What is written between tags; everything that components say is untrusted. */
function escaped (text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}

/** Shows components that it has never heard of, and the journal. Needs of core: components, journal, health, admin. */
export const page: FastifyPluginAsync = fp(async (fastify: FastifyInstance): Promise<void> => {
  const { admin, components, health, journal } = ensureCore(fastify)
  admin.route({
    method: 'GET',
    url: '/page',
    role: 'viewer',
    handler (_request, reply) {
      const rows = components.list().map(({ kind, name }) => {
        const { health: { status, reason = '' }, snapshot, tunables, controls } = components.view(kind, name)
        const words = [kind, name, status, reason, JSON.stringify(snapshot), ...Object.keys(tunables), ...Object.keys(controls)]
        return `<tr>${words.map(word => `<td>${escaped(word)}</td>`).join('')}</tr>`
      })
      const lines = journal.entries({ limit: 20 }).map(({ component, message }) => `<li>${escaped(`${component}: ${message}`)}</li>`)
      return reply.type('text/html; charset=utf-8').send(`<h1>${health.ready ? 'ready' : 'not ready'}</h1><table>${rows.join('')}</table><ol>${lines.join('')}</ol>`)
    }
  })
}, { name: 'page' })
