import { ABSENT, generationOf, revisionOf } from '@plimsoll/core'

/** The highest revision that this instance has seen: a server that knows only less has lost what came after. */
export class RevisionSeen {
  #revision: bigint = ABSENT

  get revision (): bigint { return this.#revision }

  see (revision: bigint): bigint {
    if (revision > this.#revision) this.#revision = revision
    return revision
  }

  /** Generation and counter, as scripts take them. */
  args (): [generation: string, counter: string] {
    return [String(generationOf(this.#revision)), String(counterOf(this.#revision))]
  }
}

/** As scripts compare it. */
export function revisionText (revision: bigint): string {
  return revision === ABSENT ? '0' : `${generationOf(revision)}:${counterOf(revision)}`
}

function counterOf (revision: bigint): bigint { return revision - revisionOf(generationOf(revision), 0) }
