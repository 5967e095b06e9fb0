import { AddressSet } from '@plimsoll/core'
import type { RawRequest } from '@plimsoll/core'
import type { AddressOf } from './client-address.ts'

/** Whether this client is meant; asked of each request, before routing. */
export type ClientTest = (req: RawRequest) => boolean

export interface ClientListPorts {
  readonly addressOf: AddressOf
  /** The function threw; its answer counts as no. */
  failed (error: unknown): void
}

/** Clients that are listed by their addresses, or by a function of the application's. */
export class ClientList {
  readonly #test: ClientTest | undefined
  readonly #addresses: AddressSet
  readonly #ports: ClientListPorts
  /** Whether anybody can be on it. */
  readonly any: boolean

  constructor (clients: readonly string[] | ClientTest, ports: ClientListPorts) {
    this.#test = typeof clients === 'function' ? clients : undefined
    this.#addresses = new AddressSet(typeof clients === 'function' ? [] : clients)
    this.#ports = ports
    this.any = typeof clients === 'function' || clients.length > 0
  }

  has (req: RawRequest): boolean {
    if (this.#test === undefined) return this.#addresses.has(this.#ports.addressOf(req))
    try {
      return this.#test(req) === true
    } catch (error) {
      this.#ports.failed(error)
      return false
    }
  }
}
