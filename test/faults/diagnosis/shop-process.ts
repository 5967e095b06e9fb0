import type { AddressInfo } from 'node:net'
import redisCoordinator from '@plimsoll/redis-coordinator'
import { FAULTS, makeFault } from '../../../examples/showcase/fault/faults.ts'
import type { Fault, FaultName } from '../../../examples/showcase/fault/faults.ts'
import { buildShop } from '../../../examples/showcase/shop/index.ts'
import type { FaultSwitch } from './messages.ts'

// One instance of the shop with every plugin, that can be made to go wrong: its id, the address of the payment provider and,
// for one of several, of Redis are its arguments.

const [id = 'shop', paymentUrl = '', redisUrl = ''] = process.argv.slice(2)
const app = buildShop({ paymentUrl, watch: { service: 'chandlery', log: false }, coordinator: { id, timings: { ttlMs: 4000 } } })
if (redisUrl !== '') app.register(redisCoordinator, { url: redisUrl, firstUse: true })

// Hooks have to be there before the routes are; what a leak needs would already be felt.
const faults = new Map<FaultName, Fault>(FAULTS.filter((name) => name !== 'leak').map((name) => [name, makeFault(name, app)]))

process.on('message', ({ fault: name, on }: FaultSwitch) => {
  const fault = faults.get(name) ?? makeFault(name, app)
  faults.set(name, fault)
  if (on) fault.begin()
  else fault.end()
})
process.on('disconnect', () => process.exit())
process.on('SIGINT', () => {})

await app.listen({ host: '127.0.0.1', port: 0 })
process.send?.({ port: (app.server.address() as AddressInfo).port })
