// The little of it that is used here, so that this type checks without its being installed.
declare module '@fastify/circuit-breaker' {
  import type { FastifyPluginAsync, preHandlerAsyncHookHandler } from 'fastify'

  const plugin: FastifyPluginAsync<{ readonly threshold?: number, readonly timeout?: number, readonly resetTimeout?: number }>
  export default plugin
  export type Guard = () => preHandlerAsyncHookHandler
}
