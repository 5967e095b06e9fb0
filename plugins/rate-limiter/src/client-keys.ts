import type { RawRequest } from '@plimsoll/core'
import { addressKey } from './client-address.ts'
import type { AddressSource } from './client-address.ts'
import type { KeyHash } from './key-hash.ts'

/**
 * What tells clients apart: their address, a header, or a function, which is asked before routing and must be synchronous.
 * A request without the header, or for which the function returns nothing, counts under its address.
 */
export type KeySource = 'address' | { readonly header: string } | ((req: RawRequest) => string | undefined)

/** Kind of the keys that are addresses, see {@link KeyHash}. */
export const ADDRESS = 0

export interface ClientKeysPorts {
  readonly hash: KeyHash
  readonly address: AddressSource
  readonly ipv6Prefix: number
  /** By connection: most clients send more than one request on theirs. */
  readonly known: WeakMap<object, KnownClient>
  /** The function threw; its request counts under its address. */
  failed (error: unknown): void
}

/** The key of a connection's address, with its fingerprint. */
export interface KnownClient { readonly key: string, readonly low: number, readonly high: number }

/** Tells the client of one request after the other, without allocating: what it found stands in its fields until the next. */
export class ClientKeys {
  readonly source: KeySource
  /** Of the last request. */
  key: string = ''
  kind: number = ADDRESS
  low: number = 0
  high: number = 0
  readonly #kind: number
  readonly #ports: ClientKeysPorts

  /** @param kind {@link ADDRESS} for the addresses, another number for each other source */
  constructor (source: KeySource, kind: number, ports: ClientKeysPorts) {
    this.source = source
    this.#kind = kind
    this.#ports = ports
  }

  identify (req: RawRequest): void {
    const key = this.#ask(req)
    if (key === undefined) this.#byAddress(req)
    else this.#set(key, this.#kind)
  }

  /** As if a request of this key had come: for penalties, bans and looking. An address is brought into its form. */
  name (key: string): void {
    this.#set(this.#kind === ADDRESS ? addressKey(key, this.#ports.ipv6Prefix) : key, this.#kind)
  }

  #ask (req: RawRequest): string | undefined {
    const { source } = this
    if (source === 'address') return undefined
    let key: unknown
    if (typeof source === 'function') {
      try {
        key = source(req)
      } catch (error) {
        this.#ports.failed(error)
      }
    } else {
      key = req.headers[source.header]
    }
    return typeof key === 'string' && key !== '' ? key : undefined
  }

  #byAddress (req: RawRequest): void {
    const { address, ipv6Prefix, known: clients } = this.#ports
    const known = address.ofConnection ? clients.get(req.socket) : undefined
    if (known === undefined) {
      this.#set(addressKey(address.addressOf(req), ipv6Prefix), ADDRESS)
      if (address.ofConnection) clients.set(req.socket, { key: this.key, low: this.low, high: this.high })
    } else {
      this.key = known.key
      this.kind = ADDRESS
      this.low = known.low
      this.high = known.high
    }
  }

  #set (key: string, kind: number): void {
    const { hash } = this.#ports
    hash.of(key, kind)
    this.key = key
    this.kind = kind
    this.low = hash.low
    this.high = hash.high
  }
}
