import { parseArgs } from 'node:util'

export interface BenchOptions {
  /** Sections to run; all when empty. */
  readonly only: readonly string[]
  readonly quick: boolean
  readonly json: string | undefined
}

/** @throws {Error} on a section that is none */
export function parseOptions (sections: readonly string[]): BenchOptions {
  const { values } = parseArgs({ options: { only: { type: 'string' }, quick: { type: 'boolean', default: false }, json: { type: 'string' } } })
  const only = values.only?.split(',') ?? []
  for (const name of only) if (!sections.includes(name)) throw new Error(`--only: ${name} is none of ${sections.join(', ')}`)
  return { only, quick: values.quick, json: values.json }
}
