import { execFile } from 'node:child_process'
import { readdir } from 'node:fs/promises'
import { promisify } from 'node:util'
import t from 'tap'

const run = promisify(execFile)
const examples = new URL('../examples/', import.meta.url)

/** What an example must have printed to have worked. */
const proofs: Readonly<Record<string, RegExp>> = {
  alerts: /\[FIRING\] post-office: mail-queue-long \| 250 mails wait[^]*\[RESOLVED\] post-office: mail-queue-long[^]*"delivered":1,"failed":1/,
  'circuit-breaker': /checkout 502[^]*checkout 503[^]*calls that the bank got: 3, circuit open[^]*checkout 200[^]*circuit closed[^]*report 503 open 1[^]*a fallback: 1\.17/,
  core: /slow 503 [^]*pay 200 paid[^]*components\/doorman\/doorman 200 .*"completed":3[^]*doorman_ended_requests_total[^]*"event":"tunable-set"/,
  'custom-coordinator': /worker-a leads[^]*late write of worker-a is refused: true[^]*worker-b leads[^]*worker-b got order-1, acknowledged: true[^]*shares 2 \+ 2 of 4/,
  dashboard: /a stranger gets 401[^]*signed in as {"user":"on-call","role":"operator"}[^]*requests, errors[^]*most time is spent in GET \/report[^]*\/realtime \/history/,
  'load-shedder': /POST \/checkout 200 [^]*GET \/export 503 [^]*"degraded":true/,
  // Where the machine is slow, the lookup of the client that went away is not over yet.
  monitor: /GET \/items\/:id: 6 2xx, 1 aborted; 0 errors[^]*POST \/orders: 1 5xx; 1 errors[^]*this service 9 calls[^]*lookup [67], orders 1[^]*class="aborted"\} 1[^]*app_orders_total 1/,
  'rate-limiter': /ann 200 "default";r=0;t=10[^]*ann 429 [^]*account-2 429 [^]*"search";r=3[^]*dora 429 [^]*dora 200 [^]*eve 403 /,
  'redis-coordinator': /mode cluster and cluster[^]*worker-a leads[^]*2 \+ 8[^]*b@example.org true|needs redis-server/
}

const topics = (await readdir(examples)).filter(name => name !== 'showcase')
t.same(topics.sort(), Object.keys(proofs).sort(), 'every example is run here')

for (const topic of topics) {
  t.test(`the example of ${topic} runs, and ends by itself`, async t => {
    const { stdout } = await run(process.execPath, ['--conditions=plimsoll:source', `examples/${topic}/main.ts`], { cwd: new URL('..', examples), timeout: 110_000 })
    t.match(stdout, proofs[topic])
  })
}
