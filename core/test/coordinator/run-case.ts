// Runs conformance cases by number against the local driver; prints `red <number> <why>` or `green <number>`.
import { conformanceCases, runCase } from '../../src/conformance/index.ts'
import { LocalDriver } from '../../src/coordinator/local-driver.ts'
import { LocalStore } from '../../src/coordinator/local-store.ts'
import { fakeTime } from './fake-time.ts'

process.on('unhandledRejection', () => {})
for (const one of conformanceCases) {
  if (!process.argv.includes(String(one.number))) continue
  const time = fakeTime()
  const createStore = async () => {
    const store = new LocalStore(time.clock)
    return {
      driver: () => new LocalDriver({ clock: time.clock, store }),
      wipe: async (quarantineMs: number) => { store.wipe(quarantineMs) },
      close: async () => { store.close() }
    }
  }
  const outcome = await runCase(one, { time, createStore, manyItems: 1_000 }).then(() => 'green', (error: unknown) => `red ${error instanceof Error ? error.message.split('\n')[0] : String(error)}`)
  console.log(one.number, outcome)
}
