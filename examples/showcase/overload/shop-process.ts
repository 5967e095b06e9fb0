import type { AddressInfo } from 'node:net'
import { buildShop } from '../shop/index.ts'

// One shop in a process of its own, told by its parent's argument whether to go bare.

const app = buildShop({ bare: process.argv[2] === 'bare' })
await app.listen({ host: '127.0.0.1', port: 0 })
process.send?.((app.server.address() as AddressInfo).port)

const end = (): void => { app.close().finally(() => process.exit()) }
process.on('disconnect', end)
// Ctrl-C reaches the whole process group; the parent decides when a shop ends.
process.on('SIGINT', () => {})
