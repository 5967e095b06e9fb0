import { Agent, upgrade } from 'undici'
import t from 'tap'
import { fakeClock } from '@plimsoll/core/testing'
import { circuitBreakerFetch, circuitBreakerInterceptor, CircuitBreakers } from '../src/index.ts'
import type { AnyHandler } from '../src/undici-dispatch.ts'
import { NOTHING_TO_CONTROL } from '../src/undici-dispatch.ts'
import { flakyUpstream } from './flaky-upstream.ts'
import { TOUCHY } from './guarded-app.ts'

t.test('calls by path alone, which undici 7 makes through a Client, share a circuit, unless it is named', async t => {
  const breakers = new CircuitBreakers(TOUCHY)
  for (const options of [{}, { name: 'bank' }]) {
    circuitBreakerInterceptor(breakers, options)((_options: object, handler) => { handler.onComplete?.([]); return true })({ path: '/200' }, {})
  }
  t.strictSame([...breakers.values()].map(({ name, stats }) => [name, stats.successes]), [['(no origin)', 1], ['bank', 1]])
})

t.test('an upgrade is a success', async t => {
  const { origin } = await flakyUpstream(t)
  const breakers = new CircuitBreakers(TOUCHY)
  const agent = new Agent()
  t.teardown(() => agent.destroy())
  const { socket } = await upgrade(origin, { dispatcher: agent.compose(circuitBreakerInterceptor(breakers)), protocol: 'test' })
  socket.destroy()
  t.match(breakers.get(origin).stats, { successes: 1 })
})

t.test('options that can not be are refused', async t => {
  const breakers = new CircuitBreakers()
  for (const [options, message] of [
    [{ name: 'a', key: () => 'b' }, /give name or key/],
    [{ name: '' }, /name is ""/],
    [{ propagate: 5 }, /propagate is 5/],
    [{ propagate: { storage: {} } }, /propagate\.storage is an object; give an AsyncLocalStorage/],
    [{ propagate: { remaining: 5 } }, /propagate\.remaining is 5/],
    [{ propagate: { headers: 'x' } }, /propagate\.headers is "x"; there is no such option; did you mean header/],
    [{ propagate: [] }, /propagate is an array/],
    [{ clock: 5 }, /clock is 5/],
    [{ clock: {} }, /clock is an object/],
    [{ timeout: 5 }, /there is no such option/]
  ] as const) t.throws(() => circuitBreakerInterceptor(breakers, options as object), { code: 'PLM_CIRCUIT_BREAKER_INVALID_OPTION', message })
})

t.test('every part of a handler is handed on, of the present kind and of the former', async t => {
  const told: string[] = []
  const tell = (name: string) => (): boolean => { told.push(name); return true }
  const names = ['onRequestStart', 'onRequestUpgrade', 'onResponseStarted', 'onResponseStart', 'onResponseData', 'onBodySent', 'onRequestSent', 'onResponseEnd', 'onResponseError'] as const
  const legacyNames = ['onConnect', 'onUpgrade', 'onResponseStarted', 'onHeaders', 'onData', 'onBodySent', 'onRequestSent', 'onComplete', 'onError'] as const
  const drive: Array<(handler: AnyHandler) => void> = [
    handler => {
      handler.onRequestStart?.(NOTHING_TO_CONTROL, {})
      handler.onBodySent?.()
      handler.onRequestSent?.()
      handler.onResponseStarted?.()
      handler.onResponseStart?.(NOTHING_TO_CONTROL, 103, {})
      handler.onResponseStart?.(NOTHING_TO_CONTROL, 200, {})
      handler.onResponseData?.(NOTHING_TO_CONTROL, Buffer.of())
      handler.onResponseEnd?.(NOTHING_TO_CONTROL, {})
      handler.onResponseError?.(NOTHING_TO_CONTROL, new Error('too late'))
      Reflect.apply(handler.onRequestUpgrade!, handler, [NOTHING_TO_CONTROL, 101, {}, undefined])
    },
    handler => {
      handler.onConnect?.(() => {}, {})
      handler.onBodySent?.()
      handler.onRequestSent?.()
      handler.onResponseStarted?.()
      t.equal(handler.onHeaders?.(200, [], () => {}, ''), true)
      t.equal(handler.onData?.(Buffer.of()), true)
      handler.onComplete?.([])
      handler.onError?.(new Error('too late'))
      Reflect.apply(handler.onUpgrade!, handler, [101, [], undefined])
    }
  ]
  for (const [index, kind] of [names, legacyNames].entries()) {
    const breakers = new CircuitBreakers(TOUCHY)
    const intercept = circuitBreakerInterceptor(breakers)
    const run = (handler: object): void => { intercept((_options: object, guarded) => { drive[index]!(guarded); return true })({ origin: 'http://a' }, handler) }
    told.length = 0
    run(Object.fromEntries(kind.map(name => [name, tell(name)])))
    t.strictSame(new Set(told), new Set(kind))
    run(index === 0 ? { onRequestStart () {} } : {})
    t.match(breakers.get('http://a').stats, { successes: 2, failures: 0 }, 'by its end, not by what came after it')
  }
})

t.test('a handler that throws has failed itself, not the upstream', async t => {
  const breakers = new CircuitBreakers(TOUCHY)
  const intercept = circuitBreakerInterceptor(breakers)
  const fault = new Error('a bug of the caller')
  const thrower = (): never => { throw fault }
  const run = (handler: object, drive: (handler: AnyHandler) => void): void => {
    intercept((_options: object, guarded) => { t.throws(() => drive(guarded), fault); return true })({ origin: 'http://a' }, handler)
  }
  run({ onRequestStart () {}, onResponseStart: thrower }, handler => handler.onResponseStart?.(NOTHING_TO_CONTROL, 200, {}))
  run({ onRequestStart () {}, onResponseData: thrower }, handler => handler.onResponseData?.(NOTHING_TO_CONTROL, Buffer.of()))
  run({ onHeaders: thrower }, handler => handler.onHeaders?.(200, [], () => {}, ''))
  run({ onData: thrower }, handler => handler.onData?.(Buffer.of()))
  t.match(breakers.get('http://a').stats, { ignored: 4, failures: 0 })
  run({ onHeaders: thrower }, handler => handler.onHeaders?.(503, [], () => {}, ''))
  t.match(breakers.get('http://a').stats, { failures: 1 }, 'its status had said enough')
})

t.test('a handler whose call was refused finds nothing to control, and may try', async t => {
  const breakers = new CircuitBreakers(TOUCHY)
  breakers.get('http://a').trip()
  const dispatch = circuitBreakerInterceptor(breakers)((): boolean => { throw new Error('dispatched') })
  const told: unknown[] = []
  const handler: AnyHandler = {
    onRequestStart () {},
    onResponseError (controller, error) {
      controller.pause()
      controller.resume()
      controller.abort(error)
      told.push(controller.aborted, controller.paused, controller.reason, error)
    }
  }
  t.equal(dispatch({ origin: 'http://a' }, handler), true)
  t.match(told, [false, false, null, { code: 'PLM_CIRCUIT_BREAKER_OPEN' }])
})

t.test('a dispatcher that throws has not been called', async t => {
  const breakers = new CircuitBreakers(TOUCHY)
  const dispatch = circuitBreakerInterceptor(breakers)((): boolean => { throw new Error('invalid path') })
  t.throws(() => dispatch({ origin: 'http://a' }, { onRequestStart () {} }), { message: 'invalid path' })
  t.match(breakers.get('http://a').stats, { ignored: 1, failures: 0 })
})

t.test('errors of undici itself, and of a closed dispatcher, decide nothing', async t => {
  const breakers = new CircuitBreakers(TOUCHY)
  const dispatch = circuitBreakerInterceptor(breakers)((_options: object, handler) => {
    handler.onError?.(Object.assign(new Error('closed'), { code: 'UND_ERR_CLOSED' }))
    Reflect.apply(handler.onResponseError ?? (() => {}), handler, [null, Object.assign(new Error('closed'), { code: 'UND_ERR_DESTROYED' })])
    return true
  })
  dispatch({ origin: 'http://a' }, {})
  dispatch({ origin: 'http://a' }, { onRequestStart () {}, onResponseError () {} })
  t.match(breakers.get('http://a').stats, { ignored: 2, failures: 0 })
  breakers.get('http://a').trip()
  t.equal(dispatch({ origin: 'http://a' }, {}), true, 'a refusal that nobody wants to hear of')
})

t.test('what comes after a head: an interim one says nothing, and a body that breaks off is a failure whatever the status', async t => {
  const breakers = new CircuitBreakers(TOUCHY)
  const run = (drive: (handler: AnyHandler) => void): void => {
    circuitBreakerInterceptor(breakers)((_options: object, guarded) => { drive(guarded); return true })({ origin: 'http://a' }, { onRequestStart () {} })
  }
  run(handler => {
    handler.onResponseStart?.(NOTHING_TO_CONTROL, 103, {})
    handler.onResponseError?.(NOTHING_TO_CONTROL, Object.assign(new Error('not retried'), { statusCode: 429 }))
  })
  t.match(breakers.get('http://a').stats, { successes: 1, failures: 0 })
  run(handler => {
    handler.onResponseStart?.(NOTHING_TO_CONTROL, 404, {})
    handler.onResponseError?.(NOTHING_TO_CONTROL, new Error('reset'))
  })
  t.match(breakers.get('http://a').stats, { successes: 1, failures: 1 })
})

t.test('a call that has ended hears nothing of its deadline', async t => {
  const clock = fakeClock()
  const breakers = new CircuitBreakers({ ...TOUCHY, timeout: 100 }, { clock })
  const told: unknown[] = []
  const ends: Array<(handler: AnyHandler) => void> = [
    handler => handler.onResponseEnd?.(NOTHING_TO_CONTROL, {}),
    handler => Reflect.apply(handler.onRequestUpgrade!, handler, [NOTHING_TO_CONTROL, 101, {}, undefined])
  ]
  for (const end of ends) {
    circuitBreakerInterceptor(breakers, { clock })((_options: object, guarded) => { end(guarded); return true })({ origin: 'http://a' }, { onRequestStart () {}, onResponseError (_controller, error) { told.push(error) } })
  }
  clock.advance(1_000)
  t.strictSame(told, [])
  t.match(breakers.get('http://a').stats, { successes: 2, timeouts: 0 })
})

t.test('at the timeout, a call without a connection is told at once, and aborted when it gets one', async t => {
  const clock = fakeClock()
  const breakers = new CircuitBreakers({ ...TOUCHY, timeout: 100 }, { clock })
  const intercept = circuitBreakerInterceptor(breakers, { clock })
  const held: AnyHandler[] = []
  const dispatch = intercept((_options: object, handler) => { held.push(handler); return true })
  const told: unknown[] = []
  dispatch({ origin: 'http://a' }, { onRequestStart () { told.push('started') }, onResponseError (_controller, error) { told.push(error) } })
  dispatch({ origin: 'http://b' }, { onConnect () { told.push('started') }, onError (error) { told.push(error) } })
  dispatch({ origin: 'http://c' }, {})
  clock.advance(100)
  t.match(told, [{ code: 'PLM_CIRCUIT_BREAKER_TIMEOUT', circuit: 'http://a' }, { code: 'PLM_CIRCUIT_BREAKER_TIMEOUT', circuit: 'http://b' }])
  const aborted: unknown[] = []
  held[0]?.onRequestStart?.({ ...NOTHING_TO_CONTROL, abort (reason) { aborted.push(reason) } }, {})
  held[1]?.onConnect?.(reason => { aborted.push(reason) }, {})
  held[0]?.onResponseError?.(NOTHING_TO_CONTROL, new Error('aborted'))
  held[1]?.onError?.(new Error('aborted'))
  t.equal(told.length, 2, 'nobody is told twice')
  t.strictSame(aborted, told)
  t.match(breakers.get('http://a').stats, { timeouts: 1, failures: 1, ignored: 0 })
})

t.test('fetch: takes a dispatcher that is given, and leaves other errors as they are', async t => {
  const { origin, seen } = await flakyUpstream(t)
  const breakers = new CircuitBreakers(TOUCHY)
  const guarded = circuitBreakerFetch(breakers)
  const own = Reflect.get(globalThis, Symbol.for('undici.globalDispatcher.1'))
  const used: string[] = []
  const dispatcher = { dispatch: (options: { readonly path: string }, handler: object): boolean => { used.push(options.path); return own.dispatch(options, handler) } }
  const given: object = { dispatcher }
  for (let i = 0; i < 2; i++) t.equal((await guarded(`${origin}/200`, given)).status, 200)
  t.strictSame(used, ['/200', '/200'])
  await t.rejects(guarded(`${origin}/slam`), { name: 'TypeError', message: 'fetch failed' })
  t.equal(seen.length, 3)
})

t.test('fetch: says so where there is nothing that can be guarded', async t => {
  const guarded = circuitBreakerFetch(new CircuitBreakers())
  const symbol = Symbol.for('undici.globalDispatcher.1')
  const own = Reflect.get(globalThis, symbol)
  Reflect.set(globalThis, symbol, undefined)
  t.teardown(() => { Reflect.set(globalThis, symbol, own) })
  await t.rejects(guarded('http://127.0.0.1:9/'), { message: /no dispatcher that can be guarded/ })
})
