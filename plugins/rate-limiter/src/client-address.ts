import type { RawRequest } from '@plimsoll/core'
import type { FastifyInstance } from 'fastify'
import ipaddr from 'ipaddr.js'

/** The address of the client, `undefined` where the connection has none (a Unix socket). */
export type AddressOf = (req: RawRequest) => string | undefined

/** Whether an address is that of the connection, whatever the request says, and may be kept with it. */
export interface AddressSource {
  readonly ofConnection: boolean
  readonly addressOf: AddressOf
}

/**
 * The address that Fastify will show as `request.ip`, before there is a request: the connection's, or what its `trustProxy`
 * makes of the forwarding headers. It is asked of Fastify itself, so that the two can't differ.
 */
export function addressSource (root: FastifyInstance): AddressSource {
  const ip = ipGetter(root)
  if (ip === undefined || !trustsProxies(root)) return { ofConnection: true, addressOf: req => req.socket.remoteAddress }
  return {
    ofConnection: false,
    addressOf (req) {
      const address: unknown = Reflect.apply(ip, { raw: req, headers: req.headers }, [])
      return typeof address === 'string' ? address : undefined
    }
  }
}

/**
 * One key for each client: IPv4 as it is, also where it comes mapped into IPv6; IPv6 by its first `ipv6Prefix` bits, since a
 * client has all addresses of its network. What is no address is its own key.
 */
export function addressKey (address: string | undefined, ipv6Prefix: number): string {
  if (address === undefined || !address.includes(':')) return address ?? ''
  if (!ipaddr.isValid(address)) return address
  const parsed = ipaddr.process(address)
  if (parsed.kind() === 'ipv4') return parsed.toString()
  const bytes = parsed.toByteArray().map((byte, i) => byte & (0xff << Math.min(8, Math.max(0, 8 * (i + 1) - ipv6Prefix))))
  return `${ipaddr.fromByteArray(bytes).toString()}/${ipv6Prefix}`
}

/** The getter of `ip` on the class of requests that Fastify has made for this application. */
function ipGetter (root: FastifyInstance): (() => unknown) | undefined {
  const Request = internal(root, 'fastify.Request')
  let prototype: unknown = typeof Request === 'function' ? Request.prototype : undefined
  while (typeof prototype === 'object' && prototype !== null) {
    const getter = Reflect.getOwnPropertyDescriptor(prototype, 'ip')?.get
    if (getter !== undefined) return getter
    prototype = Object.getPrototypeOf(prototype)
  }
  return undefined
}

function trustsProxies (root: FastifyInstance): boolean {
  const options = internal(root, 'fastify.options')
  return typeof options === 'object' && options !== null && Boolean(Reflect.get(options, 'trustProxy'))
}

function internal (root: FastifyInstance, description: string): unknown {
  const keys = Reflect.ownKeys(root).filter(key => typeof key === 'symbol' && key.description === description)
  return keys.map(key => Reflect.get(root, key))[0]
}
