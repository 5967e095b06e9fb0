import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { conformance } from '@plimsoll/core/conformance'
import t from 'tap'
import { fakeTime } from '../core/test/coordinator/fake-time.ts'
import { SqliteDriver } from '../examples/custom-coordinator/sqlite-driver.ts'

const folder = await mkdtemp(join(tmpdir(), 'plimsoll-coordinator-'))
t.teardown(() => rm(folder, { recursive: true }))
const time = fakeTime()
let stores = 0

conformance({
  time,
  manyItems: 1_000,
  createStore: async () => {
    const file = join(folder, `${stores++}.sqlite`)
    let jumped = 0
    const wallTime = (): number => time.clock.wallTime() + jumped
    return {
      driver: () => new SqliteDriver({ file, clock: { wallTime, every: time.clock.every }, firstUse: stores > 0, longestLeaseMs: 450, pollMs: 5 }),
      wipe: async (quarantineMs) => {
        const database = new DatabaseSync(file)
        for (const table of ['entries', 'sessions', 'operations', 'changes', 'broadcasts']) database.exec(`DELETE FROM ${table}`)
        database.prepare('UPDATE meta SET generation = generation + 1, counter = 0, calm_at = ?').run(wallTime() + quarantineMs)
        database.close()
      },
      jumpClock: async (ms) => { jumped += ms },
      close: async () => {}
    }
  },
  test: (name, run) => { t.test(name, run) },
  skip: (name, reason) => { t.test(name, { skip: reason }, () => {}) }
})
