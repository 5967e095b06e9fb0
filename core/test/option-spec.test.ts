import createError from '@fastify/error'
import t from 'tap'
import { accepted, flag, integer, isEnabled, listOf, number, oneOf, optional, optionSpec, stringMap, text } from '@plimsoll/core'
import type { OptionCheck } from '@plimsoll/core'

const InvalidOption = createError<[string, string, string]>('PLM_TEST_INVALID_OPTION', 'option %s is %s; %s')

interface QueueOptions {
  readonly maxQueue?: number
  readonly threshold?: number
  readonly strategy?: 'adaptive' | 'random'
  readonly enabled?: boolean
  readonly token?: string
  readonly onFull?: () => void
}

interface QueueSettings {
  readonly maxQueue: number
  readonly threshold: number
  readonly strategy: 'adaptive' | 'random'
  readonly enabled: boolean
  readonly token: string | undefined
  readonly onFull: (() => void) | undefined
}

const spec = optionSpec<QueueOptions, QueueSettings>(InvalidOption, {
  maxQueue: integer({ min: 1, default: 1_000 }),
  threshold: number({ min: 0, max: 1, default: 0.5 }),
  strategy: oneOf(['adaptive', 'random'], { default: 'adaptive' }),
  enabled: flag({ default: true }),
  token: text({ secret: true }),
  onFull: accepted((given): given is () => void => typeof given === 'function', 'give a function')
}, ({ maxQueue, threshold }) => maxQueue < 10 && threshold > 0.9 ? { option: 'threshold', right: 'at most 0.9 with so short a queue' } : undefined)

/** What a user of JavaScript may hand over. */
function fromOutside (given: unknown): QueueOptions | undefined {
  const options: object | undefined = JSON.parse('{"given":0}')
  return Object.assign(options ?? {}, { given }).given as QueueOptions | undefined
}

t.test('defaults are filled in, each with its source, and nothing that was given is changed', async (t) => {
  const onFull = (): void => {}
  const given = Object.freeze({ maxQueue: 5, token: 'secret', onFull, strategy: undefined })
  const resolved = spec.resolve(fromOutside(given))
  t.strictSame(resolved.values, { maxQueue: 5, threshold: 0.5, strategy: 'adaptive', enabled: true, token: 'secret', onFull })
  t.strictSame(resolved.sources, { maxQueue: 'option', threshold: 'default', strategy: 'default', enabled: 'default', token: 'option', onFull: 'option' })
  t.ok(Object.isFrozen(resolved.values))
  t.strictSame(spec.resolve(undefined).values, spec.resolve({}).values)
})

t.test('0 and false are values, not absences', async (t) => {
  t.match(spec.resolve({ threshold: 0, enabled: false }).values, { threshold: 0, enabled: false })
})

t.test('what Fastify reads of the options of register() is let pass', async (t) => {
  t.match(spec.resolve(fromOutside({ prefix: '/a', logLevel: 'warn', logSerializers: {} })).values, { maxQueue: 1_000 })
})

t.test('what is wrong is named, with what would be right', async (t) => {
  const cases: ReadonlyArray<readonly [given: unknown, message: string]> = [
    [{ maxQueue: -1 }, 'option maxQueue is -1; give a whole number of at least 1'],
    [{ maxQueue: NaN }, 'option maxQueue is NaN; give a whole number of at least 1'],
    [{ maxQueue: 1.5 }, 'option maxQueue is 1.5; give a whole number of at least 1'],
    [{ maxQueue: '10' }, 'option maxQueue is "10"; give a whole number of at least 1'],
    [{ maxQueue: null }, 'option maxQueue is null; give a whole number of at least 1'],
    [{ maxQueue: 10n }, 'option maxQueue is 10; give a whole number of at least 1'],
    [{ threshold: 1.1 }, 'option threshold is 1.1; give a number from 0 to 1'],
    [{ threshold: Infinity }, 'option threshold is Infinity; give a number from 0 to 1'],
    [{ threshold: [1] }, 'option threshold is an array of 1; give a number from 0 to 1'],
    [{ threshold: {} }, 'option threshold is an object; give a number from 0 to 1'],
    [{ strategy: 'best' }, 'option strategy is "best"; give one of adaptive, random'],
    [{ strategy: 'x'.repeat(100) }, `option strategy is "${'x'.repeat(60)}…"; give one of adaptive, random`],
    [{ enabled: 'yes' }, 'option enabled is "yes"; give true or false'],
    [{ token: 7 }, 'option token is "(secret)"; give a string of 1 to 1000 characters'],
    [{ token: '' }, 'option token is "(secret)"; give a string of 1 to 1000 characters'],
    [{ onFull: 'stop' }, 'option onFull is "stop"; give a function'],
    [{ maxQueue: 5, threshold: 0.95 }, 'option threshold is 0.95; at most 0.9 with so short a queue'],
    [{ maxqueue: 5 }, 'option maxqueue is 5; there is no such option; did you mean maxQueue?'],
    [{ tresholt: 5 }, 'option tresholt is 5; there is no such option; did you mean threshold?'],
    [{ [Symbol.iterator.toString()]: () => {} }, 'option Symbol(Symbol.iterator) is a function; there is no such option; there are maxQueue, threshold, strategy, enabled, token, onFull'],
    [JSON.parse('{"__proto__": {"maxQueue": 5}}'), 'option __proto__ is an object; there is no such option; there are maxQueue, threshold, strategy, enabled, token, onFull'],
    [7, 'option options is 7; give an object'],
    [[], 'option options is an array of 0; give an object'],
    [null, 'option options is null; give an object']
  ]
  for (const [given, message] of cases) t.throws(() => spec.resolve(fromOutside(given)), { code: 'PLM_TEST_INVALID_OPTION', message })
})

t.test('inherited options do not count', async (t) => {
  t.equal(spec.resolve(fromOutside(Object.create({ maxQueue: 5 }))).values.maxQueue, 1_000)
})

t.test('the configuration is shown with secrets masked and what a control has set', async (t) => {
  const resolved = spec.resolve({ maxQueue: 5, token: 'secret', onFull: () => {} })
  t.strictSame(spec.configuration(resolved, { threshold: 0.7 }), {
    maxQueue: { value: 5, source: 'option' },
    threshold: { value: 0.7, source: 'control' },
    strategy: { value: 'adaptive', source: 'default' },
    enabled: { value: true, source: 'default' },
    token: { value: '***', source: 'option' },
    onFull: { value: 'a function', source: 'option' }
  })
  t.strictSame(spec.configuration(spec.resolve({}))['token'], { value: null, source: 'default' })
  const any = optionSpec<{ readonly shape?: object }, { readonly shape: object | undefined }>(InvalidOption, { shape: accepted((given): given is object => typeof given === 'object', 'give an object') })
  t.strictSame(any.configuration(any.resolve({ shape: { a: [1, null, { b: true }] } })), { shape: { value: { a: [1, null, { b: true }] }, source: 'option' } })
})

t.test('nested specs, lists and maps', async (t) => {
  interface Outer { readonly queue?: QueueOptions, readonly limits?: readonly number[], readonly headers?: Readonly<Record<string, string>>, readonly name?: string }
  interface OuterSettings { readonly queue: QueueSettings | undefined, readonly limits: readonly number[], readonly headers: Readonly<Record<string, string>>, readonly name: string }
  const outer = optionSpec<Outer, OuterSettings>(InvalidOption, {
    queue: optional(spec),
    limits: listOf(integer({ max: 9, default: 0 }), { maxLength: 2 }),
    headers: stringMap(),
    name: text({ default: 'main', maxLength: 5 })
  })
  t.strictSame(outer.resolve({}).values, { queue: undefined, limits: [], headers: {}, name: 'main' })
  const resolved = outer.resolve({ queue: { token: 'x' }, limits: [1, 2], headers: { a: 'b' } })
  t.match(resolved.values, { queue: { maxQueue: 1_000 }, limits: [1, 2], headers: { a: 'b' } })
  t.match(outer.configuration(resolved)['limits'], { value: [1, 2], source: 'option' })
  t.match(outer.configuration(resolved)['queue'], { value: { maxQueue: 1_000 } })
  t.notMatch(JSON.stringify(outer.configuration(resolved)), /"x"/, 'secrets of nested options are masked as well')
  const refused = (given: object, message: string): void => { t.throws(() => outer.resolve(given), { message }) }
  refused({ queue: { maxQueue: 0 } }, 'option queue.maxQueue is 0; give a whole number of at least 1')
  refused({ queue: { prefix: '/' } }, 'option queue.prefix is "/"; there is no such option; there are maxQueue, threshold, strategy, enabled, token, onFull')
  refused({ queue: { maxQueue: 5, threshold: 1 } }, 'option queue.threshold is 1; at most 0.9 with so short a queue')
  refused({ queue: 7 }, 'option queue is 7; give an object')
  refused({ limits: [1, 10] }, 'option limits[1] is 10; give a whole number of at most 9')
  refused({ limits: [1, 2, 3] }, 'option limits is an array of 3; give an array of at most 2')
  refused({ limits: 1 }, 'option limits is 1; give an array of at most 2')
  refused({ headers: { a: 1 } }, 'option headers.a is 1; give a string')
  refused({ headers: [] }, 'option headers is an array of 0; give an object of at most 50 strings')
  refused({ headers: null }, 'option headers is null; give an object of at most 50 strings')
  refused({ headers: 'a' }, 'option headers is "a"; give an object of at most 50 strings')
  refused({ headers: Object.fromEntries(Array.from({ length: 51 }, (_, i) => [`h${i}`, ''])) }, 'option headers is an object; give an object of at most 50 strings')
  refused({ name: 'longer' }, 'option name is "longer"; give a string of 1 to 5 characters')
})

t.test('a check without a default leaves the option out', async (t) => {
  const read = <T>(check: OptionCheck<T>, given?: unknown): T => check.read(given, 'x', (path, value, right) => { throw new InvalidOption(path, String(value), right) })
  t.equal(read(integer()), undefined)
  t.equal(read(number()), undefined)
  t.equal(read(number({ min: 1 }), 1), 1)
  t.equal(read(oneOf(['a'])), undefined)
  t.equal(read(oneOf(['a']), 'a'), 'a')
  t.equal(read(accepted((given): given is 7 => given === 7, 'give 7', { default: 7 })), 7)
  t.throws(() => read(integer(), 'a'), { message: 'option x is a; give a whole number' })
})

t.test('PLIMSOLL_DISABLE wins over the option', async (t) => {
  t.equal(isEnabled('pool', true, {}), true)
  t.equal(isEnabled('pool', false, {}), false)
  t.equal(isEnabled('pool', true, { PLIMSOLL_DISABLE: 'monitor, pool' }), false)
  t.equal(isEnabled('pool', true, { PLIMSOLL_DISABLE: 'pools' }), true)
  t.equal(isEnabled('pool', true), true)
})
