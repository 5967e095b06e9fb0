/** Leave to make one call, to be settled once with the breaker that gave it. */
export class Permit {
  /** The breaker; `undefined` once it is settled. @internal */
  owner: object | undefined
  /** Of the breaker when the call was let through: a result of an earlier one is dropped. @internal */
  readonly generation: number
  /** Monotonic ms; {@link NOT_MEASURED} where nobody asks how long the call takes. @internal */
  readonly startedAt: number

  constructor (owner: object, generation: number, startedAt: number) {
    this.owner = owner
    this.generation = generation
    this.startedAt = startedAt
  }
}

export const NOT_MEASURED = -1
