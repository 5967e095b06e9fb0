import type { AddressInfo } from 'node:net'
import { credentialsFrom } from '../credentials.ts'
import { buildShop } from '../shop/index.ts'

// One shop in a process of its own, told by its parent's arguments whether to go bare, and where payments are made.

const [side, paymentUrl] = process.argv.slice(2)
const app = buildShop({ bare: side === 'bare', credentials: credentialsFrom(process.env), ...(paymentUrl !== undefined && { paymentUrl }) })
await app.listen({ host: '127.0.0.1', port: 0 })
process.send?.((app.server.address() as AddressInfo).port)

const end = (): void => { app.close().finally(() => process.exit()) }
process.on('disconnect', end)
// Ctrl-C reaches the whole process group; the parent decides when a shop ends.
process.on('SIGINT', () => {})
