import t from 'tap'
import { MAX_CONTROLS } from '../src/component-check.ts'
import type { Component, Json } from '../src/component.ts'
import { Components, CONTROL_TIMEOUT_MS, enabledControl, labelOf, MAX_COMPONENTS } from '../src/components.ts'
import { Journal } from '../src/journal.ts'
import { ControlArgumentError } from '../src/operator-errors.ts'
import { fakeClock } from '../src/testing/index.ts'
import type { FakeClock } from '../src/testing/index.ts'

function setup (): { clock: FakeClock, journal: Journal, components: Components } {
  const clock = fakeClock()
  const journal = new Journal({ clock })
  return { clock, journal, components: new Components({ clock, journal }) }
}

function thing (more: Partial<Component> = {}): Component {
  return { kind: 'thing', name: 'one', snapshot: () => ({ size: 1 }), health: () => ({ status: 'ok' }), ...more }
}

t.test('a component is found by kind and name until it leaves', async (t) => {
  const { components } = setup()
  const component = thing()
  const leave = components.register(component)
  t.equal(components.get('thing', 'one'), component)
  t.strictSame(components.list(), [component])
  leave()
  t.equal(components.get('thing', 'one'), undefined)
  const successor = thing()
  components.register(successor)
  leave()
  t.equal(components.get('thing', 'one'), successor, 'leaving twice does not throw the successor out')
})

t.test('labels name the kind alone where there is one', async (t) => {
  t.equal(labelOf({ kind: 'load-shedder', name: 'load-shedder' }), 'load-shedder')
  t.equal(labelOf(thing()), 'thing/one')
})

t.test('a bad component is refused, and the refusal says what would be right', async (t) => {
  const { components } = setup()
  components.register(thing())
  const code = 'PLM_CORE_REGISTRATION_INVALID'
  t.throws(() => components.register(thing()), { code, message: /thing\/one exists already/ })
  t.throws(() => components.register(thing({ kind: 'Thing' })), { code, message: /kind/ })
  t.throws(() => components.register(thing({ kind: '__proto__' })), { code })
  t.throws(() => components.register(thing({ name: '' })), { code, message: /name/ })
  t.throws(() => components.register(thing({ name: 'n'.repeat(101) })), { code })
  t.throws(() => components.register(thing({ name: 'line\nbreak' })), { code })
  t.throws(() => components.register(thing({ name: 'a', snapshot: JSON.parse('1') })), { code, message: /snapshot and health/ })
  t.throws(() => components.register(thing({ name: 'a', health: JSON.parse('1') })), { code })
  const run = (): void => {}
  t.throws(() => components.register(thing({ name: 'a', controls: { constructor: { description: '', run } } })), { code, message: /controls of thing\/a/ })
  t.throws(() => components.register(thing({ name: 'a', controls: { 'a b': { description: '', run } } })), { code })
  t.throws(() => components.register(thing({ name: 'a', controls: Object.fromEntries(Array.from({ length: MAX_CONTROLS + 1 }, (_, i) => [`c${i}`, { description: '', run }])) })), { code, message: /at most 100, not 101/ })
  const tunable = { description: '', unit: 'ms', min: 1, max: 2, get: () => 1, set: run }
  t.throws(() => components.register(thing({ name: 'a', tunables: { t: { ...tunable, min: 3 } } })), { code, message: /min <= max, not 3 and 2/ })
  t.throws(() => components.register(thing({ name: 'a', tunables: { t: { ...tunable, max: Infinity } } })), { code })
  t.throws(() => components.register(thing({ name: 'a', tunables: { 'x!': tunable } })), { code, message: /tunables of/ })
  t.equal(components.list().length, 1)
})

t.test('the number of components is bounded', async (t) => {
  const { components } = setup()
  for (let i = 0; i < MAX_COMPONENTS; i++) components.register(thing({ name: `n${i}` }))
  t.throws(() => components.register(thing()), { code: 'PLM_CORE_REGISTRATION_INVALID', message: /number 1001 of at most 1000/ })
})

t.test('a snapshot is asked for at most once a second', async (t) => {
  const { components, clock } = setup()
  let asked = 0
  components.register(thing({ snapshot: () => ({ asked: ++asked }) }))
  t.strictSame(components.snapshotOf('thing', 'one'), { asked: 1 })
  clock.advance(999)
  t.strictSame(components.snapshotOf('thing', 'one'), { asked: 1 })
  clock.advance(1)
  t.strictSame(components.snapshotOf('thing', 'one'), { asked: 2 })
})

t.test('a component whose functions throw or lie harms nobody and shows as such', async (t) => {
  const { components } = setup()
  const bad = (): never => { throw new Error('broken') }
  components.register(thing({
    name: 'bad',
    snapshot: bad,
    health: bad,
    configuration: bad,
    controls: { c: { description: 'd', get: bad, run: bad } },
    tunables: { t: { description: 'd', unit: 'ms', min: 0, max: 1, get: bad, set: bad } }
  }))
  components.register(thing({ name: 'liar', health: () => ({ status: JSON.parse('"splendid"') }), snapshot: () => JSON.parse('[]') }))
  const view = components.view('thing', 'bad')
  t.strictSame(view.health, { status: 'degraded', reason: 'health() threw: broken' }, 'degraded: a bug must not take every instance out of service')
  t.strictSame(view.snapshot, { error: 'snapshot() threw: broken' })
  t.strictSame(view.configuration, { error: { value: 'configuration() threw: broken', source: 'default' } })
  t.strictSame(view.controls, { c: { description: 'd', value: 'get() threw: broken' } })
  t.ok(Number.isNaN(view.tunables['t']?.value))
  t.strictSame(components.view('thing', 'liar').health, { status: 'degraded', reason: 'health() gave the status splendid' })
  t.strictSame(components.view('thing', 'liar').snapshot, {})
})

t.test('a view shows health, figures, configuration, controls and tunables', async (t) => {
  const { components } = setup()
  components.register(thing({
    health: () => ({ status: 'failing', reason: 'r'.repeat(1000) }),
    configuration: () => ({ limit: { value: 5, source: 'option' } }),
    controls: { reset: { description: 'Starts anew', run () {} }, enabled: enabledControl({ get: () => true, set () {} }) },
    tunables: { limit: { description: 'The limit', unit: 'requests', min: 1, max: 9, get () { return this.max - 4 }, set () {} } }
  }))
  const { health, ...rest } = components.view('thing', 'one')
  t.equal(health.reason?.length, 500)
  t.strictSame(rest, {
    kind: 'thing',
    name: 'one',
    snapshot: { size: 1 },
    configuration: { limit: { value: 5, source: 'option' } },
    controls: { reset: { description: 'Starts anew' }, enabled: { description: 'Switches the component on (true) or off (false) until the process ends', value: true } },
    tunables: { limit: { description: 'The limit', unit: 'requests', min: 1, max: 9, value: 5 } }
  })
  components.register(thing({ name: 'plain' }))
  t.match(components.view('thing', 'plain'), { configuration: {}, controls: {}, tunables: {} })
  t.throws(() => components.view('thing', 'none'), { code: 'PLM_CORE_UNKNOWN_COMPONENT', statusCode: 404 })
})

t.test('a control is run, and the journal says who, what, before and after', async (t) => {
  const { components, journal } = setup()
  let enabled = true
  components.register(thing({ controls: { enabled: enabledControl({ get: () => enabled, set: (value) => { enabled = value } }) } }))
  t.equal(await components.runControl({ kind: 'thing', name: 'one', control: 'enabled', argument: false, user: 'ann' }), false)
  t.equal(enabled, false)
  t.match(journal.entries(), [{ component: 'thing/one', event: 'control-run', message: 'ann ran enabled', data: { control: 'enabled', user: 'ann', argument: false, before: true, after: false, result: false } }])
})

t.test('a control that refuses or fails throws a coded error, and the journal has it', async (t) => {
  const { components, journal } = setup()
  components.register(thing({
    controls: {
      enabled: enabledControl({ get: () => true, set () {} }),
      fails: { description: '', run () { throw new Error('disk full') } },
      rejects: { description: '', run: async (argument) => { throw Object.assign(new Error(`bad ${JSON.stringify(argument)}`), { code: 'ENOENT' }) } },
      refuses: { description: '', async run () { throw new ControlArgumentError('no') } }
    }
  }))
  const run = (control: string, argument?: Json): Promise<Json> => components.runControl({ kind: 'thing', name: 'one', control, argument, user: 'ann' })
  await t.rejects(run('enabled', 'yes'), { code: 'PLM_CORE_CONTROL_ARGUMENT', statusCode: 400 })
  await t.rejects(run('fails'), { code: 'PLM_CORE_CONTROL_FAILED', message: 'control fails of thing/one failed: disk full' })
  await t.rejects(run('rejects', 1), { code: 'PLM_CORE_CONTROL_FAILED', message: /bad 1/ })
  await t.rejects(run('refuses'), { code: 'PLM_CORE_CONTROL_ARGUMENT' })
  await t.rejects(run('nothing'), { code: 'PLM_CORE_UNKNOWN_COMPONENT', statusCode: 404 })
  await t.rejects(run('toString'), { code: 'PLM_CORE_UNKNOWN_COMPONENT' }, 'what every object has is no control')
  t.strictSame(journal.entries().map(({ event, severity }) => `${event} ${severity}`), Array(4).fill('control-failed warning'))
})

t.test('a control that hangs is given up on after 30 s, and is busy until it is over', async (t) => {
  const { components, clock } = setup()
  const hang = Promise.withResolvers<void>()
  components.register(thing({ controls: { hang: { description: '', run: () => hang.promise } } }))
  const run = (): Promise<Json> => components.runControl({ kind: 'thing', name: 'one', control: 'hang', user: 'ann' })
  const first = run()
  await t.rejects(run(), { code: 'PLM_CORE_CONTROL_BUSY', statusCode: 409 })
  clock.advance(CONTROL_TIMEOUT_MS)
  await t.rejects(first, { code: 'PLM_CORE_CONTROL_TIMEOUT', statusCode: 504 })
  await t.rejects(run(), { code: 'PLM_CORE_CONTROL_BUSY' })
  hang.reject(new Error('late'))
  await t.rejects(run(), { code: 'PLM_CORE_CONTROL_BUSY' }, 'the rejection is on its way')
  await t.rejects(run(), { code: 'PLM_CORE_CONTROL_FAILED' }, 'over, so it runs again')
  t.equal(clock.pending, 0)
})

t.test('a tunable moves inside its bounds only, and the journal says from what to what', async (t) => {
  const { components, journal } = setup()
  let limit = 5
  components.register(thing({ tunables: { limit: { description: '', unit: 'requests', min: 1, max: 9, get: () => limit, set: (value) => { limit = Math.round(value) } } } }))
  const set = (value: unknown, tunable = 'limit'): number => components.setTunable({ kind: 'thing', name: 'one', tunable, value, user: 'ann' })
  t.equal(set(7.4), 7, 'what is in force, not what was asked')
  t.match(journal.entries(), [{ event: 'tunable-set', message: 'ann set limit from 5 to 7 requests', data: { tunable: 'limit', user: 'ann', before: 5, after: 7, asked: 7.4 } }])
  for (const wrong of [0, 10, NaN, Infinity, '7', null, undefined, { x: 1 }]) {
    t.throws(() => set(wrong), { code: 'PLM_CORE_TUNABLE_BOUNDS', statusCode: 400, message: /from 1 to 9 \(requests\)/ })
  }
  t.equal(limit, 7)
  t.throws(() => set(7, 'constructor'), { code: 'PLM_CORE_UNKNOWN_COMPONENT' })
})

t.test('a tunable that throws leaves a coded error and a journal entry', async (t) => {
  const { components, journal } = setup()
  components.register(thing({ tunables: { t: { description: '', unit: 'ms', min: 0, max: 1, get: () => 0, set () { throw new Error('stuck') } } } }))
  t.throws(() => components.setTunable({ kind: 'thing', name: 'one', tunable: 't', value: 1, user: 'ann' }), { code: 'PLM_CORE_CONTROL_FAILED', message: /stuck/ })
  t.match(journal.entries(), [{ event: 'tunable-refused', severity: 'warning' }])
})

t.test('memory pressure reaches every component, also past one that throws', async (t) => {
  const { components, journal } = setup()
  const heard: string[] = []
  components.register(thing({ name: 'deaf' }))
  components.register(thing({ name: 'bad', onPressure () { throw new Error('no') } }))
  components.register(thing({ name: 'good', onPressure: (level) => { heard.push(level) } }))
  components.pressure('critical')
  t.strictSame(heard, ['critical'])
  t.match(journal.entries(), [{ component: 'thing/bad', event: 'pressure-failed' }])
})
