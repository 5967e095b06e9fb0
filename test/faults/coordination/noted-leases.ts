import type { CoordinatorDriver, DriverSession } from '@plimsoll/core'
import type { ProcessLogWriter } from './process-log.ts'

/**
 * Writes down until when the store may keep this process's lease, before it is asked to: what is under way when the process is
 * killed still arrives.
 */
export function notingLeases (driver: CoordinatorDriver, log: ProcessLogWriter): CoordinatorDriver {
  const open = driver.openSession.bind(driver)
  return Object.assign(driver, {
    openSession: async (id: string, ttlMs: number): Promise<DriverSession> => {
      const note = (): void => { log.addNow({ kind: 'lease', end: log.now() + ttlMs, at: log.now() }) }
      note()
      const session = await open(id, ttlMs)
      const renew = session.renew.bind(session)
      return Object.assign(session, {
        renew: (...args: Parameters<DriverSession['renew']>) => {
          note()
          return renew(...args)
        }
      })
    }
  })
}
