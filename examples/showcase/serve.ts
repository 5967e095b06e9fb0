import type { AddressInfo } from 'node:net'
import { Worker } from 'node:worker_threads'
import type { FastifyInstance } from 'fastify'
import { dashboardUrl, makeCredentials } from './credentials.ts'
import { buildPage } from './page.ts'
import { PaymentProvider } from './payment/payment-provider.ts'
import { buildShop } from './shop/index.ts'
import { UsageError } from './usage-error.ts'

const PORT = 3000

/**
 * Serves the shop until SIGINT or SIGTERM.
 * @throws {UsageError} for a port that is none
 */
export async function serve (given: string | undefined): Promise<void> {
  const credentials = makeCredentials()
  const [provider] = await Promise.all([PaymentProvider.start(), buildPage()])
  const app = buildShop({ paymentUrl: provider.url, watch: { service: 'chandlery', log: false }, credentials })
  app.addHook('onClose', async () => { await provider.stop() })
  await listen(app, given === undefined ? undefined : portOf(given))
  const { port } = app.server.address() as AddressInfo
  const url = `http://127.0.0.1:${port}`
  const customers = new Worker(new URL('./fault/customers.ts', import.meta.url), { workerData: url })
  customers.unref()
  console.log(`Plimsoll's showcase serves. Ctrl-C ends it.
  dashboard  ${dashboardUrl(port, credentials.operator)}   (an operator: controls)
             ${dashboardUrl(port, credentials.viewer)}   (a viewer)
  shop       40 requests a second come to ${url}/products   ${url}/search?q=brass%20lamp
  ticker     ${url}/ticker   (server-sent events)
  health     ${url}/plimsoll/readyz
  operators  curl -H 'authorization: Bearer ${credentials.operator}' ${url}/plimsoll/metrics   (also components, journal)
  checkout   curl -d '{"lines":[{"id":7,"quantity":2}]}' -H 'content-type: application/json' ${url}/checkout
  payments   curl -X PUT -d '{"hangs":1}' ${provider.url}/switches   (also latencyMs, errors, resets): watch the circuit open
See it hold its load line:   npm start -- --overload   (and --upstream flaky)
See instances work together: npm start -- --instances 3
See an alert fire and clear: npm start -- --fault errors   (latency, leak, stall, slow-route, hot-loop)`)
}

async function listen (app: FastifyInstance, port: number | undefined): Promise<void> {
  try {
    await app.listen({ host: '127.0.0.1', port: port ?? PORT })
  } catch (error) {
    const taken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE'
    if (!taken || port !== undefined) throw error
    await app.listen({ host: '127.0.0.1', port: 0 })
  }
}

function portOf (text: string): number {
  const port = Number(text)
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new UsageError(`--port takes a number from 0 to 65535, got "${text}"`)
  return port
}
