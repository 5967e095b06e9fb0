import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { Agent, get } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { connect } from 'node:http2'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { measured } from '../../tools/measured-process.ts'

const SERVICE = fileURLToPath(new URL('fixtures/life-cycle-service.ts', import.meta.url))

t.setTimeout(240_000)
t.jobs = 1

interface Line { readonly event: string, readonly port?: number, readonly inFlight?: number, readonly message?: string, readonly state?: string }

/** A real process that runs the service. */
class Service {
  readonly child: ChildProcess
  readonly lines: Line[] = []
  port = 0
  readonly #errors: string[] = []

  constructor (options: object) {
    this.child = spawn(process.execPath, ['--conditions=plimsoll:source', SERVICE, JSON.stringify(options)], { env: { ...process.env, ...measured }, stdio: ['ignore', 'pipe', 'pipe'] })
    this.child.stderr?.on('data', (chunk) => this.#errors.push(String(chunk)))
  }

  static async start (t: { teardown (task: () => void): void }, options: object): Promise<Service> {
    const service = new Service(options)
    t.teardown(() => { service.child.kill('SIGKILL') })
    const lines = createInterface({ input: service.child.stdout! })
    lines.on('line', (line) => service.lines.push(JSON.parse(line)))
    await once(lines, 'line')
    service.port = service.lines[0]?.port ?? 0
    return service
  }

  /** The exit code, or the signal; and what was printed to stderr. */
  async exit (): Promise<unknown[]> {
    if (this.child.exitCode === null && this.child.signalCode === null) await once(this.child, 'close')
    return [this.child.exitCode ?? this.child.signalCode, this.#errors.join('')]
  }

  get events (): string[] { return this.lines.map(({ event }) => event) }

  async printed (event: string): Promise<void> {
    while (!this.events.includes(event)) await new Promise((resolve) => { setTimeout(resolve, 2) })
  }
}

interface Answer { readonly status: number, readonly connection: string | undefined, readonly length: number }

async function ask (port: number, path: string, agent?: Agent): Promise<Answer> {
  const [response] = await once(get({ port, host: '127.0.0.1', path, ...agent === undefined ? {} : { agent } }), 'response') as [IncomingMessage]
  let length = 0
  for await (const chunk of response) length += chunk.length
  return { status: response.statusCode ?? 0, connection: response.headers.connection, length }
}

t.test('SIGTERM under load: readiness goes off first, no request is reset or lost, and the process exits with 0', async (t) => {
  const service = await Service.start(t, { drainDelayMs: 1_500 })
  const faults: unknown[] = []
  const answered = { before: 0, after: 0 }
  let signalled = false
  // 40 clients that keep their connection until they are told to leave it; then they go elsewhere.
  const clients = Array.from({ length: 40 }, async (_, i) => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    for (;;) {
      try {
        const { status, connection, length } = await ask(service.port, i % 8 === 0 && signalled ? '/slow' : '/work', agent)
        answered[signalled ? 'after' : 'before']++
        if (status !== 200 || (length !== 2000 && length !== 4)) faults.push({ status, length })
        if (connection === 'close') break
      } catch (error) {
        faults.push(error)
        break
      }
    }
    agent.destroy()
  })
  while (answered.before < 400) await new Promise((resolve) => { setTimeout(resolve, 5) })
  const before = await ask(service.port, '/readyz')
  service.child.kill('SIGTERM')
  signalled = true
  await service.printed('draining')
  // The listener is still there: a load balancer hears that it is not ready, and is not refused.
  const during = await ask(service.port, '/readyz')
  await Promise.all(clients)
  t.strictSame(await service.exit(), [0, ''], 'exit code 0, nothing on stderr')
  t.strictSame(faults, [], `0 resets in ${answered.before} answers before and ${answered.after} after the signal`)
  t.equal(before.status, 200)
  t.equal(during.status, 503, 'not ready')
  t.equal(during.connection, 'close')
  t.strictSame(service.events.slice(1), ['draining', 'drain', 'resign', 'return-capacity', 'exit'], 'the phases, in their order')
  t.equal(service.lines.find(({ event }) => event === 'resign')?.inFlight, 0, 'all in flight was finished')
})

t.test('close() called by the application: what is in flight is answered, with Connection: close, and the process exits', async (t) => {
  const service = await Service.start(t, {})
  const agent = new Agent({ keepAlive: true })
  const answer = ask(service.port, '/slow', agent)
  await ask(service.port, '/work')
  service.child.kill('SIGUSR2')
  t.match(await answer, { status: 200, connection: 'close' })
  t.strictSame(await service.exit(), [0, ''])
  t.strictSame(service.events.slice(1), ['draining', 'drain', 'resign', 'return-capacity', 'closed', 'exit'])
})

t.test('a handler that hangs past the deadline is cut off and journalled, and the process exits', async (t) => {
  const service = await Service.start(t, { drainDelayMs: 0, closeDeadlineMs: 300 })
  const hanging = ask(service.port, '/never').catch((error: NodeJS.ErrnoException) => error.code)
  await ask(service.port, '/work')
  service.child.kill('SIGTERM')
  t.equal(await hanging, 'ECONNRESET')
  t.strictSame(await service.exit(), [0, ''])
  t.match(service.lines.find(({ event }) => event === 'deadline')?.message, /destroying 1 requests in flight/)
})

t.test('a second SIGTERM ends the drain delay, and not what is in flight', async (t) => {
  const service = await Service.start(t, { drainDelayMs: 50_000 })
  const slow = ask(service.port, '/slow')
  await ask(service.port, '/work')
  service.child.kill('SIGTERM')
  await service.printed('draining')
  service.child.kill('SIGTERM')
  t.match(await slow, { status: 200, length: 4 })
  t.strictSame(await service.exit(), [0, ''])
  t.ok(service.events.includes('hurried'))
})

t.test('an event stream that is open at close ends cleanly, although its handler writes on', async (t) => {
  const service = await Service.start(t, { drainDelayMs: 0 })
  const stream = ask(service.port, '/events')
  await ask(service.port, '/work')
  service.child.kill('SIGTERM')
  t.match(await stream, { status: 200 }, 'a whole chunked body')
  t.strictSame(await service.exit(), [0, ''], 'no write-after-end')
})

t.test('HTTP/2: streams in flight are finished, and the session is closed', async (t) => {
  const service = await Service.start(t, { drainDelayMs: 50, http2: true })
  const session = connect(`http://127.0.0.1:${service.port}`)
  const stream = session.request({ ':path': '/slow' })
  await once(session.request({ ':path': '/work' }).resume(), 'end')
  service.child.kill('SIGTERM')
  let body = ''
  for await (const chunk of stream) body += String(chunk)
  t.equal(body, 'slow')
  t.strictSame(await service.exit(), [0, ''])
  session.destroy()
})

t.test('an application with a SIGTERM listener of its own is left alone, unless it says otherwise', async (t) => {
  const alone = await Service.start(t, { ownListener: true })
  alone.child.kill('SIGTERM')
  await alone.printed('own-listener')
  t.equal((await ask(alone.port, '/readyz')).status, 200, 'still ready')
  const asked = await Service.start(t, { ownListener: true, signals: ['SIGTERM'], drainDelayMs: 0 })
  asked.child.kill('SIGTERM')
  t.strictSame(await asked.exit(), [0, ''])
})
