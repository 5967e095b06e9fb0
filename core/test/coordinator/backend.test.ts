import t from 'tap'
import type { JournalEvent } from '../../src/journal.ts'
import { systemClock } from '../../src/clock.ts'
import { chooseBackend } from '../../src/coordinator/backend.ts'
import type { DriverPorts } from '../../src/coordinator/backend.ts'
import { LocalDriver } from '../../src/coordinator/local-driver.ts'
import { resolveTimings } from '../../src/coordinator/timings.ts'

const timings = resolveTimings()

const journal = (): { readonly events: JournalEvent[], record (event: JournalEvent): void } => {
  const events: JournalEvent[] = []
  return { events, record: (event) => { events.push(event) } }
}

t.test('an instance is taken, a name is loaded, and local is the default', async (t) => {
  const driver = new LocalDriver({ clock: systemClock })
  const ports = { clock: systemClock, journal: journal(), timings }
  const load = async (specifier: string): Promise<unknown> => ({ createDriver: (options: unknown, { timings: { ttlMs } }: DriverPorts) => ({ specifier, options, ttlMs }) })
  t.equal(await chooseBackend({}, ports), undefined)
  t.equal(await chooseBackend({ backend: 'local' }, ports), undefined)
  t.equal(await chooseBackend({ backend: driver }, ports), driver)
  t.same(await chooseBackend({ backend: 'redis', options: { url: 'redis://x' } }, ports, load), { specifier: '@plimsoll/redis-coordinator', options: { url: 'redis://x' }, ttlMs: 10_000 })
  t.same(await chooseBackend({ backend: '@mine/coordinator' }, ports, load), { specifier: '@mine/coordinator', options: {}, ttlMs: 10_000 })
})

t.test('an unknown name, a missing package and a missing variable are refused', async (t) => {
  const ports = { clock: systemClock, journal: journal(), timings }
  for (const [choice, message] of [
    [{ backend: 'redsi' }, /none of local, redis, etcd, consul/],
    [{ backend: '@mine/is-not-there' }, /npm i @mine\/is-not-there/],
    [{ backend: 'redis', options: { url: undefined } }, /coordinator\.options\.url = undefined.*environment variable/]
  ] as const) await t.rejects(chooseBackend(choice, ports), { code: 'PLM_COORDINATOR_INVALID_OPTION', message })
  await t.rejects(chooseBackend({ backend: '@mine/x' }, ports, async () => ({})), { message: /exports no createDriver/ })
  await t.rejects(chooseBackend({ backend: '@mine/x' }, ports, async () => Promise.reject(String('broken'))), { message: /broken/ })
})

t.test('an optional one is warned about once, and this instance runs alone', async (t) => {
  const to = journal()
  const ports = { clock: systemClock, journal: to, timings }
  t.equal(await chooseBackend({ backend: 'redis', options: { url: undefined }, optional: true }, ports), undefined)
  t.match(to.events, [{ event: 'backend-missing', severity: 'warning', message: /mode single/ }])
  const throws = async (): Promise<unknown> => ({ createDriver: () => Promise.reject(String('no error object')) })
  t.equal(await chooseBackend({ backend: '@mine/x', optional: true }, ports, throws), undefined)
})
