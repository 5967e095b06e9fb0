import { SessionLost } from '@plimsoll/core'
import type { DriverSession, Operation, Pulse } from '@plimsoll/core'

export interface RedisSessionPorts {
  readonly ttlMs: number
  /** `undefined`: the session is not alive. */
  readonly renew: (id: string, ttlMs: number, operations: readonly Operation[], followed: readonly string[]) => Promise<Pulse | undefined>
  readonly revoke: (id: string) => Promise<void>
}

export class RedisSession implements DriverSession {
  readonly id: string
  readonly pulse: Pulse
  readonly #ports: RedisSessionPorts

  constructor (id: string, pulse: Pulse, ports: RedisSessionPorts) {
    this.id = id
    this.pulse = pulse
    this.#ports = ports
  }

  async renew (operations: readonly Operation[], followed: readonly string[] = []): Promise<Pulse> {
    const pulse = await this.#ports.renew(this.id, this.#ports.ttlMs, operations, followed)
    if (pulse === undefined) throw new SessionLost(this.id)
    return pulse
  }

  async revoke (): Promise<void> { await this.#ports.revoke(this.id) }
}
