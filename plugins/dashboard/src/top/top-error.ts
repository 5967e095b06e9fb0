/** Why there is nothing to show, in one line for the operator. */
export class TopError extends Error {
  /** Trying again later won't help: nobody has to wait for it. */
  readonly final: boolean
  /** The service sheds load, and wishes to be asked again after so many milliseconds: now, of all times, somebody wants to see it. */
  readonly busyMs: number | undefined

  constructor (message: string, { final = false, busyMs }: { readonly final?: boolean, readonly busyMs?: number | undefined } = {}) {
    super(message)
    this.final = final
    this.busyMs = busyMs
  }
}

/** The command line makes no sense. */
export class UsageError extends Error {}
