import type { onErrorHookHandler } from 'fastify'
import type { RequestScopes } from './request-scopes.ts'

/**
 * Fastify's `handlerTimeout` answers for a handler that runs on, and no later event tells that it ended: its work is
 * leased. Only for applications that use it.
 */
export function handlerTimeoutHook (scopes: Pick<RequestScopes, 'peek'>): onErrorHookHandler {
  return function plimsollHandlerTimeout (request, _reply, error, done) {
    // Without a scope nobody holds anything for this request.
    if (error.code === 'FST_ERR_HANDLER_TIMEOUT') scopes.peek(request.raw)?.outliveAnswer()
    done()
  }
}
