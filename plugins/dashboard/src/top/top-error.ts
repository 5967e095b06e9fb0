/** Why there is nothing to show, in one line for the operator. */
export class TopError extends Error {
  /** Trying again later won't help: nobody has to wait for it. */
  readonly final: boolean

  constructor (message: string, { final = false }: { readonly final?: boolean } = {}) {
    super(message)
    this.final = final
  }
}

/** The command line makes no sense. */
export class UsageError extends Error {}
