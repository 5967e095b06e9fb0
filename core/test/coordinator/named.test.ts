import t from 'tap'
import { Coordinator } from '../../src/coordinator/coordinator.ts'

const coordinator = new Coordinator({ id: 'a' })
await coordinator.connect()
t.teardown(() => coordinator.close())

t.test('a name stands for one thing, whoever asks for it', async (t) => {
  t.equal(coordinator.elect('boss'), coordinator.elect('boss', { whenIsolated: 'follow' }))
  t.equal(coordinator.queue('mails', { maxLength: 10, buffer: { max: 5 } }), coordinator.queue('mails'))
  t.equal(coordinator.queue('mails', { buffer: { max: 5 } }), coordinator.queue('mails', { maxLength: 10, visibilityMs: 30_000 }))
  t.equal(coordinator.capacity('db', { total: 10, floor: 0 }), coordinator.capacity('db', { total: 10 }))
  t.equal(coordinator.quota('api', { limit: 5, windowMs: 1_000 }), coordinator.quota('api', { limit: 5, windowMs: 1_000, burst: 5 }))
})

t.test('other options for a name are refused, and both are named', async (t) => {
  const differ = (ask: () => unknown, message: RegExp): void => { t.throws(ask, { code: 'PLM_COORDINATOR_OPTIONS_DIFFER', message }) }
  differ(() => coordinator.elect('boss', { whenIsolated: 'lead' }), /election "boss" exists with whenIsolated = "follow", and was asked for with "lead"/)
  differ(() => coordinator.queue('mails', { maxLength: 11 }), /queue "mails" exists with maxLength = 10, and was asked for with 11/)
  differ(() => coordinator.queue('mails', { buffer: { max: 6 } }), /buffer = \{"max":5\}, and was asked for with \{"max":6\}/)
  differ(() => coordinator.capacity('db', { total: 11 }), /capacity "db" exists with total = 10, and was asked for with 11/)
  differ(() => coordinator.quota('api', { limit: 5, windowMs: 1_000, burst: 9 }), /quota "api" exists with burst = 5, and was asked for with 9/)
})

t.test('options that are none are refused, at the first mention and at every other', async (t) => {
  const refused = (ask: () => unknown, message: RegExp): void => { t.throws(ask, { code: 'PLM_COORDINATOR_INVALID_OPTION', message }) }
  for (const name of ['boss', 'another']) refused(() => coordinator.elect(name, { whenIsolated: 'wait' as 'lead' }), /election\.whenIsolated = "wait" is refused: give one of follow, lead/)
  refused(() => coordinator.capacity('another', {} as { total: number }), /capacity\.total = undefined is refused: it is needed/)
  for (const name of ['db', 'another']) {
    refused(() => coordinator.capacity(name, { total: 10, onLos: 'abort' } as { total: number }), /capacity\.onLos = "abort" is refused: there is no such option; did you mean onLoss/)
    refused(() => coordinator.capacity(name, { total: 10, floor: 11 }), /capacity\.floor = 11 is refused: it is above the total of 10/)
    refused(() => coordinator.capacity(name, { total: 10, floor: 3, isolated: 'floor', maxInstances: 4 }), /floor 3 x maxInstances 4 = 12 permits/)
    refused(() => coordinator.capacity(name, { total: 10, floor: 3, isolated: 'floor' }), /floor 3 x maxInstances 0/)
  }
  t.ok(coordinator.capacity('reserved', { total: 10, floor: 2, isolated: 'floor', maxInstances: 5 }))
  for (const name of ['mails', 'another']) {
    refused(() => coordinator.queue(name, { maxAttempts: NaN }), /queue\.maxAttempts = NaN/)
    refused(() => coordinator.queue(name, { buffer: {} as { max: number } }), /queue\.buffer\.max = undefined is refused: it is needed/)
  }
  for (const name of ['api', 'another']) refused(() => coordinator.quota(name, { limit: 5, windowMs: -1 }), /quota\.windowMs = -1/)
})

t.test('names are bounded: made per request, they would fill the memory', async (t) => {
  for (let i = 1; i < 1_000; i++) coordinator.elect(`e${i}`)
  t.throws(() => coordinator.elect('x'.repeat(100)), { code: 'PLM_COORDINATOR_TOO_MANY_NAMES', message: /^The election "x{60}…" would be number 1001 of at most 1000/ })
  t.ok(coordinator.elect('e999'), 'those that exist are found')
})
