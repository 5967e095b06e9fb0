import { request as httpRequest } from 'node:http'
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { ensureCore, PRIORITIES } from '@plimsoll/core'
import type { Priority } from '@plimsoll/core'

export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** A service that classifies each request ahead of Fastify, as a gate does. */
export interface Classified {
  readonly port: number
  /** Class of each request, in the order of arrival. */
  readonly classes: readonly Priority[]
  send (url: string, options?: { readonly method?: string, readonly headers?: Record<string, string>, readonly body?: string }): Promise<Answer>
  /** Sends a request and tells the class that it had before routing. */
  classOf (url: string, options?: { readonly method?: string, readonly headers?: Record<string, string> }): Promise<Priority>
}

/** Listens on a free port of 127.0.0.1. */
export async function classified (app: FastifyInstance): Promise<Classified> {
  const classes: Priority[] = []
  const core = ensureCore(app)
  app.server.prependListener('request', (req: IncomingMessage, res: ServerResponse) => {
    classes.push(PRIORITIES[core.priorities.classify(core.scopeOf(req, res))])
  })
  await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.address() as AddressInfo
  const send: Classified['send'] = (path, { method = 'GET', headers = {}, body } = {}) => new Promise((resolve, reject) => {
    const req = httpRequest({ host: '127.0.0.1', port, path, method, headers, agent: false }, (res) => {
      let text = ''
      res.setEncoding('utf8').on('data', (chunk: string) => { text += chunk })
      res.on('end', () => resolve({ status: res.statusCode ?? 0, headers: res.headers, body: text }))
    })
    req.on('error', reject).end(body)
  })
  return {
    port,
    classes,
    send,
    async classOf (url, options) {
      await send(url, options)
      return classes.at(-1) ?? 'normal'
    }
  }
}
