import { ensureCore } from '@plimsoll/core'
import type { FastifyInstance } from 'fastify'
import { hostileProperties } from './hostile-json.ts'
import { hostileTexts } from './hostile-texts.ts'

/** What of the service itself can be hostile: a third party's components, routes, what is told to the journal. */
export function addHostileParts (app: FastifyInstance): void {
  const { components, journal } = ensureCore(app)
  for (const [i, text] of hostileTexts.entries()) {
    const name = text.slice(0, 100)
    // Not every name is one that core takes.
    attempt(() => components.register({
      kind: i % 2 === 0 ? 'hostile' : name,
      name,
      snapshot: () => ({ text, nested: hostileProperties(), list: [text, [text]], [name]: i }),
      health: () => i % 3 === 0 ? { status: 'degraded', reason: text } : { status: 'ok' },
      configuration: () => ({ [name]: { value: text, source: 'option' } }),
      controls: { [name]: { description: text, get: () => text, run: () => text } },
      tunables: { [name]: { description: text, unit: text.slice(0, 20), min: 0, max: 10, get: () => 1, set: () => {} } }
    }))
    attempt(() => journal.record({ component: name, event: name, severity: 'warning', message: text, data: { [name]: text } }))
  }
  app.get('/<img src=x onerror=alert(1) data-hostile>', () => 'hostile')
  app.get('/{{hostile}}"onload="alert(1)', () => 'hostile')
}

function attempt (register: () => void): void {
  try {
    register()
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'PLM_CORE_REGISTRATION_INVALID')) throw error
  }
}
