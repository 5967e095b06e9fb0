import { findService, ServiceMissingError } from './find.ts'
import type { ServiceName } from './find.ts'

/** What skipWithout needs of a test. */
interface Skippable {
  readonly pass: (message: string, extra: { skip: string }) => unknown
}

/**
 * Provides the services a test needs; true means that one is missing, the test is marked as skipped and has to return.
 * @throws {ServiceMissingError} where CI=true: there nothing is skipped.
 */
export async function skipWithout (t: Skippable, ...names: readonly ServiceName[]): Promise<boolean> {
  for (const name of names) {
    try {
      await findService(name)
    } catch (error) {
      if (!(error instanceof ServiceMissingError) || process.env['CI'] === 'true') throw error
      console.error(`SKIPPED: ${error.message}`)
      t.pass(`needs ${name}`, { skip: error.message })
      return true
    }
  }
  return false
}
