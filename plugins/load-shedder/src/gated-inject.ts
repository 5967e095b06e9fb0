import { subscribe } from 'node:diagnostics_channel'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { FastifyInstance } from 'fastify'
import lightMyRequest from 'light-my-request'
import type { CallbackFunc, Chain, InjectOptions } from 'light-my-request'
import type { RawRequest, RawResponse } from '@plimsoll/core'
import type { Destination } from './gate-entry.ts'

/** Takes a request that `inject()` has made up. */
export type Entrance = (req: RawRequest, res: RawResponse, destination: Destination) => void

/** What decides, at the moment of the injection, where it goes. */
interface InjectGate {
  entrance: Entrance | undefined
}

const GATE = Symbol.for('@plimsoll/load-shedder.inject')

// At import: `app.register(plugin); await app.inject(…)` is called before the plugin has loaded.
subscribe('fastify.initialization', message => {
  if (hasInstance(message)) gateInject(message.fastify)
})

/**
 * Sends what is injected through `entrance` from now on. Fastify's own `inject` holds its handler in a closure, past
 * every listener of the server, so it is replaced on the root instance; children inherit it.
 *
 * @returns the way back
 */
export function openInject (root: FastifyInstance, entrance: Entrance): () => void {
  const gate = gateInject(root)
  gate.entrance = entrance
  return () => { gate.entrance = undefined }
}

/** Once an instance, whichever copy of this package comes first. */
function gateInject (root: FastifyInstance): InjectGate {
  const existing: InjectGate | undefined = Reflect.get(root, GATE)
  if (existing !== undefined) return existing
  const gate: InjectGate = { entrance: undefined }
  Reflect.set(root, GATE, gate)
  const fastifysOwn = root.inject
  const routing: Destination = { dispatch: (req, res) => { Reflect.apply(root.routing, root, [req, res]) }, bodyWithheld: false }
  let state: 'loading' | 'started' | 'closing' = 'loading'
  root.addHook('onReady', done => {
    state = 'started'
    done()
  })
  root.addHook('preClose', done => {
    state = 'closing'
    done()
  })

  function dispatch (req: IncomingMessage, res: ServerResponse): void {
    if (gate.entrance === undefined) routing.dispatch(req, res)
    else gate.entrance(req, res, routing)
  }

  function gatedInject (this: FastifyInstance, options: InjectOptions | string = {}, callback?: CallbackFunc): Chain | void {
    // Fastify answers with its own error.
    if (state === 'closing') return Reflect.apply(fastifysOwn, this, [options, callback])
    if (state === 'started') return callback === undefined ? lightMyRequest(dispatch, options) : lightMyRequest(dispatch, options, callback)
    if (callback === undefined) return lightMyRequest((req, res) => { this.ready(error => { error ? res.emit('error', error) : dispatch(req, res) }) }, options)
    this.ready(error => {
      if (error) callback(error, undefined)
      else lightMyRequest(dispatch, options, callback)
    })
  }

  Reflect.set(root, 'inject', gatedInject)
  return gate
}

function hasInstance (message: unknown): message is { readonly fastify: FastifyInstance } {
  return typeof message === 'object' && message !== null && 'fastify' in message
}
