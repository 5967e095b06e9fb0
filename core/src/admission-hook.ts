import { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import type { FastifyReply, FastifyRequest, onRequestHookHandler } from 'fastify'
import type { Admission } from './admission.ts'
import type { Clock } from './clock.ts'
import type { Priorities } from './priorities.ts'
import type { RawRequest, RawResponse } from './raw.ts'
import type { Refusal } from './refusal.ts'
import { answerOf, retryAfterOf } from './refuse.ts'
import type { RequestScope } from './request-scope.ts'
import type { RouteTable } from './routes.ts'
import { bodyIsLong, canLinger, drain } from './unwanted-body.ts'

/**
 * Answers in place of the route when a request was refused: something cheaper, under the route's own hooks and errors.
 * What it returns is sent; returning nothing means that it has used `reply` itself.
 */
export type DegradeHandler = (request: FastifyRequest, reply: FastifyReply, refusal: Refusal) => unknown

interface Ports {
  readonly clock: Clock
  readonly admission: Admission
  readonly priorities: Priorities
  readonly routes: RouteTable
  readonly scopes: { lazily (req: RawRequest, res: RawResponse): RequestScope }
}

/**
 * The one hook of core's: runs the admission checks where no gate does, answers the requests that a gate has passed on
 * for their route's `degrade` handler, and learns the routes that core was imported too late to see.
 */
export function admissionHook (ports: Ports): onRequestHookHandler {
  const { admission, priorities, routes, scopes } = ports
  return function plimsollAdmission (request, reply, done) {
    if (!routes.complete) routes.learn(request)
    const scope = scopes.lazily(request.raw, reply.raw)
    if (scope.refusal !== undefined) return degrade(ports, request, reply, scope.refusal)
    if (admission.gated || admission.checks.length === 0) return done()
    priorities.classify(scope)
    const refusal = admission.check(scope)
    return refusal === undefined ? done() : refuseRouted(ports, request, reply, refusal)
  }
}

/**
 * Refuses a request that Fastify has routed, in place of its handler: for an onRequest hook, which then calls no `done`.
 * The route's `degrade` handler answers where there is one, otherwise the refusal does, with the headers that `reply` has
 * already. Some of a body that nobody wants is read, as {@link refuse} does.
 *
 * @param core `ensureCore(fastify)`
 */
export function refuseRouted (core: Pick<Ports, 'clock' | 'admission' | 'priorities' | 'scopes'>, request: FastifyRequest, reply: FastifyReply, refusal: Refusal): void {
  const { admission, priorities, scopes } = core
  const scope = scopes.lazily(request.raw, reply.raw)
  priorities.classify(scope)
  if (admission.degrade(scope, refusal)) return degrade(core, request, reply, refusal)
  scope.refusal = refusal
  admission.refusals.count(refusal)
  answer(core, reply, refusal)
}

function degrade (ports: Pick<Ports, 'clock' | 'admission'>, request: FastifyRequest, reply: FastifyReply, refusal: Refusal): void {
  const handler = request.routeOptions.config.degrade
  // A gate may have marked it by a route of the same pattern that has one.
  if (handler === undefined) return answer(ports, reply, refusal)
  const failed = (error: unknown): void => {
    request.log.error({ err: error }, 'the degrade handler of this route failed')
    if (!reply.sent) answer(ports, reply, refusal)
  }
  const send = (result: unknown): void => { if (result !== undefined && result !== reply && !reply.sent) reply.send(result) }
  try {
    const result = handler(request, reply, refusal)
    if (result instanceof Promise) result.then(send).catch(failed)
    else send(result)
  } catch (error) {
    failed(error)
  }
}

/** Through Fastify's reply, so that the application's own onSend hooks and log see it; never by throwing. */
function answer (ports: Pick<Ports, 'clock' | 'admission'>, reply: FastifyReply, refusal: Refusal): void {
  const { raw } = reply
  const { body, fields } = answerOf(refusal, ports.admission.headers)
  const seconds = retryAfterOf(refusal)
  reply.code(refusal.status).headers(fields)
  if (seconds > 0) reply.header('retry-after', String(seconds))
  const req: RawRequest = raw.req
  if (req instanceof IncomingMessage && bodyIsLong(req) && canLinger(req)) {
    // Sent as a stream that ends only when the unwanted body was dealt with: the response's end closes the connection.
    const held = new Readable({ read () {} })
    held.push(body)
    drain(req, ports.clock, () => { held.push(null) })
    reply.header('connection', 'close').send(held)
  } else {
    reply.send(body)
  }
}
