import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'
import type { RawRequest, RawResponse, RequestScope } from '@plimsoll/core'
import type { Destination } from './gate-entry.ts'

/** What stands in front of a server's listeners. */
export interface Doorkeeper {
  arrive (req: RawRequest, res: RawResponse, destination: Destination): void
  /** A connection has been accepted. */
  connected (): void
  /** Gives the request its class by the routes of this application; `false` where it has no such route. */
  knows (scope: RequestScope): boolean
  /** Whether one more upgraded connection is too many; counts it otherwise. */
  refusesUpgrade (socket: Socket): boolean
}

type Listener = Parameters<EventEmitter['on']>[1]

/** A server whose listeners have been taken over, and what brings them back. */
interface Taken { readonly server: EventEmitter, release (): void }

/** Gates of several applications can stand in front of one server object; registered globally for a second copy of this package. */
const DOORKEEPERS = Symbol.for('@plimsoll/load-shedder.doorkeepers')
const PASSED = Symbol.for('@plimsoll/load-shedder.passed')
const LISTENING = 'tracing:net.server.listen:asyncStart'
const UPGRADE_REFUSED = 'HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\n\r\n'

/**
 * Puts a doorkeeper in front of every server of an application. All its 'request' listeners are taken off and called
 * from the gate: Fastify's own, a wrapper's of socket.io or of a serverFactory, whatever stood there.
 */
export class GatedServers {
  readonly #doorkeeper: Doorkeeper
  readonly #routing: Listener
  readonly #taken: Taken[] = []
  #gates: readonly Doorkeeper[] = []

  /** @param routing Fastify's own listener, by which a second server of the same application is known */
  constructor (doorkeeper: Doorkeeper, routing: Listener) {
    this.#doorkeeper = doorkeeper
    this.#routing = routing
  }

  /** Whether other applications with a gate share the server: the one that stands in front decides for all of them. */
  get shared (): boolean { return this.#gates.length > 1 }

  /** Asks the other applications for the class of a request that this one has no route for. */
  knownToOthers (scope: RequestScope): boolean {
    return this.#gates.some(other => other !== this.#doorkeeper && other.knows(scope))
  }

  /** Takes the main server over, and from now on the second one that `listen({ host: 'localhost' })` opens. */
  open (server: EventEmitter): void {
    this.#take(server)
    this.#gates = gatesOf(server)
    subscribe(LISTENING, this.#onListening)
  }

  /** Gives the servers their listeners back. */
  close (): void {
    unsubscribe(LISTENING, this.#onListening)
    for (const { release } of this.#taken.splice(0)) release()
  }

  readonly #onListening = (message: unknown): void => {
    // The shape is Node's: see its documentation of the channel.
    const { server } = message as { readonly server: EventEmitter }
    if (server.rawListeners('request').includes(this.#routing)) this.#take(server)
  }

  #take (server: EventEmitter): void {
    const doorkeeper = this.#doorkeeper
    const requests = takeListeners(server, 'request')
    const continues = takeListeners(server, 'checkContinue')
    const requested: Destination = { dispatch: (req, res) => call(requests, server, req, res), bodyWithheld: false }
    const expecting: Destination = {
      dispatch (req, res) {
        if (continues.length > 0) return call(continues, server, req, res)
        res.writeContinue()
        call(requests, server, req, res)
      },
      bodyWithheld: true
    }
    const gates = gatesOf(server)
    gates.push(doorkeeper)
    const arrive = (req: RawRequest, res: RawResponse, destination: Destination): void => {
      if (gates.length > 1 && passedBefore(req)) destination.dispatch(req, res)
      else doorkeeper.arrive(req, res, destination)
    }
    const onRequest = (req: RawRequest, res: RawResponse): void => arrive(req, res, requested)
    const onContinue = (req: RawRequest, res: RawResponse): void => arrive(req, res, expecting)
    const onConnection = (): void => doorkeeper.connected()
    const onUpgrade = (_req: RawRequest, socket: Socket): void => {
      if (doorkeeper.refusesUpgrade(socket)) socket.end(UPGRADE_REFUSED).destroySoon()
    }
    server.on('request', onRequest)
    server.on('checkContinue', onContinue)
    server.on('connection', onConnection)
    // Without a listener Node serves an upgrade as a plain request; so must we not be the first to listen.
    if (server.listenerCount('upgrade') > 0) server.prependListener('upgrade', onUpgrade)
    this.#taken.push({
      server,
      release () {
        gates.splice(gates.indexOf(doorkeeper), 1)
        replaceListener(server, 'request', onRequest, requests)
        replaceListener(server, 'checkContinue', onContinue, continues)
        server.off('connection', onConnection)
        server.off('upgrade', onUpgrade)
      }
    })
  }
}

function takeListeners (server: EventEmitter, event: string): readonly Listener[] {
  const listeners = server.rawListeners(event).filter(isListener)
  server.removeAllListeners(event)
  return listeners
}

// Only where it still stands: who has wrapped it since holds it in a closure, and it lets everything pass by now.
function replaceListener (server: EventEmitter, event: string, own: Listener, saved: readonly Listener[]): void {
  if (!server.rawListeners(event).includes(own)) return
  server.off(event, own)
  for (const listener of saved) server.on(event, listener)
}

function isListener (listener: unknown): listener is Listener { return typeof listener === 'function' }

function call (listeners: readonly Listener[], server: EventEmitter, req: RawRequest, res: RawResponse): void {
  // By index: an iterator would be made for every request.
  for (let i = 0; i < listeners.length; i++) listeners[i]!.call(server, req, res)
}

function gatesOf (server: EventEmitter): Doorkeeper[] {
  const gates: Doorkeeper[] = Reflect.get(server, DOORKEEPERS) ?? []
  Reflect.set(server, DOORKEEPERS, gates)
  return gates
}

/** Marks the request as seen by a gate; says whether it had been. */
function passedBefore (req: RawRequest): boolean {
  if (Reflect.has(req, PASSED)) return true
  Reflect.set(req, PASSED, true)
  return false
}
