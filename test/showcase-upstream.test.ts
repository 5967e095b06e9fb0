import { spawn } from 'node:child_process'
import { once } from 'node:events'
import t from 'tap'
import { PaymentProvider } from '../examples/showcase/payment/payment-provider.ts'
import { buildShop } from '../examples/showcase/shop/index.ts'

process.env['NODE_ENV'] = 'test'

const root = new URL('..', import.meta.url)

t.test('npm start -- --overload --upstream flaky shows breaker, limiter and shedder at work together', async t => {
  const child = spawn(process.execPath, ['--conditions=plimsoll:source', 'examples/showcase/main.ts', '--overload', '--upstream', 'flaky', '--scale', '0.015'], { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] })
  let printed = ''
  child.stdout.on('data', (chunk: Buffer) => { printed += chunk.toString() })
  const [code] = await once(child, 'exit')
  t.equal(code, 0)
  t.match(printed, /The payment provider failed, hung, broke off and was slow in turn/)
  t.match(printed, /\npayments asked of the provider +\d+ +\d+\n/)
  const [, limited = '0'] = /the rate limiter refused (\d+) \(429\), the load shedder \d+ \(503\); the circuit of the provider opened \d+ times/.exec(printed) ?? []
  t.ok(Number(limited) > 0, `${limited} requests of the scraper were refused`)
})

t.test('an option that is none is refused in one line', async t => {
  for (const [args, line] of [[['--overload', '--upstream', 'bad'], /^--upstream takes steady or flaky, got "bad"; .*\n$/], [['--prot', '80'], /^Unknown option '--prot'.*\n$/]] as const) {
    const child = spawn(process.execPath, ['--conditions=plimsoll:source', 'examples/showcase/main.ts', ...args], { cwd: root, stdio: ['ignore', 'ignore', 'pipe'] })
    let told = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => { told += text })
    t.strictSame(await once(child, 'close'), [2, null])
    t.match(told, line)
  }
})

t.test('the switches of the payment provider reach checkout, and its circuit opens', async t => {
  const provider = await PaymentProvider.start()
  t.teardown(() => provider.stop())
  const app = buildShop({ paymentUrl: provider.url })
  t.teardown(() => app.close())
  const checkout = async (): Promise<number> => (await app.inject({ method: 'POST', url: '/checkout', payload: { lines: [{ id: 7, quantity: 1 }] } })).statusCode
  const turn = async (switches: object): Promise<number> => (await fetch(`${provider.url}/switches`, { method: 'PUT', body: JSON.stringify(switches) })).status
  t.equal(await checkout(), 200)
  t.equal(await turn({ errors: 1 }), 200)
  t.equal(await checkout(), 502)
  t.equal(await turn({ errors: 0, resets: 1 }), 200)
  t.equal(await checkout(), 502)
  t.equal(await turn({ errors: 2 }), 422)
  t.equal(await turn({ resets: 0, errors: 1, latencyMs: 0 }), 200)
  const codes = new Set<number>()
  for (let i = 0; i < 40; i++) codes.add(await checkout())
  t.strictSame(codes, new Set([502, 503]))
  t.equal(app.circuitBreakers.get(provider.url).state, 'open')
  t.ok(await provider.payments() < 40)
})
