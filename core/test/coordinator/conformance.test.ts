import t from 'tap'
import { conformance } from '../../src/conformance/index.ts'
import { LocalDriver } from '../../src/coordinator/local-driver.ts'
import { LocalStore } from '../../src/coordinator/local-store.ts'
import { fakeTime } from './fake-time.ts'

const time = fakeTime()

conformance({
  time,
  manyItems: 20_000,
  createStore: async () => {
    const store = new LocalStore(time.clock)
    return {
      driver: () => new LocalDriver({ clock: time.clock, store }),
      wipe: async (quarantineMs) => { store.wipe(quarantineMs) },
      close: async () => { store.close() }
    }
  },
  test: (name, run) => { t.test(name, run) },
  skip: (name, reason) => { t.test(name, { skip: reason }, () => {}) },
  skips: { 70: 'the local store keeps no clock of its own: it decides by the monotonic clock of its process' }
})
